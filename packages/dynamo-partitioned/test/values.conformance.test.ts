import { describeOnEngines, describeValueTable } from '@x/conformance';
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

  describeValueTable(engine, partitionedKeysTable, (options) => {
    const table = new PartitionedKeyValueTable(options);
    const at = (sort: string): CompoundKey => ({ partition: 'contract', namespace: 'n', sort });
    return {
      get: (id, ...rest) => table.get(at(id), ...rest),
      getEntry: (id, ...rest) => table.getEntry(at(id), ...rest),
      getMany: (ids, ...rest) => table.getMany(ids.map(at), ...rest),
      has: (id, ...rest) => table.has(at(id), ...rest),
      set: (id, ...rest) => table.set(at(id), ...rest),
      setMany: (entries, ...rest) =>
        table.setMany(
          entries.map(([id, data]) => ({ key: at(id), data })),
          ...rest,
        ),
      setIfNotExists: (id, ...rest) => table.setIfNotExists(at(id), ...rest),
      setIfVersion: (id, ...rest) => table.setIfVersion(at(id), ...rest),
      update: (id, ...rest) => table.update(at(id), ...rest),
      delete: (id) => table.delete(at(id)),
      deleteMany: (ids) => table.deleteMany(ids.map(at)),
    };
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
