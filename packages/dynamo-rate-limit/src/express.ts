import type { Store } from 'express-rate-limit';

import { HitStore, type HitStoreOptions } from './hit-store.js';

export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';

/** What `expressStore` takes. */
export type ExpressStoreOptions = HitStoreOptions;

/**
 * A store for `express-rate-limit` (6 and later): the hits of a client in a window that begins with
 * the first one, in any number of processes. A hit whose response is lost is counted once.
 *
 * A hit is one UpdateItem, a `decrement` one GetItem and one UpdateItem, `resetKey` one DeleteItem,
 * `get` one GetItem. `resetAll` scans the table, up to `scanRowsMax` rows. An error reaches the
 * middleware, which passes it on, or the request with `passOnStoreError`.
 *
 * @throws InvalidInputError for a bad option
 * @example
 * ```ts
 * import { expressStore } from '@x/dynamo-rate-limit/express';
 * import { rateLimit } from 'express-rate-limit';
 *
 * const store = expressStore({ tableName: 'my-partitioned-keys' });
 * const limiter = rateLimit({ windowMs: 60_000, limit: 100, store });
 * console.log(typeof limiter);
 * ```
 */
export function expressStore(options?: ExpressStoreOptions): Store {
  return new HitStore(options);
}
