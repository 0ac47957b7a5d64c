import type { ServerResponse } from 'node:http';

import { nodeModule } from '@x/dynamo-core/mechanism';

import { answerOf, unkeepable, type Answer } from './answer.js';
import { headersOf, type Gate, type Given, type KeyedExchange } from './gate.js';

/** By their names in small letters. */
type Headers = Readonly<Record<string, unknown>>;
type Callback = (error?: Error | null) => void;

/** A response of node:http that sends nothing before its answer is kept. */
interface CapturedResponse {
  /** When the handler has ended it, or has shown that it cannot be kept. */
  readonly answer: Promise<Answer>;
  /** Lets it send again. */
  restore(): void;
}

/**
 * Acts once, with a response that sends nothing before its answer is kept. Where it rejects, the
 * response sends again, as the application answers errors. Headers that were set before are those of this
 * request, and not of the answer that is kept.
 */
export async function answerCaptured<R>(
  gate: Gate<R>,
  exchange: KeyedExchange,
  response: ServerResponse,
  before: Headers,
  act: (fail: (problem: unknown) => void) => Promise<unknown>,
): Promise<Given> {
  let captured: CapturedResponse | undefined;
  try {
    return await gate.answer(exchange, () => {
      captured = capture(response, before, gate.bodyBytesMax);
      const failed = new Promise<never>((_, reject) => void act(reject).catch(reject));
      return Promise.race([captured.answer, failed]);
    });
  } finally {
    captured?.restore();
  }
}

/** Collects what a handler writes to a response. */
function capture(
  response: ServerResponse,
  before: Headers,
  bodyBytesMax: number,
): CapturedResponse {
  // They are called on the response alone.
  // oxlint-disable-next-line typescript/unbound-method
  const { write, end, writeHead, flushHeaders, setHeader, destroy } = response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let hasEnded = false;
  let settle: (answer: Answer) => void;
  let fail: (problem: Error) => void;
  const answer = new Promise<Answer>((resolve, reject) => ([settle, fail] = [resolve, reject]));
  const shows = [
    hideClose(response),
    replaceProperties(response, { writableEnded: () => hasEnded }),
  ];

  const settleWhere = (isDone?: boolean): void => {
    if (isDone || bytes > bodyBytesMax || isEvents(response)) {
      settle(collected(response, before, chunks, bytes, bodyBytesMax));
    }
  };
  const take = (given: readonly unknown[], isDone?: boolean): void => {
    const [chunk, encoding] = given;
    if (typeof chunk === 'string' || nodeModule('node:util').types.isUint8Array(chunk)) {
      const part = Buffer.from(chunk as string, encoding as BufferEncoding);
      bytes += part.byteLength;
      if (bytes <= bodyBytesMax) chunks.push(part);
    }
    const callback = given.find((one) => typeof one === 'function') as Callback | undefined;
    if (callback) process.nextTick(callback);
    settleWhere(isDone);
  };

  Object.assign(response, {
    write: (...given: unknown[]) => {
      take(given);
      // A source without end waits here, until the response closes.
      return bytes <= bodyBytesMax;
    },
    end: (...given: unknown[]) => {
      hasEnded = true;
      take(given, true);
      return response;
    },
    destroy: (problem?: Error) => {
      fail(problem ?? new Error('The handler destroyed its response'));
      return Reflect.apply(destroy, response, [problem]);
    },
    writeHead: (status: number, ...given: unknown[]) => {
      // Fastify answers like this where a stream fails that had begun.
      chunks.splice((bytes = 0));
      response.statusCode = status;
      setHeaders(response, pairsOf(given.at(-1)));
      settleWhere();
      return response;
    },
    flushHeaders: () => settleWhere(),
  });
  return {
    answer,
    restore: () => {
      for (const show of shows) show();
      Object.assign(response, { destroy });
      guard(response, { write, end, writeHead, flushHeaders, setHeader });
    },
  };
}

