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
  ['@x/dynamo-lock', 'DynamoLock', 12_750, 17_550],
  ['@x/dynamo-kv', 'KeyValueTable', 9_250, 18_600],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 11_850, 21_250],
  ['@x/dynamo-counter', 'KeyValueCounter', 10_600, 18_200],
  ['@x/dynamo-do-once', 'DoOnceManager', 15_700, 21_450],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 13_450, 21_750],
  ['@x/dynamo-rate-limit/express', 'expressStore', 14_350, 22_750],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 14_550, 22_900],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_060, 2_150],
  ['@x/dynamo-session', 'DynamoSessionStore', 10_750, 18_150],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 17_750, 23_500],
  ['@x/dynamo-idempotency/express', 'idempotent', 18_750, 24_500],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 16_900, 22_650],
  ['@x/dynamo-keyv', 'DynamoKeyv', 10_350, 19_800],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 10_500, 19_950],
  ['@x/dynamo-unstorage', 'dynamoDriver', 10_150, 19_550],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 11_900, 15_150],
  ['@x/dynamo-compat', 'DynamoLock', 13_000, 17_900],
  ['@x/dynamo-leader', 'DynamoLeader', 3_300, 3_410],
  ['@x/dynamo-light-client', 'LightClient', 8_400, 8_500],
];
