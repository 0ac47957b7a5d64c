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
  { package: '@x/dynamo-lock', name: 'DynamoLock', initialMax: 13_350, wholeMax: 17_250 },
  { package: '@x/dynamo-kv', name: 'KeyValueTable', initialMax: 12_250, wholeMax: 18_950 },
  {
    package: '@x/dynamo-partitioned',
    name: 'PartitionedKeyValueTable',
    initialMax: 13_650,
    wholeMax: 21_200,
  },
  { package: '@x/dynamo-counter', name: 'KeyValueCounter', initialMax: 13_150, wholeMax: 17_900 },
  { package: '@x/dynamo-do-once', name: 'DoOnceManager', initialMax: 17_300, wholeMax: 20_450 },
  {
    package: '@x/dynamo-limited-attempt',
    name: 'LimitedAttempt',
    initialMax: 15_600,
    wholeMax: 21_750,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'express',
    name: 'expressStore',
    initialMax: 16_550,
    wholeMax: 22_700,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'hono',
    name: 'honoRateLimit',
    initialMax: 16_750,
    wholeMax: 22_950,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'headers',
    name: 'rateLimitHeaders',
    initialMax: 2_050,
    wholeMax: 2_150,
  },
  {
    package: '@x/dynamo-session',
    name: 'DynamoSessionStore',
    initialMax: 13_700,
    wholeMax: 20_350,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'fetch',
    name: 'idempotent',
    initialMax: 19_300,
    wholeMax: 22_500,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'express',
    name: 'idempotent',
    initialMax: 20_200,
    wholeMax: 23_400,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'lambda',
    name: 'idempotent',
    initialMax: 18_450,
    wholeMax: 21_650,
  },
  { package: '@x/dynamo-keyv', name: 'DynamoKeyv', initialMax: 13_350, wholeMax: 20_100 },
  {
    package: '@x/dynamo-keyv',
    entry: 'v6',
    name: 'DynamoKeyv',
    initialMax: 13_500,
    wholeMax: 20_250,
  },
  { package: '@x/dynamo-unstorage', name: 'dynamoDriver', initialMax: 13_150, wholeMax: 19_900 },
  { package: '@x/dynamo-semaphore', name: 'DynamoSemaphore', initialMax: 12_600, wholeMax: 14_900 },
  { package: '@x/dynamo-compat', name: 'DynamoLock', initialMax: 13_650, wholeMax: 17_550 },
  { package: '@x/dynamo-leader', name: 'DynamoLeader', initialMax: 3_150, wholeMax: 3_250 },
  { package: '@x/dynamo-light-client', name: 'LightClient', initialMax: 8_800, wholeMax: 8_850 },
];
