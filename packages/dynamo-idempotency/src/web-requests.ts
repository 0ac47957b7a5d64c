import { InvalidInputError } from '@x/dynamo-core';

import { answerOf, problem, unkeepable, type Answer } from './answer.js';
import { bodyDigests } from './body-digests.js';
import { headersOf, type Gate, type Given } from './gate.js';

/**
 * Runs a handler of fetch requests behind a gate. The request that it is given holds a copy of the body.
 * Headers that were set before the handler are those of this request, and not of the answer that is kept.
 */
export async function answerOnce<R>(
  gate: Gate<R>,
  request: R,
  raw: Request,
  handler: (copy: Request) => Promise<Response>,
  before: Headers = new Headers(),
): Promise<Response> {
  const url = new URL(raw.url);
  const entered = gate.enter({
    request,
    method: raw.method,
    path: url.pathname,
    header: raw.headers.get('idempotency-key'),
  });
  if (entered === undefined) return handler(raw);
  if (typeof entered !== 'string') return toResponse({ answer: entered, isReplay: false }, before);
  if (raw.bodyUsed) {
    throw new InvalidInputError('request', raw, 'a request whose body is unread', {
      isData: true,
    });
  }
  const body = await bytesOf(raw.body, gate.bodyBytesMax);
  if (body === undefined) {
    const answer = problem(413, `The body has more than ${gate.bodyBytesMax} bytes`);
    return toResponse({ answer, isReplay: false }, before);
  }
  const payload = [url.search, bodyDigests(body, raw.headers.get('content-type'))];
  const given = await gate.answer({ partition: entered, payload }, async (signal) => {
    const copy = new Request(raw, raw.body === null ? {} : { body: new Uint8Array(body) });
    return readAnswer(await handler(copy), before, gate.bodyBytesMax, signal);
  });
  return toResponse(given, before);
}

/** What a handler has answered, read to its end; what has none is read until the signal aborts. */
async function readAnswer(
  response: Response,
  before: Headers,
  bodyBytesMax: number,
  signal: AbortSignal,
): Promise<Answer> {
  // By its type: frameworks put a Response of their own in place, which takes a status of 0.
  if (response.type === 'error') {
    throw new InvalidInputError('the answer', response, 'no Response.error()', { isData: true });
  }
  if (/^text\/event-stream/i.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    return unkeepable('it is a stream of events');
  }
  const body = await bytesOf(response.body, bodyBytesMax, signal);
  if (body === undefined) return unkeepable(`it has more than ${bodyBytesMax} bytes`);
  const { status, headers } = response;
  const own = [...headers].filter(([name]) => headers.get(name) !== before.get(name));
  return answerOf(status, own, body);
}

function toResponse(given: Given, before: Headers): Response {
  const { status, body } = given.answer;
  const hasNone = status === 204 || status === 205 || status === 304;
  const headers = new Headers(before);
  const own = headersOf(given);
  for (const [name] of own) headers.delete(name);
  for (const [name, value] of own) headers.append(name, value);
  return new Response(hasNone ? null : new Uint8Array(body), { status, headers });
}

/** All bytes of a stream; `undefined` where there are more than that, which are not waited for. */
async function bytesOf(
  stream: ReadableStream<Uint8Array> | null,
  bytesMax: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (stream === null) return Buffer.concat(chunks);
  const reader = stream.getReader();
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
  if (signal?.aborted === true) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    bytes += value.byteLength;
    if (bytes > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}
