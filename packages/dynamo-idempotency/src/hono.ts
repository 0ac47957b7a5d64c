import type { Context, Env, MiddlewareHandler, Next } from 'hono';

import { openGate } from './gate.js';
import type { IdempotencyOptions } from './options.js';
import { answerOnce } from './web-requests.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';
export type { IdempotencyOptions } from './options.js';

/** What `idempotent` of a handler of Hono takes. */
export type HonoIdempotencyOptions<E extends Env = Env> = IdempotencyOptions<Context<E>>;

/**
 * Makes a handler of Hono, or all that follows (`(c, next) => next()`), carry out a request with an
 * `Idempotency-Key` once. It answers and sends what `idempotent` of `/fetch` does; errors of DynamoDB
 * reach `app.onError`.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { idempotent } from '@x/dynamo-idempotency/hono';
 * import { Hono } from 'hono';
 *
 * const app = new Hono();
 * const tableName = 'my-partitioned-keys';
 * app.post('/pay', idempotent((c) => c.json({ paid: true }, 201), { tableName, required: true }));
 * ```
 */
export function idempotent<E extends Env = Env>(
  handler: (
    c: Context<E>,
    next: Next,
  ) => Response | undefined | void | Promise<Response | undefined | void>,
  options?: HonoIdempotencyOptions<E>,
): MiddlewareHandler<E> {
  const gate = openGate<Context<E>>(handler, options);
  return async (c, next) => {
    const act = async (copy: Request): Promise<Response> => {
      c.req.raw = copy;
      const returned = await handler(c, next);
      if (isResponse(returned)) return returned;
      // As Hono has it: the response that a context makes then is empty, and says 200.
      if (!c.finalized) throw new Error('The handler returned no response');
      return c.res;
    };
    const { headers: before } = c.body(null);
    const response = await answerOnce(gate, c, await unread(c), act, before);
    // The headers of what is there would be added to ours.
    c.res = undefined;
    c.res = response;
    return undefined;
  };
}

/** The request with its body, also where a validator has read it: Hono keeps what was read. */
async function unread(c: Context): Promise<Request> {
  const { raw, bodyCache } = c.req;
  if (!raw.bodyUsed) return raw;
  // A form that was read as one alone is written anew, with another boundary.
  const isForm = bodyCache.formData !== undefined && bodyCache.arrayBuffer === undefined;
  const again = new Response(isForm ? await c.req.formData() : await c.req.arrayBuffer());
  const headers = new Headers(raw.headers);
  for (const [name, value] of again.headers) headers.set(name, value);
  return new Request(raw, { method: raw.method, headers, body: again.body, duplex: 'half' });
}

/** Not by its class, of which a server may have its own; `next()` may resolve to the context. */
function isResponse(returned: unknown): returned is Response {
  return typeof returned === 'object' && returned !== null && 'headers' in returned;
}
