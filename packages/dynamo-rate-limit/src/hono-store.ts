import type { Store } from 'hono-rate-limiter';

import { HitStore, type HitStoreOptions } from './hit-store.js';

/** What `honoStore` takes. */
export type HonoStoreOptions = HitStoreOptions;

/**
 * A store for `hono-rate-limiter`: the hits of a client in a window that begins with the first one, in
 * any number of processes. A hit whose response is lost is counted once. Sends what `expressStore`
 * sends.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { honoStore } from '@x/dynamo-rate-limit/hono';
 * import { rateLimiter } from 'hono-rate-limiter';
 *
 * const store = honoStore({ tableName: 'my-partitioned-keys' });
 * const keyGenerator = (): string => 'user-123';
 * const limiter = rateLimiter({ windowMs: 60_000, limit: 100, keyGenerator, store });
 * console.log(typeof limiter);
 * ```
 */
export function honoStore(options?: HonoStoreOptions): Store {
  return new HitStore(options);
}
