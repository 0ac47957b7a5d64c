/** What a user imports, and how large the result may be. */
export interface SizeLimit {
  readonly package: string;
  readonly name: string;
  /** Of the minified bundle, gzipped, without the AWS SDK. */
  readonly gzipBytesMax: number;
}

/** One primitive with all that it uses of core. */
const primitiveGzipBytesMax = 4000;

/** The table that `npm run sizes` prints and `npm test` holds the packages to. */
export const limits: readonly SizeLimit[] = [
  { package: '@x/dynamo-core', name: 'dynamoTableName', gzipBytesMax: 700 },
  primitive('@x/dynamo-lock', 'DynamoLock'),
  primitive('@x/dynamo-kv', 'KeyValueTable'),
  primitive('@x/dynamo-partitioned', 'PartitionedKeyValueTable'),
  primitive('@x/dynamo-counter', 'KeyValueCounter'),
  primitive('@x/dynamo-do-once', 'DoOnceManager'),
  primitive('@x/dynamo-limited-attempt', 'LimitedAttempt'),
];

function primitive(name: string, exported: string): SizeLimit {
  return { package: name, name: exported, gzipBytesMax: primitiveGzipBytesMax };
}
