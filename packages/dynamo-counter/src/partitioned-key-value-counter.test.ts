import { InvalidInputError, N, partitionedKeysTable, S, type CompoundKey } from '@x/dynamo-core';
import { recorded, type RecordedTransport } from '@x/conformance';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import type { CountMode } from './requests.js';
import {
  PartitionedKeyValueCounter,
  type PartitionedKeyValueCounterOptions,
} from './partitioned-key-value-counter.js';

const tableName = 'partitioned_keys';
const key: CompoundKey = { partition: 'user-1', namespace: 'stats', sort: 'logins' };
const rowKey = { partitionKey: S('user-1'), sortKey: S('stats.logins') };
let memory: MemoryDynamo;
let dynamo: RecordedTransport;
let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(partitionedKeysTable);
  dynamo = recorded(memory);
});

function make<M extends CountMode = 'number'>(
  options: PartitionedKeyValueCounterOptions<M> = {},
): PartitionedKeyValueCounter<M> {
  return new PartitionedKeyValueCounter({ dynamo, tableName, clock, ...options });
}

describe('PartitionedKeyValueCounter', () => {
  test('incr() and decr() count in the row of the key', async () => {
    const counter = make();
    expect(await counter.get(key)).toBeUndefined();
    expect(await counter.incr(key)).toBe(1);
    expect(await counter.incr(key, 9, { token: 'm' })).toBe(10);
    expect(await counter.incr(key, 9, { token: 'm' })).toBe(10);
    expect(await counter.decr(key, 4)).toBe(6);
    expect(await counter.get(key, { consistent: true })).toBe(6);
    expect(memory.rows(tableName)[0]).toMatchObject({ ...rowKey, count: N(6) });
    expect(dynamo.requests.at(-1)).toMatchObject({
      operation: 'GetItem',
      input: { TableName: tableName, Key: rowKey, ConsistentRead: true },
    });
  });

  test('get() of a list answers for each key in its order', async () => {
    const counter = make();
    await counter.incr(key, 4);
    const other = { ...key, sort: 'logouts' };
    expect(await counter.get([other, key])).toEqual([{ id: other }, { id: key, count: 4 }]);
    expect(dynamo.requests.at(-1)?.operation).toBe('BatchGetItem');
  });

  test('get() of a list answers for the keys as they were', async () => {
    const counter = make();
    await counter.incr(key, 4);
    const given = { ...key };
    const counts = counter.get([given]);
    given.partition = 'user-2';
    expect(await counts).toEqual([{ id: key, count: 4 }]);
  });

  test('takes options of a class', async () => {
    const options = Object.create({ dynamo, tableName, clock, shards: 4 }) as object;
    expect(await new PartitionedKeyValueCounter(options).incr(key)).toBeUndefined();
  });

  test('tryIncr() and set() work as those of KeyValueCounter', async () => {
    const counter = make({ mode: 'bigint' });
    await counter.set(key, 2n ** 70n);
    expect(await counter.tryIncr(key, 1n, { max: 2n ** 70n })).toBeUndefined();
    expect(await counter.tryIncr(key, -1n, { min: 0n })).toBe(2n ** 70n - 1n);
  });

  test('keeps the marker of a token in the partition of the counter', async () => {
    const counter = make();
    expect(await counter.incr(key, 1, { token: 'm', tokenTtlSeconds: 60 })).toBe(1);
    expect(await counter.incr(key, 1, { token: 'm', tokenTtlSeconds: 60 })).toBe(1);
    const [marker] = memory.rows(tableName);
    expect(marker).toEqual({
      partitionKey: S('user-1'),
      sortKey: { S: expect.stringMatching(/^stats\.#[\w-]{43}$/) },
      kind: S('token'),
      change: { S: expect.any(String) },
      expiresAt: N(Math.floor(clock.now() / 1000) + 60),
    });
  });

  test('keeps the marker of a token in a partition of its own where sort keys are numbers', async () => {
    const sortKey = { name: 'sortKey', type: 'N' } as const;
    memory.createTable({ ...partitionedKeysTable, sortKey }, 'numbers');
    const mappings = { sortKeyFieldAWSType: 'N' } as const;
    const counter = make({ tableName: 'numbers', mappings });
    const numbered = { partition: 'user-1', namespace: '', sort: '7' };
    const options = { token: 'm', tokenTtlSeconds: 60 };
    expect(await counter.incr(numbered, 1, options)).toBe(1);
    for (let n = 0; n < 17; n++) await counter.incr(numbered);
    expect(await counter.incr(numbered, 1, options)).toBe(18);
    expect(await counter.incr({ ...numbered, sort: '8' }, 1, options)).toBe(1);
    expect(memory.rows('numbers').filter(({ kind }) => kind?.S === 'token')).toMatchObject([
      { partitionKey: { S: expect.stringMatching(/^#/) as string }, sortKey: N(0) },
      { partitionKey: { S: expect.stringMatching(/^#/) as string }, sortKey: N(0) },
    ]);
  });

  test('says what is wrong with the key of a change whose token has a row', async () => {
    const counter = make();
    const bad = { ...key, partition: 'x'.repeat(2_049) };
    const change = counter.incr(bad, 1, { token: 'm', tokenTtlSeconds: 60 });
    await expect(change).rejects.toThrow(InvalidInputError);
  });

  test('counts in no claim of do-once', async () => {
    const item = { ...rowKey, lease: N(1), owner: S('o'), expiresAt: N(253_402_300_799) };
    await memory.call('PutItem', { TableName: tableName, Item: item });
    await expect(make().incr(key)).rejects.toThrow('a claim of do-once');
    expect(memory.rows(tableName)).toEqual([item]);
  });

  test('keeps the version of an expired value, whatever it is called', async () => {
    const item = { ...rowKey, data: S('1'), etag: S('v'), expiresAt: N(1) };
    await memory.call('PutItem', { TableName: tableName, Item: item });
    await make({ mappings: { md5: 'etag' } }).incr(key);
    expect(memory.rows(tableName)[0]).toMatchObject({ etag: S('v'), count: N(1) });
    expect(memory.rows(tableName)[0]).not.toHaveProperty('data');
  });

  test('goes on with the key that it was called with', async () => {
    const item = { ...rowKey, count: N(9), expiresAt: N(1) };
    await memory.call('PutItem', { TableName: tableName, Item: item });
    const mine: { partition: string; namespace: string; sort: string } = { ...key };
    const counting = make().incr(mine, 2, { token: 'm', tokenTtlSeconds: 60 });
    mine.partition = 'user-2';
    expect(await counting).toBe(2);
    const partitions = memory.rows(tableName).map((row) => row['partitionKey']?.S);
    expect(partitions).toEqual(['user-1', 'user-1']);
  });

  test.each(['count', 'c0', 'kind', 'expiresAt'])('refuses to call the data %s', (name) => {
    expect(() => make({ mappings: { dataFieldName: name } })).toThrow(InvalidInputError);
  });

  test('delete() leaves a value of the same key, whatever its attribute is called', async () => {
    const mappings = { dataFieldName: 'payload' };
    const item = { ...rowKey, payload: S('1'), md5: S('v') };
    await memory.call('PutItem', { TableName: tableName, Item: item });
    const counter = make({ mappings });
    await counter.incr(key);
    await counter.delete(key);
    expect(memory.rows(tableName)).toEqual([item]);
    await counter.delete(key);
    expect(memory.rows(tableName)).toEqual([item]);
  });

  test('refuses a bad key before anything is sent', async () => {
    await expect(make().incr({ ...key, partition: '' })).rejects.toThrow(InvalidInputError);
    await expect(make().get({ ...key, sort: '' })).rejects.toThrow(InvalidInputError);
    expect(dynamo.requests).toEqual([]);
  });
});
