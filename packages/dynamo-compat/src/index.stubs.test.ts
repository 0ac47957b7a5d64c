import { readFileSync } from 'node:fs';

import { OriginalLock } from '@x/conformance';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock, type Dynamo } from '@x/dynamo-core';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { memoryClient, MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import { OriginalKeys } from '../test/original-keys.js';
import { OriginalPartitions } from '../test/original-partitions.js';
import { DynamoLockEntryDao, KeyValueTableDao, PartitionedKeyValueTableDao } from './index.js';

const key = { partition: 'u', namespace: 'n', sort: 's' };
const limit = { attemptsMax: 2, validityTime: 60_000 };
const kv = (dynamo: Dynamo): KeyValueTable => new KeyValueTable({ dynamo, tableName: 'keys' });
const table = (dynamo: Dynamo): PartitionedKeyValueTable =>
  new PartitionedKeyValueTable({ dynamo, tableName: 'partitioned' });
const theirKv = (dynamo: Dynamo): OriginalKeys => new OriginalKeys(dynamo, 'keys', 'global');
const theirTable = (dynamo: Dynamo): OriginalPartitions =>
  new OriginalPartitions(dynamo, 'partitioned');

type Use = (dynamo: DynamoDBClient) => Promise<unknown>;

/** The method of the original, and ours: of a lock, its release alone. */
const uses: Readonly<Record<string, readonly [original: Use, ours: Use]>> = {
  'KeyValueTable.get()': [(to) => theirKv(to).get('a'), (to) => kv(to).get('a')],
  'KeyValueTable.set()': [(to) => theirKv(to).set('a', 1), (to) => kv(to).set('a', 1)],
  'PartitionedKeyValueTable.set()': [
    (to) => theirTable(to).set(key, 1),
    (to) => table(to).set(key, 1),
  ],
  'PartitionedKeyValueTable.exists()': [
    (to) => theirTable(to).exists(key),
    (to) => table(to).exists(key),
  ],
  'PartitionedKeyValueTable.setIfNotExists()': [
    (to) => theirTable(to).setIfNotExists(key, 1),
    (to) => table(to).setIfNotExists(key, 1),
  ],
  'PartitionedKeyValueTable.addToSet()': [
    (to) => theirTable(to).addToSet(key, 1),
    (to) => table(to).addToSet<number>(key, 1),
  ],
  'DoOnceManager.doOnce()': [
    (to) => theirTable(to).doOnce('u', 'mail', 1, () => {}),
    (to) => new DoOnceManager(table(to)).doOnce('u', 'mail', () => 1),
  ],
  'LimitedAttempt.attempt()': [
    (to) => theirTable(to).attempt(key, 1, limit),
    (to) => new LimitedAttempt(table(to)).attempt(key, limit),
  ],
};

describe('the stubs by command in MIGRATING.md', () => {
  const text = readFileSync(new URL('../../../MIGRATING.md', import.meta.url), 'utf8');
  const section = text.split('## Stubs by command')[1]?.split('## ')[0] ?? '';
  const lines = [...section.matchAll(/^\| `(.+?)` *\|(.*)\|(.*)\|$/gm)].map(
    ([, method = '', before, now]) => ({ method, before: namesIn(before), now: namesIn(now) }),
  );

  test('every method has its line', () => {
    expect(lines.map(({ method }) => method).toSorted()).toEqual(
      ['lock.release()', ...Object.keys(uses)].toSorted(),
    );
  });

  for (const { method, before, now } of lines) {
    test(`${method} sent ${before.join(', ')} and sends ${now.join(', ')}`, async () => {
      const [original, ours] = uses[method] ?? [releaseOriginal, releaseOurs];
      expect([await sentBy(original), await sentBy(ours)]).toEqual([before, now]);
      expect(before).not.toEqual(now);
    });
  }
});

async function releaseOriginal(dynamo: DynamoDBClient): Promise<void> {
  const lock = await new OriginalLock(dynamo, 'locks', systemClock).tryAcquire('a', 10);
  await lock?.release();
}

async function releaseOurs(dynamo: Dynamo): Promise<void> {
  const lock = await new DynamoLock({ dynamo, tableName: 'locks' }).tryAcquire('a', 10);
  await lock?.release();
}

/** The operations of a use, without those that take a lock. */
async function sentBy(use: Use): Promise<string[]> {
  const memory = new MemoryDynamo();
  memory.createTable(DynamoLockEntryDao, 'locks');
  memory.createTable(KeyValueTableDao, 'keys');
  memory.createTable(PartitionedKeyValueTableDao, 'partitioned');
  const operations: string[] = [];
  await use(memoryClient(memory, { faults: ({ operation }) => void operations.push(operation) }));
  return use === releaseOriginal || use === releaseOurs ? operations.slice(1) : operations;
}

function namesIn(cell = ''): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].flatMap(([, name]) => name ?? []);
}
