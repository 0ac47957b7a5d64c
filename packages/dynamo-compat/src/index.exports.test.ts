import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { memoryClient, MemoryDynamo } from '@x/dynamo-testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

import * as compat from './index.js';

/** The values that the original's module exports, and what its classes are called with. */
const original: Readonly<Record<string, string>> = {
  DynamoLock: 'tryAcquire',
  KeyValueTable: 'get getBatch set setBatch delete listAll streamAll',
  PartitionedKeyValueTable: `get set setIfNotExists setBatch exists delete clear listAll addToSet removeFromSet
    existsInSet updateInSet removeFromSetByKey sortKey partitionKey mappings getRaw setIfMd5Matches`,
  KeyValueCounter: 'get incr decr delete',
  KeyValueScopedCounter: 'reset get current inc decr',
  PartitionedKeyValueCounter: 'get incr decr delete',
  PartitionedKeys: 'getValue setValue delete getCounter incrCounter decrCounter',
  DoOnceManager: 'doOnce haveAlreadyDone markDone clearKey',
  LimitedAttempt: 'attempt',
  AttemptsError: '',
  KeySetValueTable: 'append remove exists get set streamAll',
  DynamoLockEntryDao: '',
  KeyValueTableDao: '',
  KeyValueCountTableDao: '',
  PartitionedKeyValueTableDao: '',
  PartitionedKeyCounterTableDao: '',
  InMemoryKvTable: '',
  InMemoryPartitionedKvTable: '',
  InMemoryPartitionedKeyCountTable: '',
  InMemoryPartitionedKeys: '',
  InMemoryKeyCountTable: '',
  dynamoTableName: '',
  assertTableNameValid: '',
  dynamoAssign: '',
  noOpMonitoring: '',
};

afterEach(() => vi.unstubAllEnvs());

describe('the exports of the original', () => {
  test('are those of compat, and the table creation with them', () => {
    const names = [...Object.keys(original), 'createTable'];
    expect(Object.keys(compat).toSorted()).toEqual(names.toSorted());
  });

  test('have their methods', () => {
    for (const [name, value] of Object.entries<unknown>(compat)) {
      const methods = original[name]?.split(/\s+/).filter(Boolean) ?? [];
      const { prototype = {} } = value as { prototype?: Record<string, unknown> };
      const missing = methods.filter((method) => typeof prototype[method] !== 'function');
      expect({ name, missing }).toEqual({ name, missing: [] });
    }
  });
});

describe('the constructors', () => {
  test('take nothing: the tables of the environment, with the client of the SDK', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    vi.stubEnv('AWS_REGION', 'us-east-1');
    const table = new compat.PartitionedKeyValueTable();
    expect(table.tableName).toBe('paradox.prod.partitioned_keys');
    expect(table.dynamo).toBeInstanceOf(DynamoDBClient);
    expect(new compat.PartitionedKeyValueTable({ monitoring: compat.noOpMonitoring }).metrics).toBe(
      compat.noOpMonitoring.metrics,
    );
    for (const make of [
      () => new compat.DynamoLock(),
      () => new compat.KeyValueTable(),
      () => new compat.PartitionedKeyValueCounter(),
      () => new compat.KeyValueCounter({ namespace: 'n' }),
      () => new compat.LimitedAttempt(),
      () => new compat.DoOnceManager(table),
    ]) {
      expect(make).not.toThrow();
    }
    expect(() => new compat.KeyValueTable({ tableName: 'paradox.dev.keys' })).toThrow('tableName');
  });

  test('of the doubles need no environment, and each has rows of its own', async () => {
    vi.stubEnv('PARADOX_ENV', undefined);
    const key = { partition: 'p', namespace: 'n', sort: 's' };
    const made = () => ({
      kv: new compat.InMemoryKvTable(),
      table: new compat.InMemoryPartitionedKvTable(),
      counter: new compat.InMemoryKeyCountTable(),
      counts: new compat.InMemoryPartitionedKeyCountTable(),
    });
    const [ours, theirs] = [made(), made()];
    await ours.kv.set('a', { theme: 'dark' });
    await ours.table.set(key, { theme: 'dark' });
    const values = [
      ours.kv.get('a'),
      ours.table.get(key),
      theirs.kv.get('a'),
      theirs.table.get(key),
    ];
    const dark = { theme: 'dark' };
    expect(await Promise.all(values)).toEqual([dark, dark, undefined, undefined]);
    expect([await ours.counter.incr('a', 2), await ours.counter.decr('a')]).toEqual([2, 1]);
    expect([await ours.counts.incr(key, 2), await ours.counts.decr(key)]).toEqual([2, 1]);
    expect([await theirs.counter.incr('a'), await theirs.counts.incr(key)]).toEqual([1, 1]);
    const [one, other] = [
      new compat.InMemoryPartitionedKeys(),
      new compat.InMemoryPartitionedKeys(),
    ];
    await one.setValue(key, 1);
    expect([await one.keys.get(key), await other.getValue(key)]).toEqual([1, undefined]);
    expect([await one.incrCounter(key, 3), await one.decrCounter(key, 2)]).toEqual([3, 1]);
    expect([await one.counters.get(key), await other.getCounter(key)]).toEqual([1, undefined]);
    await one.delete(key);
    expect([await one.getValue(key), await one.getCounter(key)]).toEqual([undefined, 1]);
  });

  test('refuse by name a table whose methods would not be heard', () => {
    class Audited extends compat.InMemoryPartitionedKvTable {
      override async set(): Promise<void> {}
    }
    const mocked = Object.assign(new compat.InMemoryPartitionedKvTable(), {
      get: async () => 1 as never,
    });
    const kv = { get: async () => ['a'], set: async () => {} };
    for (const [make, named] of [
      [() => new compat.DoOnceManager(new Audited()), 'set()'],
      [() => new compat.LimitedAttempt(mocked), 'get()'],
      [() => new compat.KeySetValueTable(String, kv as never), 'kvTable'],
      [() => new compat.KeySetValueTable(String, undefined as never), 'kvTable'],
    ] as const) {
      expect(make).toThrow(InvalidInputError);
      expect(make).toThrow(named);
    }
  });
});

