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
  ['@x/dynamo-core', 'dynamoTableName', 820, 890],
  ['@x/dynamo-lock', 'DynamoLock', 12_300, 17_400],
  ['@x/dynamo-kv', 'KeyValueTable', 8_440, 18_230],
  ['@x/dynamo-partitioned', 'PartitionedKeyValueTable', 9_920, 21_100],
  ['@x/dynamo-counter', 'KeyValueCounter', 9_530, 18_160],
  ['@x/dynamo-do-once', 'DoOnceManager', 13_920, 21_140],
  ['@x/dynamo-limited-attempt', 'LimitedAttempt', 11_970, 21_510],
  ['@x/dynamo-rate-limit/express', 'expressStore', 12_930, 22_440],
  ['@x/dynamo-rate-limit/hono', 'honoRateLimit', 13_160, 22_680],
  ['@x/dynamo-rate-limit/headers', 'rateLimitHeaders', 2_050, 2_140],
  ['@x/dynamo-session', 'DynamoSessionStore', 10_120, 17_990],
  ['@x/dynamo-idempotency/fetch', 'idempotent', 16_290, 23_270],
  ['@x/dynamo-idempotency/express', 'idempotent', 17_490, 24_450],
  ['@x/dynamo-idempotency/lambda', 'idempotent', 15_160, 22_420],
  ['@x/dynamo-keyv', 'DynamoKeyv', 9_620, 19_420],
  ['@x/dynamo-keyv/v6', 'DynamoKeyv', 9_760, 19_560],
  ['@x/dynamo-unstorage', 'dynamoDriver', 9_360, 19_190],
  ['@x/dynamo-semaphore', 'DynamoSemaphore', 11_460, 14_950],
  ['@x/dynamo-compat', 'DynamoLock', 12_570, 17_730],
  ['@x/dynamo-leader', 'DynamoLeader', 3_260, 3_540],
  ['@x/dynamo-light-client', 'LightClient', 8_270, 8_380],
];
