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
  { package: '@x/dynamo-lock', name: 'DynamoLock', initialMax: 14_900, wholeMax: 16_400 },
  { package: '@x/dynamo-kv', name: 'KeyValueTable', initialMax: 14_450, wholeMax: 18_200 },
  {
    package: '@x/dynamo-partitioned',
    name: 'PartitionedKeyValueTable',
    initialMax: 16_450,
    wholeMax: 20_300,
  },
  { package: '@x/dynamo-counter', name: 'KeyValueCounter', initialMax: 14_650, wholeMax: 17_100 },
  { package: '@x/dynamo-do-once', name: 'DoOnceManager', initialMax: 17_450, wholeMax: 19_850 },
  {
    package: '@x/dynamo-limited-attempt',
    name: 'LimitedAttempt',
    initialMax: 18_600,
    wholeMax: 21_100,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'express',
    name: 'expressStore',
    initialMax: 19_500,
    wholeMax: 22_000,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'hono',
    name: 'honoRateLimit',
    initialMax: 19_700,
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
    initialMax: 15_850,
    wholeMax: 19_600,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'fetch',
    name: 'idempotent',
    initialMax: 19_450,
    wholeMax: 21_850,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'express',
    name: 'idempotent',
    initialMax: 20_350,
    wholeMax: 22_750,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'lambda',
    name: 'idempotent',
    initialMax: 18_550,
    wholeMax: 21_000,
  },
  { package: '@x/dynamo-keyv', name: 'DynamoKeyv', initialMax: 15_550, wholeMax: 19_350 },
  {
    package: '@x/dynamo-keyv',
    entry: 'v6',
    name: 'DynamoKeyv',
    initialMax: 15_700,
    wholeMax: 19_450,
  },
  { package: '@x/dynamo-unstorage', name: 'dynamoDriver', initialMax: 15_350, wholeMax: 19_100 },
  { package: '@x/dynamo-semaphore', name: 'DynamoSemaphore', initialMax: 12_850, wholeMax: 14_350 },
  { package: '@x/dynamo-compat', name: 'DynamoLock', initialMax: 15_200, wholeMax: 16_700 },
  { package: '@x/dynamo-leader', name: 'DynamoLeader', initialMax: 3_400, wholeMax: 3_500 },
  { package: '@x/dynamo-light-client', name: 'LightClient', initialMax: 8_700, wholeMax: 8_800 },
];
