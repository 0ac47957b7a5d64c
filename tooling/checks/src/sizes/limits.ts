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
  ['@x/dynamo-lock', 'DynamoLock', 13_050, 17_550],
  ['@x/dynamo-kv', 'KeyValueTable', 10_000, 18_500],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 12_100, 21_000],
  ['@x/dynamo-counter', 'KeyValueCounter', 11_050, 18_100],
  ['@x/dynamo-do-once', 'DoOnceManager', 16_000, 21_250],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 13_750, 21_600],
  ['@x/dynamo-rate-limit/express', 'expressStore', 14_650, 22_550],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 14_850, 22_750],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_050, 2_150],
  ['@x/dynamo-session', 'DynamoSessionStore', 11_300, 18_000],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 18_000, 23_350],
  ['@x/dynamo-idempotency/express', 'idempotent', 18_900, 24_250],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 17_200, 22_400],
  ['@x/dynamo-keyv', 'DynamoKeyv', 11_100, 19_650],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 11_250, 19_800],
  ['@x/dynamo-unstorage', 'dynamoDriver', 10_900, 19_450],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 12_250, 15_100],
  ['@x/dynamo-compat', 'DynamoLock', 13_350, 17_900],
  ['@x/dynamo-leader', 'DynamoLeader', 3_300, 3_400],
  ['@x/dynamo-light-client', 'LightClient', 8_400, 8_500],
];
