import type { ServerResponse } from 'node:http';

import { nodeModule } from '@x/dynamo-core/mechanism';

import { answerOf, unkeepable, type Answer } from './answer.js';
import { headersOf, type Gate, type Given, type KeyedExchange } from './gate.js';

/** By their names in small letters. */
type Headers = Readonly<Record<string, unknown>>;
type Callback = (error?: Error | null) => void;

/** A response of node:http that sends nothing before its answer is kept. */
export interface CapturedResponse {
  /** Whether the handler has ended it. */
  ended: boolean;
  /** Lets it send again. */
  readonly restore: () => void;
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
  act: (fail: (problem: unknown) => void, captured: CapturedResponse) => Promise<unknown>,
): Promise<Given> {
  let captured: CapturedResponse | undefined;
  try {
    return await gate.answer(
      exchange,
      () =>
        new Promise((settle, fail) => {
          captured = capture(response, before, gate.bodyBytesMax, settle, fail);
          act(fail, captured).catch(fail);
        }),
    );
  } finally {
    captured?.restore();
  }
}

/**
 * Collects what a handler writes to a response. Settles when the handler has ended it, or has shown
 * that it cannot be kept; fails where the handler destroys it.
 */
function capture(
  response: ServerResponse,
  before: Headers,
  bodyBytesMax: number,
  settle: (answer: Answer) => void,
  fail: (problem: unknown) => void,
): CapturedResponse {
  // They are called on the response alone.
  // oxlint-disable-next-line typescript/unbound-method
  const { write, end, writeHead, flushHeaders, setHeader, destroy } = response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;

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
      captured.ended = true;
      take(given, true);
      return response;
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
    // As where it throws: the application answers, and a repeat is carried out.
    destroy: fail,
  });
  const showClose = hideClose(response);
  const captured: CapturedResponse = {
    ended: false,
    restore: () => {
      showClose();
      // What a handler still writes to what has ended would throw where nothing catches it.
      for (const [name, real] of Object.entries({
        write,
        end,
        writeHead,
        flushHeaders,
        setHeader,
        destroy,
      })) {
        const guarded = (...given: unknown[]): unknown =>
          response.writableEnded ? response : Reflect.apply(real, response, given);
        Object.assign(response, { [name]: guarded });
      }
    },
  };
  return captured;
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
  // What Node.js sets where a connection closes, and streams look at. That of HTTP/2 has no setters.
  const setClosed = (is: boolean): void => {
    for (const name of ['destroyed', '_closed']) Reflect.set(response, name, is);
    Reflect.set(response, 'socket', is && socket);
  };
  const held = (...given: unknown[]): unknown => {
    if (given[0] !== 'close') return Reflect.apply(emit, response, given);
    hasClosed = true;
    return setClosed(false);
  };
  Object.assign(response, { emit: held });
  return () => {
    Object.assign(response, { emit });
    if (!hasClosed) return;
    setClosed(true);
    process.nextTick(() => response.emit('close'));
  };
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
