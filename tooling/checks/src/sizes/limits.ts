/** What a user imports, and how large the result may be. */
export interface SizeLimit {
  readonly package: string;
  readonly name: string;
  /** The file in its sources that exports it. @default index */
  readonly entry?: string;
  /** Of what is loaded with the import: minified and gzipped, without the AWS SDK. */
  readonly initialMax: number;
  /** Of all in one file, with what is loaded on first use. */
  readonly wholeMax: number;
}

/**
 * The table that `npm run sizes` prints and `npm test` holds the packages to. A primitive comes with
 * all that it uses of core; each limit is close above what it takes (docs/decisions/0003).
 */
export const limits: readonly SizeLimit[] = [
  { package: '@x/dynamo-core', name: 'dynamoTableName', initialMax: 950, wholeMax: 1_000 },
  { package: '@x/dynamo-lock', name: 'DynamoLock', initialMax: 13_250, wholeMax: 17_150 },
  { package: '@x/dynamo-kv', name: 'KeyValueTable', initialMax: 12_150, wholeMax: 18_850 },
  {
    package: '@x/dynamo-partitioned',
    name: 'PartitionedKeyValueTable',
    initialMax: 13_550,
    wholeMax: 21_050,
  },
  { package: '@x/dynamo-counter', name: 'KeyValueCounter', initialMax: 13_150, wholeMax: 17_900 },
  { package: '@x/dynamo-do-once', name: 'DoOnceManager', initialMax: 17_000, wholeMax: 20_150 },
  {
    package: '@x/dynamo-limited-attempt',
    name: 'LimitedAttempt',
    initialMax: 17_850,
    wholeMax: 21_100,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'express',
    name: 'expressStore',
    initialMax: 18_750,
    wholeMax: 22_000,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'hono',
    name: 'honoRateLimit',
    initialMax: 18_950,
    wholeMax: 22_250,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'headers',
    name: 'rateLimitHeaders',
    initialMax: 2_000,
    wholeMax: 2_100,
  },
  {
    package: '@x/dynamo-session',
    name: 'DynamoSessionStore',
    initialMax: 13_600,
    wholeMax: 20_250,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'fetch',
    name: 'idempotent',
    initialMax: 19_000,
    wholeMax: 22_200,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'express',
    name: 'idempotent',
    initialMax: 19_900,
    wholeMax: 23_100,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'lambda',
    name: 'idempotent',
    initialMax: 18_100,
    wholeMax: 21_300,
  },
  { package: '@x/dynamo-keyv', name: 'DynamoKeyv', initialMax: 13_250, wholeMax: 20_000 },
  {
    package: '@x/dynamo-keyv',
    entry: 'v6',
    name: 'DynamoKeyv',
    initialMax: 13_400,
    wholeMax: 20_100,
  },
  { package: '@x/dynamo-unstorage', name: 'dynamoDriver', initialMax: 13_050, wholeMax: 19_750 },
  { package: '@x/dynamo-semaphore', name: 'DynamoSemaphore', initialMax: 12_300, wholeMax: 14_600 },
  { package: '@x/dynamo-compat', name: 'DynamoLock', initialMax: 13_550, wholeMax: 17_450 },
  { package: '@x/dynamo-leader', name: 'DynamoLeader', initialMax: 3_150, wholeMax: 3_250 },
  { package: '@x/dynamo-light-client', name: 'LightClient', initialMax: 8_800, wholeMax: 8_850 },
];
