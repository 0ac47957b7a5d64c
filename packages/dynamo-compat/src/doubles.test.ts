import {
  createTable,
  InvalidInputError,
  UnreadableRowError,
  type ReadOptions,
} from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import {
  AttemptsError,
  DoOnceManager,
  DynamoLockEntryDao,
  InMemoryKeyCountTable,
  InMemoryKvTable,
  InMemoryPartitionedKeys,
  InMemoryPartitionedKvTable,
  KeySetValueTable,
  KeyValueCountTableDao,
  KeyValueScopedCounter,
  KeyValueTableDao,
  LimitedAttempt,
  PartitionedKeyCounterTableDao,
  PartitionedKeyValueTableDao,
  dynamoAssign,
  type CompoundKey,
  type RawData,
} from './index.js';

const tags: CompoundKey<string, string[]> = { partition: 'u1', namespace: 'profile', sort: 'tags' };

describe('the doubles', () => {
  test('have rows of their own and need no environment', async () => {
    const [one, other] = [new InMemoryKvTable(), new InMemoryKvTable()];
    await one.set('id', { a: 1 });
    expect(await one.get('id')).toEqual({ a: 1 });
    expect(await other.get('id')).toBeUndefined();
    const keys = new InMemoryPartitionedKeys();
    await keys.setValue(tags, ['a']);
    expect([await keys.incrCounter(tags), await keys.getValue(tags)]).toEqual([1, ['a']]);
  });

  test('hold sets by key', async () => {
    const table = new InMemoryKvTable();
    const sets = new KeySetValueTable<number, string>((key) => `set-${key}`, table);
    await sets.append(1, 'a');
    await sets.append(1, 'a');
    expect([await sets.get(1), await sets.exists(1)]).toEqual([['a'], true]);
    await sets.remove(1, 'a', { deleteOnEmpty: true });
    expect([await sets.get(1), await sets.exists(1)]).toEqual([[], false]);
  });
});

describe('what the original answers', () => {
  test('listAll() of an empty namespace is undefined, and a page else', async () => {
    const kv = new InMemoryKvTable();
    expect(await kv.listAll()).toBeUndefined();
    await kv.set('user-1', 1);
    expect(await kv.listAll({ keyContains: 'global.user-' })).toEqual({ items: [['user-1', 1]] });
    expect(await kv.listAll({ keyContains: 'bal.user' })).toBeUndefined();
  });

  test('counters take fractions, which whole numbers go on from', async () => {
    const counter = new InMemoryKeyCountTable();
    expect(await counter.incr('a', 0.1)).toBe(0.1);
    expect(await counter.incr('a', 0.2)).toBe(0.3);
    expect(await counter.incr('a')).toBe(1.3);
    expect(await counter.decr('a', 0.5)).toBe(0.8);
    const scoped = new KeyValueScopedCounter((key: number) => `n-${key}`, counter);
    await scoped.inc(7, 5);
    await scoped.decr(7);
    expect([await scoped.current(7), await scoped.get([7, 8])]).toEqual([
      4,
      [{ id: 7, count: 4 }, { id: 8 }],
    ]);
    await expect(counter.incr('a', Number.NaN)).rejects.toThrow('by');
  });

  test('a removal of an absent element is true, and false where there is no set', async () => {
    const table = new InMemoryPartitionedKvTable();
    expect(await table.removeFromSet(tags, 'none')).toBe(false);
    expect(await table.removeFromSetByKey(tags, () => true)).toBe(false);
    expect(await table.get(tags)).toBeUndefined();
    await table.addToSet(tags, 'a');
    expect(await table.removeFromSet(tags, 'none')).toBe(true);
    expect(await table.removeFromSetByKey(tags, (tag) => tag === 'none')).toBe(true);
    expect(await table.get(tags)).toEqual(['a']);
  });

  test('a predicate gets the candidate first where it adds, and second where it looks or removes', async () => {
    const table = new InMemoryPartitionedKvTable();
    const seen: string[] = [];
    await table.addToSet(tags, 'existing');
    await table.addToSet(tags, ['candidate'], (candidate, existing) => {
      seen.push(candidate, existing);
      return false;
    });
    expect(seen.splice(0)).toEqual(['candidate', 'existing']);
    const isSame = (left: string, right: string): boolean => seen.push(left, right) === 0;
    await table.existsInSet(tags, 'wanted', isSame);
    await table.removeFromSet(tags, 'wanted', isSame);
    const pairs = ['existing', 'wanted', 'candidate', 'wanted'];
    expect(seen).toEqual([...pairs, ...pairs]);
    await table.updateInSet(tags, 'new', (element) => element === 'existing');
    expect(await table.get(tags)).toEqual(['candidate', 'new']);
  });

  test('doOnce() acts once, at the time of the timeProvider', async () => {
    const manager = new DoOnceManager(new InMemoryPartitionedKvTable(), { epochMS: () => 1234 });
    const done = { didAction: true, actionResponse: 'sent', at: 1234 };
    expect(await manager.doOnce('u1', 'mail', () => 'sent')).toEqual(done);
    expect(await manager.doOnce('u1', 'mail', () => 'again')).toEqual({ didAction: false });
    expect(await manager.haveAlreadyDone('u1', 'mail')).toEqual({ done: true, at: 1234 });
    await manager.clearKey('u1', 'mail');
    expect(await manager.markDone('u1', 'mail')).toBe(1234);
  });

  test('attempt() throws an AttemptsError at the limit, until the window has ended', async () => {
    let nowMs = 1_000_000;
    const table = new InMemoryPartitionedKvTable();
    const limiter = new LimitedAttempt(table, { epochMS: () => nowMs });
    const key = { partition: 'reset', namespace: 'attempts', sort: 'u1' };
    const limit = { attemptsMax: 1, validityTime: 1000 };
    expect(await limiter.attempt(key, limit, 'why')).toMatchObject({ context: 'why' });
    const refused = await limiter.attempt(key, limit).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AttemptsError);
    expect(refused).toMatchObject({ reason: 'attempts', message: 'attempts' });
    nowMs += 1001;
    const attempt = await limiter.attempt(key, limit);
    await attempt?.clear();
    expect(await limiter.attempt(key, limit)).toBeDefined();
    expect(new AttemptsError('attempts').reason).toBe('attempts');
  });
});