/** Puts methods back: what a handler still writes to what has ended would throw where nothing catches it. */
function guard(response: ServerResponse, methods: object): void {
  for (const [name, method] of Object.entries(methods)) {
    const guarded = (...given: unknown[]): unknown =>
      response.writableEnded ? response : Reflect.apply(method as () => unknown, response, given);
    Object.assign(response, { [name]: guarded });
  }
}

/**
 * Hides that the client has left, until the function that it returns is called. It may ask for its
 * answer again: streams would fail on what has closed, and nothing would be kept.
 */
function hideClose(response: ServerResponse): () => void {
  // It is called on the response alone.
  // oxlint-disable-next-line typescript/unbound-method
  const { emit, socket } = response;
  let hasClosed = false;
  const held = (name: string, ...given: unknown[]): unknown =>
    name === 'close' ? (hasClosed = true) : Reflect.apply(emit, response, [name, ...given]);
  const show = replaceProperties(response, {
    closed: () => false,
    destroyed: () => false,
    socket: () => (socket?.destroyed ? null : socket),
    emit: () => held,
  });
  return () => {
    show();
    if (hasClosed) process.nextTick(() => response.emit('close'));
  };
}

/** Lets properties say something else, until the function that it returns is called. */
function replaceProperties(
  object: object,
  getters: Readonly<Record<string, () => unknown>>,
): () => void {
  const restores = Object.entries(getters).map(([name, get]) => {
    const own = Object.getOwnPropertyDescriptor(object, name);
    const set = (value: unknown): void => void (own && (own.value = value));
    Object.defineProperty(object, name, { configurable: true, get, set });
    return () =>
      own ? Object.defineProperty(object, name, own) : Reflect.deleteProperty(object, name);
  });
  return () => restores.forEach((restore) => restore());
}

function isEvents(response: ServerResponse): boolean {
  return /^text\/event-stream/i.test(String(response.getHeader('content-type')));
}

function collected(
  response: ServerResponse,
  before: Headers,
  chunks: readonly Uint8Array[],
  bytes: number,
  bodyBytesMax: number,
): Answer {
  if (isEvents(response)) return unkeepable('it is a stream of events');
  if (bytes > bodyBytesMax) return unkeepable(`it has more than ${bodyBytesMax} bytes`);
  const headers = Object.entries(response.getHeaders()).flatMap(([name, values = []]) =>
    String(values) === String(before[name])
      ? []
      : [values].flat().map((value) => [name, String(value)] as const),
  );
  return answerOf(response.statusCode, headers, Buffer.concat(chunks));
}

/** The headers that `writeHead` takes, as a record or a list. */
function pairsOf(headers: unknown): [string, string | string[]][] {
  if (typeof headers !== 'object' || headers === null) return [];
  if (!Array.isArray(headers)) return Object.entries(headers);
  const list = headers.flat() as string[];
  return list.flatMap((name, index) => (index % 2 ? [] : [[name, list[index + 1] ?? '']]));
}

/** Each may come more than once, and takes the place of what was set before. */
function setHeaders(
  response: ServerResponse,
  headers: readonly (readonly [string, string | string[]])[],
): void {
  for (const [name] of headers) response.removeHeader(name);
  for (const [name, value] of headers) response.appendHeader(name, value);
}

/** Those of the body that a handler has written, where another one is sent. */
const ofBody = ['transfer-encoding', 'trailer', 'content-encoding', 'etag'] as const;

/** Sends an answer. Headers that were set before remain, except those that it has itself. */
export function sendAnswer(response: ServerResponse, given: Given): void {
  const { status, body } = given.answer;
  response.statusCode = status;
  for (const name of ofBody) response.removeHeader(name);
  setHeaders(response, headersOf(given));
  if (status === 204 || status === 304) response.removeHeader('content-length');
  else response.setHeader('content-length', body.byteLength);
  response.end(body);
}
