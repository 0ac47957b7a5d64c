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
  ['@x/dynamo-core', 'dynamoTableName', 850, 900],
  ['@x/dynamo-lock', 'DynamoLock', 12_660, 17_450],
  ['@x/dynamo-kv', 'KeyValueTable', 9_200, 18_500],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 10_700, 21_150],
  ['@x/dynamo-counter', 'KeyValueCounter', 10_500, 18_100],
  ['@x/dynamo-do-once', 'DoOnceManager', 15_650, 21_150],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 13_200, 21_450],
  ['@x/dynamo-rate-limit/express', 'expressStore', 14_100, 22_400],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 14_300, 22_600],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_060, 2_150],
  ['@x/dynamo-session', 'DynamoSessionStore', 10_750, 18_150],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 17_700, 23_250],
  ['@x/dynamo-idempotency/express', 'idempotent', 18_650, 24_200],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 16_850, 22_350],
  ['@x/dynamo-keyv', 'DynamoKeyv', 10_400, 19_600],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 10_500, 19_750],
  ['@x/dynamo-unstorage', 'dynamoDriver', 10_150, 19_400],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 11_850, 15_100],
  ['@x/dynamo-compat', 'DynamoLock', 12_950, 17_750],
  ['@x/dynamo-leader', 'DynamoLeader', 3_300, 3_410],
  ['@x/dynamo-light-client', 'LightClient', 8_400, 8_500],
];
