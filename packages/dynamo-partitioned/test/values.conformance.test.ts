import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describeOnEngines } from '@x/conformance';
import { compressedCodec } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { seededRandom } from '@x/dynamo-testing';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  partitionedKeysTable,
  PartitionedKeyValueTable,
  type CompoundKey,
  type PartitionedKeyValueTableOptions,
} from '../src/index.js';
import { openTable, startMs, type OpenTable } from './open-table.js';

const consistent = { consistent: true };

/** The registers of a row that was written once. */
const noIds = Object.fromEntries(
  ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7'].map((name) => [name, { S: '' }]),
);

describeOnEngines('values of PartitionedKeyValueTable', (engine) => {
  let tableName: string;
  const open = (options?: PartitionedKeyValueTableOptions): OpenTable =>
    openTable(engine, tableName, options);

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  test.each([
    ['an object', { action: 'login', at: 1 }],
    ['a text', '456'],
    ['an empty text', ''],
    ['a number', 0],
    ['false', false],
    ['null', null],
    ['an array', ['a', 1, null]],
    ['text beyond ASCII', 'ünï💥"\\'],
  ])('get() brings back %s as it was', async (_, value) => {
    const { table, key } = open();
    await table.set(key('a'), value);
    expect(await table.get(key('a'), consistent)).toEqual(value);
    expect(await table.getMany([key('a')], consistent)).toEqual([value]);
  });

  test('set() writes the row of the original, with a version and without a counter', async () => {
    const { table, key, partition, row, sent } = open({ random: seededRandom(1) });
    await table.set(key('a'), { b: 1 });
    expect(await row('a')).toEqual({
      partitionKey: { S: partition },
      sortKey: { S: 'n.a' },
      data: { S: '{"b":1}' },
      md5: { S: expect.stringMatching(/^[\w-]{12}$/) as string },
      ...noIds,
    });
    expect(sent.requests).toMatchObject([
      {
        operation: 'UpdateItem',
        units: 1,
        input: {
          UpdateExpression: expect.stringMatching(
            /^SET #data = :data, #newest = :id, v1 = .* REMOVE #expiresAt$/,
          ) as string,
        },
      },
    ]);
  });

  test('a key without a namespace is its sort', async () => {
    const { table, key, row } = open();
    await table.set(key('a', ''), 1);
    expect((await row('a', ''))?.['sortKey']).toEqual({ S: 'a' });
  });

  test('get(), getEntry() and exists() of an absent key', async () => {
    const { table, key, operations } = open();
    expect(await table.get(key('a'))).toBeUndefined();
    expect(await table.getEntry(key('a'))).toBeUndefined();
    expect(await table.exists(key('a'))).toBe(false);
    expect(operations()).toEqual(['GetItem', 'GetItem', 'Query']);
  });

  test('reads cost half a unit, or a whole one when consistent', async () => {
    const { table, key, sent } = open();
    await table.set(key('a'), 1);
    sent.clear();
    await table.get(key('a'));
    await table.get(key('a'), consistent);
    expect(await table.exists(key('a'), consistent)).toBe(true);
    await table.exists(key('a'));
    expect(sent.requests.map(({ units }) => units)).toEqual([0.5, 1, 1, 0.5]);
  });

  test('exists() is true for a counter alone, which is no value', async () => {
    const { table, key, partition } = open();
    const row = { partitionKey: { S: partition }, sortKey: { S: 'n.c' }, count: { N: '5' } };
    await engine.putRow(tableName, row);
    expect(await table.exists(key('c'), consistent)).toBe(true);
    expect(await table.get(key('c'), consistent)).toBeUndefined();
    await engine.putRow(tableName, { ...row, count: { N: '5' }, expiresAt: { N: '1' } });
    expect(await table.exists(key('c'), consistent)).toBe(false);
  });

  test('getMany() aligns with its keys, duplicates and absent ones included', async () => {
    const { table, key, operations, sent } = open();
    await table.setBatch([
      { key: key('a'), data: 1 },
      { key: key('b'), data: 2 },
    ]);
    sent.clear();
    const keys = ['b', 'x', 'a', 'b'].map((sort) => key(sort));
    expect(await table.getMany(keys, consistent)).toEqual([2, undefined, 1, 2]);
    expect(operations()).toEqual(['BatchGetItem']);
  });

  test('setBatch() sends 25 rows a request, the last of several for one key', async () => {
    const { table, key, operations } = open();
    const items = Array.from({ length: 60 }, (_, i) => ({ key: key(`${i % 51}`), data: i }));
    await table.setBatch(items, { ttlSeconds: 60 });
    expect(operations()).toEqual(['BatchWriteItem', 'BatchWriteItem', 'BatchWriteItem']);
    const entry = await table.getEntry(key('0'), consistent);
    expect(entry).toMatchObject({ value: 51, expiresAtMs: startMs + 60_000 });
    expect(await table.count(items[0]!.key.partition, consistent)).toBe(51);
  });

  test('setBatch() replaces whole rows, set() and delete() leave a counter', async () => {
    const { table, key, partition, row, operations, sent } = open();
    const counted = {
      partitionKey: { S: partition },
      sortKey: { S: 'n.a' },
      data: { S: '1' },
      count: { N: '5' },
    };
    await engine.putRow(tableName, counted);
    await table.set(key('a'), 2);
    expect(await row('a')).toMatchObject({ data: { S: '2' }, count: { N: '5' } });
    sent.clear();
    await table.delete(key('a'));
    expect(await row('a')).toEqual({
      partitionKey: { S: partition },
      sortKey: { S: 'n.a' },
      count: { N: '5' },
    });
    expect(operations()).toEqual(['DeleteItem', 'UpdateItem']);
    await table.setBatch([{ key: key('a'), data: 3 }]);
    expect(await row('a')).not.toHaveProperty('count');
  });

  test('delete() sends one request, deleteBatch() one for each 25', async () => {
    const { table, key, operations, sent, partition } = open();
    const keys = Array.from({ length: 26 }, (_, i) => key(`${i}`));
    await table.setBatch(keys.map((each, i) => ({ key: each, data: i })));
    sent.clear();
    await table.delete(key('0'));
    await table.delete(key('0'));
    await table.deleteBatch([...keys, key('1')]);
    expect(operations()).toEqual(['DeleteItem', 'DeleteItem', 'BatchWriteItem', 'BatchWriteItem']);
    expect(await table.count(partition, consistent)).toBe(0);
  });

  test('setIfNotExists() stores once, and again when it has expired', async () => {
    const { table, key, clock, operations, sent } = open();
    expect(await table.setIfNotExists(key('a'), 1, { ttlSeconds: 10 })).toBe(true);
    expect(await table.setIfNotExists(key('a'), 2)).toBe(false);
    expect(operations()).toEqual(['UpdateItem', 'UpdateItem']);
    expect(sent.units.write).toBe(1);
    clock.jumpWall(10_000);
    expect(await table.setIfNotExists(key('a'), 3)).toBe(true);
    expect(await table.getEntry(key('a'), consistent)).toMatchObject({
      value: 3,
      expiresAtMs: undefined,
    });
  });

  test('setIfVersion() stores over the version that was read, and only over that', async () => {
    const { table, key } = open();
    await table.set(key('a'), 1);
    const { version = '' } = (await table.getEntry(key('a'), consistent)) ?? {};
    const next = await table.setIfVersion(key('a'), 2, version);
    expect(next).not.toBe(version);
    expect(await table.setIfVersion(key('a'), 3, version)).toBeUndefined();
    expect(await table.setIfVersion(key('a'), 4, next ?? '')).toBeDefined();
    await table.delete(key('a'));
    expect(await table.setIfVersion(key('a'), 5, next ?? '')).toBeUndefined();
    expect(await table.exists(key('a'), consistent)).toBe(false);
  });

  test('update() takes two requests, one when nothing changes', async () => {
    const { table, key, operations, sent } = open();
    const counter = key<number>('a');
    expect(await table.update(counter, (n = 0) => n + 1)).toBe(1);
    expect(await table.update(counter, (n = 0) => n + 1)).toBe(2);
    expect(operations()).toEqual(['GetItem', 'UpdateItem', 'GetItem', 'UpdateItem']);
    expect(sent.units).toEqual({ read: expect.any(Number) as number, write: 2 });
    sent.clear();
    expect(await table.update(counter, () => undefined)).toBe(2);
    expect(await table.update(counter, (n) => n)).toBe(2);
    expect(operations()).toEqual(['GetItem', 'GetItem']);
  });

  test('update() gives up after attemptsMax conflicts, and says so', async () => {
    const { table, key, clock, sent } = open();
    let value = 0;
    const update = table.update(
      key<number>('a'),
      async () => {
        await table.set(key('a'), ++value);
        return -1;
      },
      { attemptsMax: 3 },
    );
    const busy = (): boolean => sent.inFlight > 0;
    await expect(clock.drive(update, { busy })).rejects.toMatchObject({
      name: 'ConflictError',
      attempts: 3,
    });
    expect(await table.get(key('a'), consistent)).toBe(3);
  });

  test('an expired value is absent everywhere, and comes back nowhere', async () => {
    const { table, key, clock } = open();
    await table.set(key('a'), [1], { ttlSeconds: 10 });
    const { version = '' } = (await table.getEntry(key('a'), consistent)) ?? {};
    clock.jumpWall(9_999);
    expect(await table.get(key('a'), consistent)).toEqual([1]);
    clock.jumpWall(1);
    expect(await table.get(key('a'), consistent)).toBeUndefined();
    expect(await table.exists(key('a'), consistent)).toBe(false);
    expect(await table.getMany([key('a')], consistent)).toEqual([undefined]);
    expect(await table.setIfVersion(key('a'), [2], version)).toBeUndefined();
    expect(await table.existsInSet(key<number[]>('a'), 1)).toBe(false);
    await table.addToSet(key<number[]>('a'), 3);
    expect(await table.getEntry(key('a'), consistent)).toMatchObject({
      value: [3],
      expiresAtMs: undefined,
    });
  });

  test('attribute names and number keys are told by mappings', async () => {
    const own = await engine.createTable({
      name: 'own',
      partitionKey: { name: 'user', type: 'S' },
      sortKey: { name: 'at', type: 'N' },
    });
    const mappings = {
      partitionKeyFieldName: 'user',
      sortKeyFieldName: 'at',
      sortKeyFieldAWSType: 'N',
      dataFieldName: 'payload',
      md5: 'etag',
      ttlFieldName: 'ttl',
    } as const;
    const { table, key, clock } = openTable(engine, own, { mappings, partition: 'u' });
    await table.set(key('15', ''), 'x', { ttlSeconds: 60 });
    await table.addToSet(key<number[]>('16', ''), 5);
    expect(await table.exists(key('15', ''), consistent)).toBe(true);
    expect(await engine.rows(own)).toEqual([
      {
        user: { S: 'u' },
        at: { N: '15' },
        payload: { S: '"x"' },
        ttl: { N: String(startMs / 1000 + 60) },
        etag: { S: expect.any(String) as string },
        ...noIds,
      },
      {
        user: { S: 'u' },
        at: { N: '16' },
        payload: { S: '[5]' },
        etag: { S: expect.any(String) as string },
        ...noIds,
      },
    ]);
    clock.jumpWall(60_000);
    expect(await table.getMany([key('15', ''), key('16', '')], consistent)).toEqual([
      undefined,
      [5],
    ]);
    expect(await table.count('u', consistent)).toBe(1);
    expect(await table.exists(key('15', ''), consistent)).toBe(false);
    expect(await table.setIfNotExists(key('15', ''), 'y')).toBe(true);
    expect(await table.getEntry(key('15', ''), consistent)).toMatchObject({
      value: 'y',
      expiresAtMs: undefined,
    });
  });

  describe('codecs', () => {
    test('documentCodec() stores native attributes, sets and listings included', async () => {
      const { table, key, row, partition } = open({ codec: documentCodec });
      const numbers = key<number[]>('a');
      await table.addToSet(numbers, [1, 2]);
      await table.removeFromSet(numbers, 1);
      expect((await row('a'))?.['data']).toEqual({ L: [{ N: '2' }] });
      const pages = [];
      for await (const page of table.listAll(partition, consistent)) pages.push(page);
      expect(pages).toEqual([[{ key: 'n.a', value: '[2]' }]]);
    });

    test('compressedCodec() reads what was written without it', async () => {
      const plain = open();
      await plain.table.set(plain.key('a'), 'short');
      const { partition } = plain;
      const { table, key } = openTable(engine, tableName, { codec: compressedCodec(), partition });
      const long = 'word '.repeat(1000);
      await table.set(key('b'), long);
      expect(await table.getMany([key('a'), key('b')], consistent)).toEqual(['short', long]);
      const pages = [];
      for await (const page of table.listAll(partition, consistent)) pages.push(...page);
      expect(pages.map(({ value }) => value)).toEqual(['"short"', JSON.stringify(long)]);
    });
  });

  test('a document client is taken as it is', async () => {
    const dynamo = DynamoDBDocumentClient.from(engine.client());
    const { table, key } = open({ dynamo });
    await table.set(key('a'), { a: [1] });
    expect(await table.get(key('a'), consistent)).toEqual({ a: [1] });
  });

  test("a missing table is the SDK's error, not an absent value", async () => {
    const table = new PartitionedKeyValueTable({ dynamo: engine.client(), tableName: 'no-table' });
    const key: CompoundKey<string, number[]> = { partition: 'p', namespace: 'n', sort: 's' };
    for (const run of [
      () => table.get(key),
      () => table.getMany([key]),
      () => table.exists(key),
      () => table.clear('p'),
      () => table.addToSet(key, 1),
      () => table.count('p'),
    ]) {
      await expect(run()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });
});