describe('what the methods answer', () => {
  test('a lock, and nothing from its release', async () => {
    const memory = new MemoryDynamo();
    memory.createTable(compat.DynamoLockEntryDao, 'locks');
    let nowMs = 1_000_000;
    const lock = new compat.DynamoLock({
      dynamo: memory as never,
      tableName: 'locks',
      timeProvider: { epochMS: () => nowMs },
    });
    const held = await lock.tryAcquire('job', 30);
    expect(held?.type).toBe('lock');
    expect(await lock.tryAcquire('job', 30)).toBeUndefined();
    expect(await held?.release()).toBeUndefined();
    await lock.tryAcquire('job', 30);
    nowMs += 32_000;
    expect(await lock.tryAcquire('job', 30)).toBeDefined();
  });

  test('pages, partitions and sets', async () => {
    const kv = new compat.InMemoryKvTable();
    await kv.setBatch(['a', 'b']);
    const first = await kv.listAll<string, string>({ limit: 1 });
    const second = await kv.listAll<string, string>({ limit: 1, pageItem: first?.pagePointer });
    expect([first, second].flatMap((page) => page?.items).toSorted()).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ]);
    expect(await kv.getBatch(['b', 'none', 'a'])).toEqual(['b', 'a']);
    const table = new compat.InMemoryPartitionedKvTable();
    const key = { partition: 'p', namespace: 'n', sort: 's' };
    expect([await table.setIfNotExists(key, 1), await table.setIfNotExists(key, 2)]).toEqual([
      true,
      false,
    ]);
    await table.setBatch([{ key: { ...key, sort: 't' }, data: 2 }]);
    const pages: unknown[] = [];
    for await (const page of table.listAll('p')) pages.push(...page);
    expect(pages).toEqual([
      { key: 'n.s', value: '1' },
      { key: 'n.t', value: '2' },
    ]);
    await table.clear('p');
    expect(await table.exists(key)).toBe(false);
    expect(await table.updateInSet(key, 1)).toBe(false);
    const sets = new compat.KeySetValueTable<string, string>((each) => each, kv);
    await sets.set('set', ['x', 'y']);
    await sets.remove('set', 'x');
    const all: unknown[] = [];
    for await (const each of sets.streamAll(10, { keyContains: 'set' })) all.push(each);
    expect(all).toEqual([['set', ['y']]]);
  });

  test('a subclass may have numbers for sort keys', async () => {
    class Timeline extends compat.PartitionedKeyValueTable {
      protected override mappings(): compat.PartitionKeyMappings {
        const own = { partitionKeyFieldName: 'userId', sortKeyFieldName: 'at' };
        return { ...super.mappings(), ...own, sortKeyFieldAWSType: 'N' };
      }
      protected override sortKey(key: compat.CompoundKey): string {
        return key.sort;
      }
    }
    const memory = new MemoryDynamo();
    const tableName = memory.createTable({
      name: 'timeline',
      partitionKey: { name: 'userId', type: 'S' },
      sortKey: { name: 'at', type: 'N' },
    });
    const table = new Timeline({ dynamo: memoryClient(memory), tableName });
    const key = { partition: 'u', namespace: 'any', sort: '1700' };
    await table.set(key, 'seen');
    await table.addToSet({ ...key, sort: '20' }, 'a');
    const { value: page } = await table.listAll('u').next();
    expect([await table.get(key), page]).toEqual([
      'seen',
      [
        { key: '20', value: '["a"]' },
        { key: '1700', value: '"seen"' },
      ],
    ]);
  });

  test('super.mappings() of a subclass is all of them', () => {
    class Renamed extends compat.InMemoryPartitionedKvTable {
      readonly names = this.mappings();
      protected override mappings() {
        return { ...super.mappings(), dataFieldName: 'payload' };
      }
    }
    expect(new Renamed().names).toEqual({
      partitionKeyFieldName: 'partitionKey',
      sortKeyFieldName: 'sortKey',
      sortKeyFieldAWSType: 'S',
      dataFieldName: 'payload',
      md5: 'md5',
    });
  });
});
