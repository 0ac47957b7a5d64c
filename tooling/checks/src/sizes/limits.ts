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
  { package: '@x/dynamo-lock', name: 'DynamoLock', initialMax: 13_750, wholeMax: 16_950 },
  { package: '@x/dynamo-kv', name: 'KeyValueTable', initialMax: 12_750, wholeMax: 18_600 },
  {
    package: '@x/dynamo-partitioned',
    name: 'PartitionedKeyValueTable',
    initialMax: 14_150,
    wholeMax: 20_850,
  },
  { package: '@x/dynamo-counter', name: 'KeyValueCounter', initialMax: 13_650, wholeMax: 17_650 },
  { package: '@x/dynamo-do-once', name: 'DoOnceManager', initialMax: 17_550, wholeMax: 19_900 },
  {
    package: '@x/dynamo-limited-attempt',
    name: 'LimitedAttempt',
    initialMax: 18_700,
    wholeMax: 21_150,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'express',
    name: 'expressStore',
    initialMax: 19_550,
    wholeMax: 22_050,
  },
  {
    package: '@x/dynamo-rate-limit',
    entry: 'hono',
    name: 'honoRateLimit',
    initialMax: 19_750,
    wholeMax: 22_300,
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
    initialMax: 14_150,
    wholeMax: 20_000,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'fetch',
    name: 'idempotent',
    initialMax: 19_550,
    wholeMax: 21_950,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'express',
    name: 'idempotent',
    initialMax: 20_450,
    wholeMax: 22_850,
  },
  {
    package: '@x/dynamo-idempotency',
    entry: 'lambda',
    name: 'idempotent',
    initialMax: 18_700,
    wholeMax: 21_050,
  },
  { package: '@x/dynamo-keyv', name: 'DynamoKeyv', initialMax: 13_850, wholeMax: 19_750 },
  {
    package: '@x/dynamo-keyv',
    entry: 'v6',
    name: 'DynamoKeyv',
    initialMax: 14_000,
    wholeMax: 19_900,
  },
  { package: '@x/dynamo-unstorage', name: 'dynamoDriver', initialMax: 13_600, wholeMax: 19_500 },
  { package: '@x/dynamo-semaphore', name: 'DynamoSemaphore', initialMax: 12_900, wholeMax: 14_400 },
  { package: '@x/dynamo-compat', name: 'DynamoLock', initialMax: 14_050, wholeMax: 17_250 },
  { package: '@x/dynamo-leader', name: 'DynamoLeader', initialMax: 3_400, wholeMax: 3_500 },
  { package: '@x/dynamo-light-client', name: 'LightClient', initialMax: 8_700, wholeMax: 8_800 },
];
