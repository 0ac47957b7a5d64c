export { createTable, InvalidInputError, partitionedKeysTable } from '@x/dynamo-core';

export { honoRateLimit, type HonoRateLimitOptions, type LimitedEntry } from './hono-rate-limit.js';
export { honoStore, type HonoStoreOptions } from './hono-store.js';
