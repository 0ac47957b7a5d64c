import { openGate } from './gate.js';
import type { IdempotencyOptions } from './options.js';
import { answerOnce } from './web-requests.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';
export type { IdempotencyOptions } from './options.js';

/** What `idempotent` of a fetch handler takes. */
export type FetchIdempotencyOptions = IdempotencyOptions<Request>;

/**
 * Makes a fetch handler carry out a request with an `Idempotency-Key` once, and answer its repeats
 * with the status, headers and body of the first, marked by `Idempotency-Replayed: true`.
 *
 * A request that was not seen before is two PutItems beside what the handler does, a repeat is one.
 * The key counts for its method, path and `scope`. GET, HEAD, OPTIONS and TRACE pass as they are, as
 * do requests without a key unless `required`. Status 400 without a key that is `required`, or with a
 * bad one; 409 with `Retry-After` while another carries it out; 413 for a large body; 422 where query
 * or body differ. Statuses from 500 on, 401, 408, 409, 425 and 429 are not kept: a repeat acts again, as it
 * does after an error. An answer that is a stream of events or too large is replaced by status 500, which
 * is kept. Errors of DynamoDB are thrown.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { idempotent } from '@x/dynamo-idempotency/fetch';
 *
 * const pay = idempotent(async (request) => Response.json(await request.json(), { status: 201 }), {
 *   tableName: 'my-partitioned-keys',
 *   required: true,
 * });
 * const headers = { 'idempotency-key': 'order-77' };
 * const answer = await pay(new Request('https://shop.example/pay', { method: 'POST', headers, body: '{}' }));
 * console.log(answer.status);
 * ```
 */
export function idempotent<A extends readonly unknown[]>(
  handler: (request: Request, ...rest: A) => Response | Promise<Response>,
  options?: FetchIdempotencyOptions,
): (request: Request, ...rest: A) => Promise<Response> {
  const gate = openGate<Request>(handler, options);
  return (request, ...rest) =>
    answerOnce(gate, request, request, async (copy) => handler(copy, ...rest));
}
