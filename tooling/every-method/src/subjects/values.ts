import { KeyValueTable } from '@x/dynamo-kv';
import { PartitionedKeyValueTable, put, type CompoundKey } from '@x/dynamo-partitioned';

import { subject, type Subject } from '../subject.js';

const key: CompoundKey<string, string> = { partition: 'p', namespace: 'n', sort: 's' };
const setKey: CompoundKey<string, string[]> = { partition: 'p', namespace: 'n', sort: 'set' };

/** Waits for a claim that a request took after all, and gives it back. */
const claimAfterMs = 250;

export const values: readonly Subject[] = [
  subject<KeyValueTable>({
    title: 'KeyValueTable',
    open: async (world, text) => {
      const kv = new KeyValueTable(world.on('keys'));
      await kv.set('stored', text);
      return kv;
    },
    calls: {
      get: ({ options }) => ['stored', options],
      getOrSet: {
        args: ({ options, text }) => ['a', () => text, { ttlSeconds: 60, ...options }],
        afterMs: claimAfterMs,
      },
      getEntry: ({ options }) => ['stored', options],
      has: ({ options }) => ['stored', options],
      exists: ({ options }) => ['stored', options],
      getMany: ({ options }) => [['stored', 'a'], options],
      getBatch: ({ options }) => [['stored', 'a'], options],
      set: ({ options, text }) => ['a', text, options],
      setMany: ({ options, text }) => [[['a', text]], options],
      setBatch: ({ options, text }) => [[['a', text]], options],
      setIfNotExists: ({ options, text }) => ['stored', text, options],
      setIfVersion: ({ options, text }) => ['stored', text, 'id:v', options],
      update: ({ options, text }) => ['stored', () => [text], options],
      delete: ({ options }) => ['stored', options],
      deleteMany: ({ options }) => [['stored'], options],
      deleteBatch: ({ options }) => [['stored'], options],
      clear: ({ options }) => [options],
      ids: ({ options }) => [options],
      listAll: ({ options }) => [{ limit: 10, ...options }],
      streamAll: ({ options }) => [1, { segments: 16, ...options }],
    },
  }),
  subject<Omit<PartitionedKeyValueTable, 'rows'>>({
    title: 'PartitionedKeyValueTable',
    open: async (world, text) => {
      const table = new PartitionedKeyValueTable(world.on('partitioned_keys'));
      await table.set(key, text);
      await table.addToSet(setKey, text);
      return table;
    },
    calls: {
      get: ({ options }) => [key, options],
      getOrSet: {
        args: ({ options, text }) => [
          { ...key, sort: 'new' },
          () => text,
          { ttlSeconds: 60, ...options },
        ],
        afterMs: claimAfterMs,
      },
      getEntry: ({ options }) => [key, options],
      getMany: ({ options }) => [[key], options],
      getBatch: ({ options }) => [[key], options],
      exists: ({ options }) => [key, options],
      has: ({ options }) => [key, options],
      set: ({ options, text }) => [key, text, options],
      setMany: ({ options, text }) => [[{ key, data: text }], options],
      setBatch: ({ options, text }) => [[{ key, data: text }], options],
      setIfNotExists: ({ options, text }) => [key, text, options],
      setIfVersion: ({ options, text }) => [key, text, 'id:v', options],
      update: ({ options, text }) => [key, () => [text], options],
      delete: ({ options }) => [key, options],
      deleteMany: ({ options }) => [[key], options],
      deleteBatch: ({ options }) => [[key], options],
      clear: ({ options }) => ['p', { namespace: 'n', ...options }],
      ids: ({ options }) => ['p', options],
      count: ({ options }) => ['p', options],
      listAll: ({ options }) => ['p', options],
      entries: ({ options }) => ['p', options],
      addToSet: ({ options, text }) => [setKey, [text, 'another'], undefined, options],
      removeFromSet: ({ options, text }) => [setKey, text, undefined, options],
      removeFromSetByKey: ({ options }) => [setKey, () => true, options],
      updateInSet: ({ options, text }) => [setKey, text, undefined, options],
      existsInSet: ({ options, text }) => [setKey, text, undefined, options],
      transact: ({ options, text }) => [[put(key, text)], options],
    },
  }),
];
