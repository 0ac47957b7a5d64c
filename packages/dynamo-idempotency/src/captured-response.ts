import type { ServerResponse } from 'node:http';

import { nodeModule } from '@x/dynamo-core/mechanism';

import { answerOf, unkeepable, type Answer } from './answer.js';
import { headersOf, type Gate, type Given, type KeyedExchange } from './gate.js';

/** By their names in small letters. */
type Headers = Readonly<Record<string, unknown>>;
/** What has them: a response, or a reply of a framework. */
interface Headed {
  getHeaders(): Headers;
  removeHeader(name: string): unknown;
}

/** A response of node:http that sends nothing before its answer is kept. */
export interface CapturedResponse {
  /** Whether the handler has ended it. */
  ended: boolean;
  /** The names of the cookies that the handler has set, where others may set some meanwhile. */
  cookies?: ReadonlySet<unknown>;
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
  headed: Headed,
  act: (fail: (problem: unknown) => void, captured: CapturedResponse) => Promise<unknown>,
): Promise<Given> {
  let captured: CapturedResponse | undefined;
  try {
    return await gate.answer(
      exchange,
      () =>
        new Promise((settle, fail) => {
          captured = capture(response, headed, gate.bodyBytesMax, settle, fail);
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
  headed: Headed,
  bodyBytesMax: number,
  settle: (answer: Answer) => void,
  fail: (problem: unknown) => void,
): CapturedResponse {
  // They are called on the response alone.
  // oxlint-disable-next-line typescript/unbound-method
  const { write, end, writeHead, flushHeaders, setHeader, destroy } = response;
  const before = headed.getHeaders();
  const chunks: Uint8Array[] = [];
  let [bytes, hasBegun] = [0, false];

  // As Node.js does: what sets headers as late as possible waits for it.
  const begin = (): void => {
    if (!hasBegun) response.writeHead(response.statusCode);
  };
  const settleWhere = (isDone?: boolean): void => {
    if (/^text\/event-stream/i.test(String(response.getHeader('content-type')))) {
      settle(unkeepable('it is a stream of events'));
    } else if (bytes > bodyBytesMax) {
      settle(unkeepable(`it has more than ${bodyBytesMax} bytes`));
    } else if (isDone) {
      const headers = headersBeside(before, response, captured.cookies);
      settle(answerOf(response.statusCode, headers, Buffer.concat(chunks)));
    }
  };
  const take = (given: readonly unknown[], isDone?: boolean): boolean => {
    const [chunk, encoding] = given;
    begin();
    if (typeof chunk === 'string' || nodeModule('node:util').types.isUint8Array(chunk)) {
      const part = Buffer.from(chunk as string, encoding as BufferEncoding);
      bytes += part.byteLength;
      if (bytes <= bodyBytesMax) chunks.push(part);
    }
    for (const one of given) if (typeof one === 'function') process.nextTick(one);
    settleWhere(isDone);
    return bytes <= bodyBytesMax;
  };

  Object.assign(response, {
    // A source without end waits here, until the response closes.
    write: (...given: unknown[]) => take(given),
    end: (...given: unknown[]) => {
      captured.ended = true;
      take(given, true);
      return response;
    },
    writeHead: (status: number, ...given: unknown[]) => {
      response.statusCode = status;
      if (!(status >= 100 && status < 1000)) throw new Error('No status');
      hasBegun = true;
      setHeaders(response, pairsOf(given.at(-1)));
      settleWhere();
      return response;
    },
    flushHeaders: begin,
    // As where it throws: the application answers, and a repeat is carried out.
    destroy: (problem: unknown = new Error('Destroyed')) => {
      hasBegun = true;
      fail(problem);
    },
  });
  // Who has answered, or not, may ask for it.
  Object.defineProperty(response, 'headersSent', { configurable: true, get: () => hasBegun });
  const showClose = hideClose(response);
  const captured: CapturedResponse = {
    ended: false,
    restore: () => {
      showClose();
      sendAgain(response, { write, end, writeHead, flushHeaders, setHeader, destroy });
      // What has begun is not sent as it is, nor are its headers: a length, an encoding.
      if (hasBegun) takeBack(headed, before);
    },
  };
  return captured;
}

/** Removes the headers that were not set before. Cookies have been set: an error does not unset them. */
function takeBack(headed: Headed, before: Headers): void {
  for (const name of Object.keys(headed.getHeaders())) {
    if (!(name in before) && name !== 'set-cookie') headed.removeHeader(name);
  }
}

/** Lets it send, as long as it has not ended: what a handler still writes would throw where nothing catches it. */
function sendAgain(response: ServerResponse, real: object): void {
  delete (response as { headersSent?: boolean }).headersSent;
  for (const [name, method] of Object.entries(real) as [
    string,
    (...given: unknown[]) => unknown,
  ][]) {
    const guarded = (...given: unknown[]): unknown =>
      response.writableEnded ? response : method.call(response, ...given);
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

/** The headers that are not as they were before. Of the cookies, those that the handler has set. */
function headersBeside(
  before: Headers,
  response: ServerResponse,
  cookies?: ReadonlySet<unknown>,
): [string, string][] {
  const others = cookiesIn(before);
  const isKept = (cookie: string): boolean =>
    !others.includes(cookie) && cookies?.has(cookieName(cookie)) !== false;
  return Object.entries(response.getHeaders()).flatMap(([name, values = []]) =>
    String(values) === String(before[name])
      ? []
      : [values]
          .flat()
          .filter((value) => name !== 'set-cookie' || isKept(String(value)))
          .map((value): [string, string] => [name, String(value)]),
  );
}

/** The name in a `Set-Cookie`. */
export function cookieName(cookie: string): string {
  return cookie.split('=', 1).join();
}

/** The cookies in headers. */
export function cookiesIn(headers: Headers): string[] {
  return [headers['set-cookie'] ?? []].flat().map(String);
}

/** The headers that `writeHead` takes, as a record or a list. */
function pairsOf(headers: unknown): [string, string | string[]][] {
  if (typeof headers !== 'object' || headers === null) return [];
  if (!Array.isArray(headers)) return Object.entries(headers);
  const list = headers.flat() as string[];
  return list.flatMap((name, index) => (index % 2 ? [] : [[name, list[index + 1] as string]]));
}

/** Each may come more than once, and takes the place of what was set before. */
function setHeaders(
  response: ServerResponse,
  headers: readonly (readonly [string, string | string[]])[],
): void {
  for (const [name] of headers) response.removeHeader(name);
  for (const [name, value] of headers) response.appendHeader(name, value);
}

/** Sends an answer. Headers that were set before remain, except those that it has itself; so do other cookies. */
export function sendAnswer(response: ServerResponse, given: Given): void {
  const { status, body } = given.answer;
  response.statusCode = status;
  const headers = headersOf(given);
  const own = headers.map(([name, value]) => name === 'set-cookie' && cookieName(value));
  const others = cookiesIn(response.getHeaders()).filter((one) => !own.includes(cookieName(one)));
  setHeaders(response, [...others.map((one) => ['set-cookie', one] as const), ...headers]);
  if (status !== 204 && status !== 304) response.setHeader('content-length', body.byteLength);
  response.end(body);
}
