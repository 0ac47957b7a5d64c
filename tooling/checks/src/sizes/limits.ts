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
  ['@x/dynamo-lock', 'DynamoLock', 13_050, 17_500],
  ['@x/dynamo-kv', 'KeyValueTable', 10_000, 18_500],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 12_050, 20_950],
  ['@x/dynamo-counter', 'KeyValueCounter', 11_000, 18_050],
  ['@x/dynamo-do-once', 'DoOnceManager', 15_950, 21_200],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 13_700, 21_550],
  ['@x/dynamo-rate-limit/express', 'expressStore', 14_600, 22_500],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 14_800, 22_700],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_050, 2_150],
  ['@x/dynamo-session', 'DynamoSessionStore', 11_300, 18_050],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 18_000, 23_300],
  ['@x/dynamo-idempotency/express', 'idempotent', 18_850, 24_200],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 17_150, 22_400],
  ['@x/dynamo-keyv', 'DynamoKeyv', 11_100, 19_650],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 11_200, 19_800],
  ['@x/dynamo-unstorage', 'dynamoDriver', 10_850, 19_400],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 12_200, 15_050],
  ['@x/dynamo-compat', 'DynamoLock', 13_350, 17_850],
  ['@x/dynamo-leader', 'DynamoLeader', 3_250, 3_400],
  ['@x/dynamo-light-client', 'LightClient', 8_400, 8_450],
];
