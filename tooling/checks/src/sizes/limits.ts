/**
 * What a user imports from where, and the most bytes that it may take, minified and gzipped, without
 * the AWS SDK: of what is loaded with the import, and of all in one file, with what is loaded on first use.
 */
export type SizeLimit = readonly [from: string, name: string, initialMax: number, wholeMax: number];

/**
 * The table that `npm run sizes` prints and `npm test` holds the packages to. A primitive comes with
 * all that it uses of core; each limit is close above what it takes (docs/decisions/0003).
 */
export const limits: readonly SizeLimit[] = [
  ['@x/dynamo-core', 'dynamoTableName', 840, 900],
  ['@x/dynamo-lock', 'DynamoLock', 12_560, 17_380],
  ['@x/dynamo-kv', 'KeyValueTable', 8_890, 18_330],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 10_460, 21_100],
  ['@x/dynamo-counter', 'KeyValueCounter', 10_270, 18_070],
  ['@x/dynamo-do-once', 'DoOnceManager', 14_140, 21_160],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 12_330, 21_530],
  ['@x/dynamo-rate-limit/express', 'expressStore', 13_270, 22_450],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 13_480, 22_690],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_060, 2_140],
  ['@x/dynamo-session', 'DynamoSessionStore', 10_480, 18_000],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 16_520, 23_270],
  ['@x/dynamo-idempotency/express', 'idempotent', 17_500, 24_290],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 15_300, 22_370],
  ['@x/dynamo-keyv', 'DynamoKeyv', 10_070, 19_490],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 10_220, 19_620],
  ['@x/dynamo-unstorage', 'dynamoDriver', 9_810, 19_260],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 11_650, 14_970],
  ['@x/dynamo-compat', 'DynamoLock', 12_830, 17_710],
  ['@x/dynamo-leader', 'DynamoLeader', 3_290, 3_410],
  ['@x/dynamo-light-client', 'LightClient', 8_270, 8_370],
];