describe('subclasses', () => {
  class Renamed extends InMemoryPartitionedKvTable {
    readonly suffix = '!';
    protected override sortKey(key: CompoundKey): string {
      return `${key.sort}${this.suffix}`;
    }
    protected override partitionKey(key: CompoundKey): string {
      return `p-${key.partition}`;
    }
    protected override mappings(): { dataFieldName: string } {
      return { dataFieldName: 'payload' };
    }
  }

  test('name keys and attributes by their methods', async () => {
    const table = new Renamed();
    await table.addToSet(tags, 'a');
    const { value: page } = await table.listAll('p-u1').next();
    expect(page).toEqual([{ key: 'tags!', value: '["a"]' }]);
    expect(table.rows.mappings.dataFieldName).toBe('payload');
    await new DoOnceManager(table).markDone('u2', 'mail');
    expect(await table.exists({ partition: 'u2', namespace: 'users', sort: 'do_once.mail' })).toBe(
      true,
    );
  });

  test('get each set operation through the methods that they have of their own', async () => {
    class Watched extends InMemoryPartitionedKvTable {
      readonly calls: string[] = [];
      protected override async getRaw<T, P extends string = string>(
        key: CompoundKey<P, T>,
        options?: ReadOptions,
      ): Promise<RawData<T> | undefined> {
        this.calls.push('get');
        return super.getRaw<T, P>(key, options);
      }
      protected override async setIfMd5Matches<T, P extends string = string>(
        key: CompoundKey<P, T>,
        data: T,
        md5: string | undefined,
      ): Promise<boolean> {
        this.calls.push(`set${md5 === undefined ? ' new' : ''}`);
        // The first one meets a change by somebody else.
        if (this.calls.length === 2) await super.setIfMd5Matches<T, P>(key, ['other'] as T, md5);
        return super.setIfMd5Matches<T, P>(key, data, md5);
      }
    }
    const table = new Watched();
    expect(await table.addToSet(tags, ['a', 'b'])).toBe(true);
    expect(table.calls.splice(0)).toEqual(['get', 'set new', 'get', 'set']);
    expect(await table.addToSet(tags, 'a')).toBe(false);
    expect(await table.removeFromSet(tags, 'b')).toBe(true);
    expect(await table.updateInSet(tags, 'c', (element) => element === 'a')).toBe(true);
    expect(await table.existsInSet(tags, 'c')).toBe(true);
    expect(await table.get(tags)).toEqual(['other', 'c']);
    expect(table.calls).toEqual(['get', 'get', 'set', 'get', 'set', 'get', 'get']);
  });
});

test('a set refuses what no row can hold, and a value that is no set, by name', async () => {
  const table = new InMemoryPartitionedKvTable();
  const numbers: CompoundKey<string, number[]> = { partition: 'u', namespace: 'n', sort: 's' };
  await expect(table.addToSet(numbers, [Number.NaN])).rejects.toThrow(InvalidInputError);
  const { partition, namespace, sort } = numbers;
  await table.set({ partition, namespace, sort }, 7);
  await expect(table.addToSet(numbers, 1)).rejects.toThrow(UnreadableRowError);
});

test('what is no table of ours is refused at construction, by name', () => {
  const mock = { get: () => {}, set: () => {} } as never;
  expect(() => new DoOnceManager(mock)).toThrow('table');
  expect(() => new LimitedAttempt(mock)).toThrow('table');
});

test('createTable() takes the DAO classes', async () => {
  for (const dao of [
    DynamoLockEntryDao,
    KeyValueCountTableDao,
    KeyValueTableDao,
    PartitionedKeyCounterTableDao,
    PartitionedKeyValueTableDao,
  ]) {
    const memory = new MemoryDynamo();
    await createTable(memory, dao, 'a-table');
    expect(memory.rows('a-table')).toEqual([]);
    // A lock of the original, taken in a row that ours left, would be purged by the old `purgeAt`.
    const asked = await memory.call('DescribeTimeToLive', { TableName: 'a-table' });
    const state = dao === DynamoLockEntryDao ? 'DISABLED' : 'ENABLED';
    expect(asked.TimeToLiveDescription?.TimeToLiveStatus).toBe(state);
  }
  expect(dynamoAssign(KeyValueTableDao, { key: 'k' }).key).toBe('k');
});
