/** What a user imports, and how large the result may be. */
export interface SizeLimit {
  readonly package: string;
  readonly name: string;
  /** The file in its sources that exports it. @default index */
  readonly entry?: string;
  /** Of the minified bundle, gzipped, without the AWS SDK. */
  readonly gzipBytesMax: number;
}

/**
 * The table that `npm run sizes` prints and `npm test` holds the packages to. A primitive comes with
 * all that it uses of core; each limit is close above what it takes (docs/decisions/0003).
 */
export const limits: readonly SizeLimit[] = [
  { package: '@x/dynamo-core', name: 'dynamoTableName', gzipBytesMax: 850 },
  { package: '@x/dynamo-lock', name: 'DynamoLock', gzipBytesMax: 15_750 },
  { package: '@x/dynamo-kv', name: 'KeyValueTable', gzipBytesMax: 17_500 },
  { package: '@x/dynamo-partitioned', name: 'PartitionedKeyValueTable', gzipBytesMax: 19_400 },
  { package: '@x/dynamo-counter', name: 'KeyValueCounter', gzipBytesMax: 16_350 },
  { package: '@x/dynamo-do-once', name: 'DoOnceManager', gzipBytesMax: 19_500 },
  { package: '@x/dynamo-limited-attempt', name: 'LimitedAttempt', gzipBytesMax: 20_300 },
  { package: '@x/dynamo-rate-limit', entry: 'express', name: 'expressStore', gzipBytesMax: 21_250 },
  { package: '@x/dynamo-rate-limit', entry: 'hono', name: 'honoRateLimit', gzipBytesMax: 21_400 },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'headers',
    name: 'rateLimitHeaders',
    gzipBytesMax: 1_900,
  },
  { package: '@x/dynamo-session', name: 'DynamoSessionStore', gzipBytesMax: 18_750 },
  { package: '@x/dynamo-idempotency', entry: 'fetch', name: 'idempotent', gzipBytesMax: 21_500 },
  { package: '@x/dynamo-idempotency', entry: 'express', name: 'idempotent', gzipBytesMax: 22_350 },
  { package: '@x/dynamo-idempotency', entry: 'lambda', name: 'idempotent', gzipBytesMax: 21_500 },
  { package: '@x/dynamo-keyv', name: 'DynamoKeyv', gzipBytesMax: 18_450 },
  { package: '@x/dynamo-keyv', entry: 'v6', name: 'DynamoKeyv', gzipBytesMax: 18_600 },
  { package: '@x/dynamo-unstorage', name: 'dynamoDriver', gzipBytesMax: 18_400 },
  { package: '@x/dynamo-semaphore', name: 'DynamoSemaphore', gzipBytesMax: 13_750 },
  { package: '@x/dynamo-compat', name: 'DynamoLock', gzipBytesMax: 16_200 },
  { package: '@x/dynamo-leader', name: 'DynamoLeader', gzipBytesMax: 3_300 },
  { package: '@x/dynamo-light-client', name: 'LightClient', gzipBytesMax: 9_500 },
];
