/** A name that a sample may use without declaring it, and what it then is. */
export interface PreambleEntry {
  /** A module that exports `name`. */
  readonly code: string;
}

const entry = (...lines: readonly string[]): PreambleEntry => ({ code: `${lines.join('\n')}\n` });

/**
 * What a short sample may leave out. Names that a package exports are no part of this list: a guide
 * imports them, and in a doc comment they are imported by themselves.
 */
export const preamble: Readonly<Record<string, PreambleEntry>> = {
  client: entry(
    `import { DynamoDBClient } from '@aws-sdk/client-dynamodb';`,
    `export const client: DynamoDBClient = new DynamoDBClient();`,
  ),
  kv: entry(
    `import { KeyValueTable } from '@x/dynamo-kv';`,
    `export const kv: KeyValueTable = new KeyValueTable({ namespace: 'events' });`,
  ),
  lock: entry(
    `import { DynamoLock } from '@x/dynamo-lock';`,
    `export const lock: DynamoLock = new DynamoLock();`,
  ),
  table: entry(
    `import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';`,
    `export const table: PartitionedKeyValueTable = new PartitionedKeyValueTable();`,
  ),
  counter: entry(
    `import { KeyValueCounter } from '@x/dynamo-counter';`,
    `export const counter: KeyValueCounter = new KeyValueCounter({ namespace: 'api-calls' });`,
  ),
  doOnce: entry(
    `import { DoOnceManager } from '@x/dynamo-do-once';`,
    `import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';`,
    `export const doOnce: DoOnceManager = new DoOnceManager(new PartitionedKeyValueTable());`,
  ),
  limiter: entry(
    `import { LimitedAttempt } from '@x/dynamo-limited-attempt';`,
    `import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';`,
    `export const limiter: LimitedAttempt = new LimitedAttempt(new PartitionedKeyValueTable());`,
  ),
  userPreference: key('userPreference', 'theme'),
  key: key('key', 'language'),
  key1: key('key1', 'one'),
  key2: key('key2', 'two'),
  data: entry(`export const data: { theme: string } = { theme: 'dark' };`),
  value1: entry(`export const value1: { theme: string } = { theme: 'dark' };`),
  value2: entry(`export const value2: { theme: string } = { theme: 'light' };`),
  ResourceNotFoundException: entry(
    `export { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';`,
  ),
  ConditionalCheckFailedException: entry(
    `export { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';`,
  ),
};

function key(name: string, sort: string): PreambleEntry {
  return entry(
    `import type { CompoundKey } from '@x/dynamo-core';`,
    `export const ${name}: CompoundKey<string, { theme: string }> = {`,
    `  partition: 'user-123',`,
    `  namespace: 'settings',`,
    `  sort: '${sort}',`,
    `};`,
  );
}
