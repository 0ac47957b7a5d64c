import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';

import type { Answer } from './answer.js';
import {
  answerCaptured,
  cookieName,
  cookiesIn,
  sendAnswer,
  type CapturedResponse,
} from './captured-response.js';
import { headersOf, openGate, type Gate, type Given } from './gate.js';
import { pathOf, payloadOf } from './node-payload.js';
import type { IdempotencyOptions } from './options.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';
export type { IdempotencyOptions } from './options.js';

/** What `idempotent` of a handler of Fastify takes. */
export type FastifyIdempotencyOptions = IdempotencyOptions<FastifyRequest>;

type Handler = (this: FastifyInstance, request: FastifyRequest, reply: FastifyReply) => unknown;

/**
 * Makes the handler of a route of Fastify (4 and later) carry out a request with an `Idempotency-Key` once.
 * It answers and sends what `idempotent` of `/fetch` does. Nothing is sent to the client before the
 * answer is kept: what is kept is what Fastify has made of it, serialised and with the headers of its
 * hooks, but for the cookies that those set: they are of one request, as a session is.
 *
 * Parsed bodies are compared, with files that `attachFieldsToBody` of `@fastify/multipart` put there, and `bodyLimit` of Fastify limits them. Errors of the handler and of DynamoDB reach the error handler of the route.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { idempotent } from '@x/dynamo-idempotency/fastify';
 * import fastify from 'fastify';
 *
 * const app = fastify();
 * const options = { tableName: 'my-partitioned-keys', required: true };
 * app.post('/pay', idempotent(async (request) => ({ paid: request.body }), options));
 * await app.close();
 * ```
 */
export function idempotent(
  handler: Handler,
  options?: FastifyIdempotencyOptions,
): RouteHandlerMethod {
  const gate = openGate<FastifyRequest>(handler, options);
  return function (request, reply) {
    const header = request.headers['idempotency-key'];
    const entered = gate.enter({
      request,
      method: request.method,
      path: pathOf(request.url),
      header: Array.isArray(header) ? header.join(', ') : header,
    });
    const act = (): unknown => handler.call(this, request, reply);
    if (entered === undefined) return act();
    return answer(gate, entered, act, request, reply).then(() => reply);
  };
}

async function answer(
  gate: Gate<FastifyRequest>,
  entered: string | Answer,
  act: () => unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (typeof entered !== 'string') {
    return sendThroughHooks(reply, { answer: entered, isReplay: false });
  }
  const payload = payloadOf(request.raw, request.url, request);
  const keyed = { partition: entered, payload };
  let hasRun = false;
  const given = await answerCaptured(gate, keyed, reply.raw, reply, (_, captured) => {
    hasRun = true;
    return run(act, reply, captured);
  });
  // What has run has passed the hooks of Fastify, and so has what is replayed.
  if (given.isReplay) {
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
  }
  if (given.isReplay || hasRun) {
    reply.hijack();
    sendAnswer(reply.raw, given);
  } else await sendThroughHooks(reply, given);
}

/** Sends what a handler returns, as Fastify does: nothing where a promise comes to nothing. */
async function run(
  act: () => unknown,
  reply: FastifyReply,
  captured: CapturedResponse,
): Promise<void> {
  watchCookies(reply, captured);
  const returned = act();
  const isAsync = typeof (returned as PromiseLike<unknown> | null)?.then === 'function';
  const value = await returned;
  if (value !== undefined || (isAsync && !reply.sent && !captured.ended)) await reply.send(value);
}

/** What sets a cookie in `@fastify/cookie`: its name comes first. */
const setters = ['cookie', 'setCookie', 'clearCookie'];

/**
 * Notes which cookies a handler sets until it sends. Those that hooks set then, as a session's, are of this
 * request alone: whoever repeats it may have another session by then.
 */
function watchCookies(reply: FastifyReply, captured: CapturedResponse): void {
  const names = new Set<unknown>();
  const before = cookiesIn(reply.getHeaders());
  const methods = reply as unknown as Record<string, (...given: unknown[]) => unknown>;
  const watched = [...setters, 'send'].filter((name) => methods[name] !== undefined);
  for (const name of watched) {
    const real = methods[name];
    methods[name] = (...given) => {
      if (name === 'send') {
        for (const one of watched) delete methods[one];
        const set = cookiesIn(reply.getHeaders()).filter((cookie) => !before.includes(cookie));
        captured.cookies = new Set([...names, ...set.map(cookieName)]);
      } else names.add(given[0]);
      return Reflect.apply(real as () => unknown, reply, given);
    };
  }
}

async function sendThroughHooks(reply: FastifyReply, given: Given): Promise<void> {
  const { status, body } = given.answer;
  reply.code(status);
  const values = new Map<string, string[]>();
  for (const [name, value] of headersOf(given)) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  for (const [name, [first = '', ...more]] of values) {
    reply.removeHeader(name).header(name, more.length === 0 ? first : [first, ...more]);
  }
  await reply.send(body.byteLength === 0 ? undefined : Buffer.from(body));
}
