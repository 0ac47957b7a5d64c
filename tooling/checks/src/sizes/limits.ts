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
  ['@x/dynamo-lock', 'DynamoLock', 12_590, 17_410],
  ['@x/dynamo-kv', 'KeyValueTable', 8_890, 18_310],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 10_460, 21_100],
  ['@x/dynamo-counter', 'KeyValueCounter', 10_270, 18_050],
  ['@x/dynamo-do-once', 'DoOnceManager', 15_550, 21_110],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 13_010, 21_380],
  ['@x/dynamo-rate-limit/express', 'expressStore', 14_100, 22_310],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 14_300, 22_510],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_060, 2_150],
  ['@x/dynamo-session', 'DynamoSessionStore', 10_480, 17_980],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 17_600, 23_190],
  ['@x/dynamo-idempotency/express', 'idempotent', 18_610, 24_210],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 16_730, 22_310],
  ['@x/dynamo-keyv', 'DynamoKeyv', 10_070, 19_470],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 10_220, 19_610],
  ['@x/dynamo-unstorage', 'dynamoDriver', 9_810, 19_240],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 11_680, 14_990],
  ['@x/dynamo-compat', 'DynamoLock', 12_870, 17_730],
  ['@x/dynamo-leader', 'DynamoLeader', 3_290, 3_410],
  ['@x/dynamo-light-client', 'LightClient', 8_270, 8_360],
];
