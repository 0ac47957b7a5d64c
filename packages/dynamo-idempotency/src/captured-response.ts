import type { ServerResponse } from 'node:http';

import { answerOf, unkeepable, type Answer } from './answer.js';
import { headersOf, type Given } from './gate.js';

type Chunk = string | Uint8Array;
type Callback = (error?: Error | null) => void;

/** A response of node:http that sends nothing before its answer is kept. */
export interface CapturedResponse {
  /** When the handler has ended it. */
  readonly answer: Promise<Answer>;
  /** Lets it send again. */
  restore(): void;
}

/** Collects what a handler writes to a response. */
export function capture(response: ServerResponse, bodyBytesMax: number): CapturedResponse {
  // They are put back as they were, and called on the response alone.
  // oxlint-disable-next-line typescript/unbound-method
  const { write, end, writeHead, flushHeaders } = response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let settle: (answer: Answer) => void;
  const answer = new Promise<Answer>((resolve) => (settle = resolve));

  const take = (chunk: unknown, encoding: unknown): void => {
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return;
    const name = typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8';
    const part = typeof chunk === 'string' ? Buffer.from(chunk, name) : (chunk as Uint8Array);
    bytes += part.byteLength;
    if (bytes <= bodyBytesMax) chunks.push(Uint8Array.from(part));
  };
  const callLater = (given: readonly unknown[]): void => {
    const callback = given.find((one) => typeof one === 'function') as Callback | undefined;
    if (callback) process.nextTick(callback);
  };

  Object.assign(response, {
    write: (...given: [Chunk, ...unknown[]]) => {
      take(given[0], given[1]);
      callLater(given);
      return true;
    },
    end: (...given: unknown[]) => {
      take(given[0], given[1]);
      callLater(given);
      settle(collected(response, chunks, bytes, bodyBytesMax));
      return response;
    },
    writeHead: (status: number, ...given: unknown[]) => {
      response.statusCode = status;
      for (const [name, value] of pairsOf(given.at(-1))) response.setHeader(name, value);
      return response;
    },
    flushHeaders: () => undefined,
  });
  return {
    answer,
    restore: () => void Object.assign(response, { write, end, writeHead, flushHeaders }),
  };
}

function collected(
  response: ServerResponse,
  chunks: readonly Uint8Array[],
  bytes: number,
  bodyBytesMax: number,
): Answer {
  if (/^text\/event-stream/i.test(String(response.getHeader('content-type') ?? ''))) {
    return unkeepable('it is a stream of events');
  }
  if (bytes > bodyBytesMax) return unkeepable(`it has more than ${bodyBytesMax} bytes`);
  const headers = response
    .getHeaderNames()
    .flatMap((name) =>
      [response.getHeader(name) ?? []].flat().map((value) => [name, String(value)] as const),
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

/** Those of the body that a handler has written, where another one is sent. */
const ofBody = ['content-length', 'transfer-encoding', 'content-encoding', 'etag'] as const;

/** Sends an answer. Headers that were set before remain, except those that it has itself. */
export function sendAnswer(response: ServerResponse, given: Given): void {
  const headers = headersOf(given);
  response.statusCode = given.answer.status;
  for (const name of [...ofBody, ...headers.map(([name]) => name)]) {
    response.removeHeader(name);
  }
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.end(given.answer.body);
}
