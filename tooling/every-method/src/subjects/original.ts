import {
  DoOnceManager,
  DynamoLock,
  KeySetValueTable,
  KeyValueCounter,
  KeyValueScopedCounter,
  KeyValueTable,
  LimitedAttempt,
  PartitionedKeys,
  PartitionedKeyValueCounter,
  PartitionedKeyValueTable,
  noOpMonitoring,
  type TableProps,
} from '@x/dynamo-compat';

import { subject, withoutSignal, type Methods, type Subject } from '../subject.js';
import type { World } from '../world.js';

const call = withoutSignal('a method of the original');

function props({ connection }: World, tableName: string): TableProps {
  // By default it would tell the console.
  const { monitoring = noOpMonitoring } = connection;
  return { ...connection, monitoring, tableName } as TableProps;
}

async function values(world: World, text: string): Promise<KeyValueTable> {
  const table = new KeyValueTable(props(world, 'keys'));
  await table.set('stored', text);
  await table.set('set', [text]);
  return table;
}

async function partitioned(world: World, text: string): Promise<PartitionedKeyValueTable> {
  const table = new PartitionedKeyValueTable(props(world, 'partitioned_keys'));
  await table.set(key, text);
  await table.set(setKey, [text]);
  return table;
}

const key = { partition: 'p', namespace: 'n', sort: 's' };
const setKey = { partition: 'p', namespace: 'n', sort: 'set' };
const counterKey = { partition: 'p', namespace: 'n', sort: 'count' };
const identity = (id: string): string => id;

const changes = (at: unknown) => ({ incr: call(() => [at]), decr: call(() => [at]) });

export const original: readonly Subject[] = [
  subject<KeyValueTable>({
    title: 'compat KeyValueTable',
    open: values,
    calls: {
      get: call(() => ['stored']),
      getBatch: call(() => [['stored']]),
      set: call(({ text }) => ['a', text]),
      setBatch: call(({ text }) => [[['a', text]]]),
      delete: call(() => ['stored']),
      update: call(({ text }) => ['stored', () => [text]]),
      listAll: call(() => []),
      streamAll: call(() => [10]),
    },
  }),
  subject<KeySetValueTable<string, string>>({
    title: 'compat KeySetValueTable',
    open: async (world, text) => new KeySetValueTable(identity, await values(world, text)),
    calls: {
      append: call(() => ['set', 'another']),
      remove: call(({ text }) => ['set', text]),
      exists: call(({ text }) => ['set', text]),
      get: call(() => ['set']),
      set: call(({ text }) => ['set', [text]]),
      streamAll: call(() => [10]),
    },
  }),
  subject<KeyValueCounter>({
    title: 'compat KeyValueCounter',
    open: (world) => new KeyValueCounter({ ...props(world, 'keys'), namespace: 'n' }),
    calls: { ...changes('c'), get: call(() => [['c']]), delete: call(() => ['c']) },
  }),
  subject<KeyValueScopedCounter<string>>({
    title: 'compat KeyValueScopedCounter',
    open: (world) => {
      const counter = new KeyValueCounter({ ...props(world, 'keys'), namespace: 'n' });
      return new KeyValueScopedCounter(identity, counter);
    },
    calls: {
      reset: call(() => ['c']),
      get: call(() => [['c']]),
      current: call(() => ['c']),
      inc: call(() => ['c']),
      decr: call(() => ['c']),
    },
  }),
  // With what its subclasses call and override.
  subject<Methods>({
    title: 'compat PartitionedKeyValueTable',
    open: async (world, text) => (await partitioned(world, text)) as never,
    calls: {
      get: call(() => [key]),
      set: call(({ text }) => [key, text]),
      setIfNotExists: call(({ text }) => [key, text]),
      setBatch: call(({ text }) => [[{ key, data: text }]]),
      exists: call(() => [key]),
      delete: call(() => [key]),
      clear: call(() => ['p']),
      listAll: call(() => ['p']),
      addToSet: call(({ text }) => [setKey, [text, 'another']]),
      removeFromSet: call(({ text }) => [setKey, text]),
      removeFromSetByKey: call(() => [setKey, () => true]),
      existsInSet: call(({ text }) => [setKey, text]),
      updateInSet: call(({ text }) => [setKey, text]),
      sortKey: call(() => [key]),
      partitionKey: call(() => [key]),
      mappings: call(() => []),
      getRaw: call(() => [key]),
      setIfMd5Matches: call(({ text }) => [key, text, 'id:v']),
    },
  }),
  subject<PartitionedKeyValueCounter>({
    title: 'compat PartitionedKeyValueCounter',
    open: (world) => new PartitionedKeyValueCounter(props(world, 'partitioned_keys')),
    calls: {
      ...changes(counterKey),
      get: call(() => [counterKey]),
      delete: call(() => [counterKey]),
    },
  }),
  subject<PartitionedKeys>({
    title: 'compat PartitionedKeys',
    open: async (world, text) =>
      new PartitionedKeys(
        await partitioned(world, text),
        new PartitionedKeyValueCounter(props(world, 'partitioned_keys')),
      ),
    calls: {
      getValue: call(() => [key]),
      setValue: call(({ text }) => [key, text]),
      delete: call(() => [key]),
      getCounter: call(() => [counterKey]),
      incrCounter: call(() => [counterKey]),
      decrCounter: call(() => [counterKey]),
    },
  }),
  subject<DoOnceManager>({
    title: 'compat DoOnceManager',
    open: async (world, text) => new DoOnceManager(await partitioned(world, text)),
    calls: {
      doOnce: call(({ text }) => ['ann', 'mail', () => text]),
      haveAlreadyDone: call(() => ['ann', 'mail']),
      markDone: call(() => ['ann', 'mail']),
      clearKey: call(() => ['ann', 'mail']),
    },
  }),
  subject<LimitedAttempt>({
    title: 'compat LimitedAttempt',
    open: async (world, text) => new LimitedAttempt(await partitioned(world, text)),
    calls: {
      attempt: call(({ text }) => [counterKey, { attemptsMax: 3, validityTime: 60_000 }, text]),
    },
  }),
  subject<DynamoLock>({
    title: 'compat DynamoLock',
    open: (world) => new DynamoLock(props(world, 'locks')),
    calls: { tryAcquire: call(() => ['k', 9]) },
  }),
];
