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
  ['@x/dynamo-lock', 'DynamoLock', 12_950, 17_450],
  ['@x/dynamo-kv', 'KeyValueTable', 9_850, 18_450],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 11_950, 20_850],
  ['@x/dynamo-counter', 'KeyValueCounter', 10_900, 17_950],
  ['@x/dynamo-do-once', 'DoOnceManager', 15_950, 21_200],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 13_600, 21_450],
  ['@x/dynamo-rate-limit/express', 'expressStore', 14_550, 22_400],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 14_750, 22_650],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_050, 2_150],
  ['@x/dynamo-session', 'DynamoSessionStore', 11_200, 17_900],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 17_900, 23_250],
  ['@x/dynamo-idempotency/express', 'idempotent', 18_800, 24_200],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 17_050, 22_400],
  ['@x/dynamo-keyv', 'DynamoKeyv', 10_950, 19_550],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 11_100, 19_700],
  ['@x/dynamo-unstorage', 'dynamoDriver', 10_750, 19_350],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 12_100, 15_000],
  ['@x/dynamo-compat', 'DynamoLock', 13_250, 17_800],
  ['@x/dynamo-leader', 'DynamoLeader', 3_150, 3_300],
  ['@x/dynamo-light-client', 'LightClient', 8_250, 8_350],
];
