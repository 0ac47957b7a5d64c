import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { vi } from 'vitest';

import * as compat from '../../src/index.js';
import type { Bench, Difference } from './bench.js';

const none = ({ keysProps }: Bench) => ({ ...keysProps, tableName: 'none' });
const timeProvider = { epochMS: () => 77 };

/** What the console hears of a read of a table that is missing. */
async function told(read: () => Promise<unknown>): Promise<number> {
  const console = vi.mocked(globalThis.console.error);
  console.mockClear();
  await read().catch(() => {});
  return console.mock.calls.length;
}

/** Whatever table it is. */
export const everywhere: readonly Difference[] = [
  {
    was: undefined,
    is: 'ResourceNotFoundException',
    original: (bench) => bench.their.keys(bench.client, none(bench)).get('a'),
    ours: (bench) => new KeyValueTable(none(bench)).get('a'),
  },
  {
    was: 2,
    is: 1,
    original: ({ their, lossy }) => their.keys(lossy()).incr('a'),
    ours: ({ our, lossy }) => our.counter(lossy()).incr('a'),
  },
  {
    was: undefined,
    is: 'InvalidInputError',
    original: ({ their }) => their.keys().set('', 1),
    ours: ({ our }) => our.keys().set('', 1),
  },
  {
    was: 1,
    is: 0,
    original: (bench) => told(() => bench.their.keys(bench.client, none(bench)).get('a')),
    ours: (bench) => told(() => new KeyValueTable(none(bench)).get('a')),
    compat: (bench) => told(() => new compat.KeyValueTable(none(bench)).get('a')),
  },
  {
    was: 77,
    is: 'InvalidInputError',
    original: async ({ their, key }) => {
      const table = their.partitions();
      await table.doOnce(key.partition, 'mail', timeProvider.epochMS(), () => {});
      return table.get({ ...key, namespace: 'users', sort: 'do_once.mail' });
    },
    ours: ({ partitionsProps }) =>
      new LimitedAttempt({ ...partitionsProps, timeProvider } as object),
    compat: ({ moved, key }) =>
      new compat.DoOnceManager(moved.partitions(), timeProvider).markDone(key.partition, 'mail'),
  },
  {
    was: [],
    is: [1],
    original: async ({ their, partial }) => {
      await their.keys().set('a', 1);
      return their.keys(partial()).getBatch(['a']);
    },
    ours: async ({ our, partial }) => {
      await our.keys().set('a', 1);
      return our.keys(partial()).getBatch(['a']);
    },
  },
  {
    was: 'ValidationException',
    is: [],
    original: ({ their }) => their.keys().getBatch([]),
    ours: ({ our }) => our.keys().getBatch([]),
  },
  {
    was: 'ValidationException',
    is: [1, 1],
    original: async ({ their }) => {
      await their.keys().set('a', 1);
      return their.keys().getBatch(['a', 'a']);
    },
    ours: async ({ our }) => {
      await our.keys().set('a', 1);
      return our.keys().getBatch(['a', 'a']);
    },
  },
];
