import { describePeers } from '@x/conformance';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, expect } from 'vitest';

import {
  ifAbsent,
  ifVersion,
  partitionedKeysTable,
  PartitionedKeyValueTable,
  put,
  remove,
  type CompoundKey,
} from '../src/index.js';

let clock: ManualClock;
let memory: MemoryDynamo;
let table: PartitionedKeyValueTable;
let sent: string[];
beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(partitionedKeysTable, 'rows');
  sent = [];
  table = new PartitionedKeyValueTable({
    dynamo: {
      call: (operation, input) => {
        sent.push(operation);
        return memory.call(operation, input);
      },
    },
    tableName: 'rows',
    clock,
    random: seededRandom(1),
  });
});

const at = <V = unknown>(sort: string): CompoundKey<string, V> => ({
  partition: 'p',
  namespace: 'n',
  sort,
});
const cancelled = { name: 'TransactionCanceledException' };

async function store(...sorts: string[]): Promise<void> {
  await table.setMany(sorts.map((sort) => ({ key: at(sort), data: sort })));
  sent = [];
}

async function sortsOf(entries: AsyncIterable<{ readonly key: CompoundKey }>): Promise<unknown[]> {
  const sorts: unknown[] = [];
  for await (const { key } of entries) sorts.push(key.sort);
  return sorts;
}

describePeers('Values of a partition', {
  'Deno KV': {
    'list({ prefix }) in order': async () => {
      await store('b-2', 'a-1', 'b-1', 'c-1');
      const found = table.entries('p', { namespace: 'n', prefix: 'b-' });
      expect(await sortsOf(found)).toEqual(['b-1', 'b-2']);
      expect(sent).toEqual(['Query']);
      const ids: unknown[] = [];
      for await (const id of table.ids('p', { namespace: 'n', prefix: 'b-' })) ids.push(id);
      expect(ids).toEqual([at('b-1'), at('b-2')]);
    },
    'list({ start, end }), limit, reverse': async () => {
      await store('a', 'b', 'c', 'd');
      const between = ['b', 'd'] as const;
      const options = { namespace: 'n', between, reverse: true, limit: 2 };
      expect(await sortsOf(table.entries('p', options))).toEqual(['d', 'c']);
    },
    'atomic() of several keys': async () => {
      const first = put(at('a'), 1, { only: ifAbsent });
      await table.transact([first, put(at('b'), 2)]);
      const refused = table.transact([first, put(at('b'), 3), remove(at('c'))]);
      await expect(refused).rejects.toMatchObject(cancelled);
      expect(await table.getMany([at('a'), at('b')])).toEqual([1, 2]);
    },
    'atomic() that is sent again': async () => {
      await table.set(at('a'), 1);
      const { version = '' } = (await table.getEntry(at('a'))) ?? {};
      const writes = [put(at('a'), 2, { only: ifVersion(version) }), put(at('b'), 2)];
      for (let times = 0; times < 2; times++) await table.transact(writes, { token: 'order-7' });
      await expect(table.transact(writes)).rejects.toMatchObject(cancelled);
    },
    getMany: async () => {
      const sorts = Array.from({ length: 12 }, (_, index) => `k${index}`);
      await store(...sorts);
      expect(await table.getMany([at('none'), ...sorts.map((sort) => at(sort))])).toEqual([
        undefined,
        ...sorts,
      ]);
    },
    'a prefix is deleted key by key': async () => {
      await store('a', 'b', 'c');
      expect(await table.clear('p')).toMatchObject({ deleted: 3 });
      expect(memory.rows('rows')).toEqual([]);
    },
  },

  ElectroDB: {
    'create refuses what is there': async () => {
      const answers = [
        await table.setIfNotExists(at('a'), 1),
        await table.setIfNotExists(at('a'), 2),
      ];
      expect([answers, await table.get(at('a'))]).toEqual([[true, false], 1]);
    },
    upsert: async () => {
      for (const value of [1, 2]) await table.set(at('a'), value);
      expect(await table.get(at('a'))).toBe(2);
    },
    'patch of what it read': async () => {
      const key = at<number>('a');
      await table.set(key, 1);
      const add = (): Promise<unknown> => table.update(key, (count = 0) => count + 1);
      await clock.drive(Promise.all([add(), add(), add()]));
      expect(await table.get(key)).toBe(4);
    },
    'a set attribute: add, delete': async () => {
      const key = at<{ id: number }[]>('a');
      const answers = [
        await table.addToSet(key, { id: 1 }),
        await table.addToSet(key, { id: 1 }),
        await table.addToSet(key, { id: 2 }),
        await table.removeFromSet(key, { id: 1 }),
      ];
      expect([answers, await table.get(key)]).toEqual([[true, false, true, true], [{ id: 2 }]]);
    },
    'query of a collection': async () => {
      await store('a', 'b');
      await table.set({ partition: 'q', namespace: 'n', sort: 'c' }, 1);
      expect(await sortsOf(table.entries('p', { namespace: 'n' }))).toEqual(['a', 'b']);
    },
  },
});
