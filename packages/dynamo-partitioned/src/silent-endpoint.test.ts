import { createTable, type DynamoTransport } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { partitionedKeysTable, PartitionedKeyValueTable, put, type CompoundKey } from './index.js';

type Call = (table: PartitionedKeyValueTable, options: { signal: AbortSignal }) => Promise<unknown>;

async function all(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

const key: CompoundKey<string, number[]> = { partition: 'p', namespace: 'n', sort: 's' };

const calls: readonly (readonly [string, Call])[] = [
  ['get', (table, options) => table.get(key, options)],
  ['getEntry', (table, options) => table.getEntry(key, options)],
  ['getMany', (table, options) => table.getMany([key], options)],
  ['getBatch', (table, options) => table.getBatch([key], options)],
  ['exists', (table, options) => table.exists(key, options)],
  ['has', (table, options) => table.has(key, options)],
  ['set', (table, options) => table.set(key, [], options)],
  ['setMany', (table, options) => table.setMany([{ key, data: [] }], options)],
  ['setBatch', (table, options) => table.setBatch([{ key, data: [] }], options)],
  ['setIfNotExists', (table, options) => table.setIfNotExists(key, [], options)],
  ['setIfVersion', (table, options) => table.setIfVersion(key, [], 'id:v', options)],
  ['update', (table, options) => table.update(key, () => [2], options)],
  ['delete', (table, options) => table.delete(key, options)],
  ['deleteMany', (table, options) => table.deleteMany([key], options)],
  ['deleteBatch', (table, options) => table.deleteBatch([key], options)],
  ['clear', (table, options) => table.clear('p', options)],
  ['ids', (table, options) => all(table.ids('p', options))],
  ['count', (table, options) => table.count('p', options)],
  ['listAll', (table, options) => all(table.listAll('p', options))],
  ['entries', (table, options) => all(table.entries('p', options))],
  ['addToSet', (table, options) => table.addToSet(key, 1, undefined, options)],
  ['removeFromSet', (table, options) => table.removeFromSet(key, 1, undefined, options)],
  ['removeFromSetByKey', (table, options) => table.removeFromSetByKey(key, () => true, options)],
  ['updateInSet', (table, options) => table.updateInSet(key, 1, undefined, options)],
  ['existsInSet', (table, options) => table.existsInSet(key, 1, undefined, options)],
  ['transact', (table, options) => table.transact([put(key, [])], options)],
];

test.each(calls)(
  '%s() ends with its signal where nothing answers, and follows it no more',
  async (_, call) => {
    const memory = new MemoryDynamo();
    await createTable(memory, partitionedKeysTable, 'keys');
    for (const answered of [0, 1]) {
      let left = answered;
      let isSilent: () => void = () => {};
      const silent = new Promise<void>((resolve) => (isSilent = resolve));
      const dynamo: DynamoTransport = {
        call: (...request) => {
          if (left-- > 0) return memory.call(...request);
          isSilent();
          return new Promise(() => {});
        },
      };
      const controller = new AbortController();
      const { signal } = controller;
      let followers = 0;
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...args: unknown[]): void => {
        followers++;
        Reflect.apply(addEventListener, signal, args);
      };
      signal.removeEventListener = (...args: unknown[]): void => {
        followers--;
        Reflect.apply(removeEventListener, signal, args);
      };
      const ended = call(new PartitionedKeyValueTable({ dynamo, tableName: 'keys' }), { signal });
      const outcome = ended.then(
        () => 'answered',
        (error: unknown) => error,
      );
      await Promise.race([silent, ended]);
      controller.abort('enough');
      expect(await outcome).toBe(answered === 1 && left >= 0 ? 'answered' : 'enough');
      expect(followers).toBe(0);
    }
  },
);
