import { createHash } from 'node:crypto';

import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describeOnEngines } from '@x/conformance';
import type { Item } from '@x/dynamo-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { ifVersion, partitionedKeysTable, put } from '../src/index.js';
import { collect, openTable, type OpenTable } from './open-table.js';

const consistent = { consistent: true };

describeOnEngines('PartitionedKeyValueTable beside the original', (engine) => {
  let tableName: string;
  const open = (): OpenTable => openTable(engine, tableName);

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  const rowKey = (partition: string, sortKey: string): Item => ({
    partitionKey: { S: partition },
    sortKey: { S: sortKey },
  });

  /** What the original's `set` and `setBatch` send. */
  async function originalSet(partition: string, sortKey: string, data: unknown): Promise<void> {
    const item = { ...rowKey(partition, sortKey), data: { S: JSON.stringify(data) } };
    const requests = [{ PutRequest: { Item: item } }];
    await engine
      .client()
      .send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
  }

  async function originalRead(partition: string, sortKey: string): Promise<Item | undefined> {
    const get = new GetItemCommand({ TableName: tableName, Key: rowKey(partition, sortKey) });
    return (await engine.client().send(get)).Item;
  }

  /** What the original's `get` makes of a row. */
  async function originalGet(partition: string, sortKey: string): Promise<unknown> {
    const data = (await originalRead(partition, sortKey))?.['data']?.S;
    return data === undefined ? undefined : JSON.parse(data);
  }

  /** What the original's `setIfNotExists` sends. */
  async function originalSetIfNotExists(
    partition: string,
    sortKey: string,
    data: unknown,
  ): Promise<boolean> {
    return succeeds(
      new PutItemCommand({
        TableName: tableName,
        Item: { ...rowKey(partition, sortKey), data: { S: JSON.stringify(data) } },
        ConditionExpression: 'attribute_not_exists(#key) AND attribute_not_exists(#sort)',
        ExpressionAttributeNames: { '#key': 'partitionKey', '#sort': 'sortKey' },
      }),
    );
  }

  /** The first half of a set operation of the original. */
  async function originalSetRead(partition: string, sortKey: string): Promise<SetRead> {
    const item = await originalRead(partition, sortKey);
    return { elements: JSON.parse(item?.['data']?.S ?? '[]') as unknown[], md5: item?.['md5']?.S };
  }

  /** The second half; whether its condition held. */
  async function originalSetWrite(
    partition: string,
    sortKey: string,
    { md5 }: SetRead,
    elements: readonly unknown[],
  ): Promise<boolean> {
    const data = JSON.stringify(elements);
    return succeeds(
      new PutItemCommand({
        TableName: tableName,
        Item: { ...rowKey(partition, sortKey), data: { S: data }, md5: { S: md5Of(data) } },
        ConditionExpression: 'attribute_not_exists(#md5) OR (#md5 = :md5)',
        ExpressionAttributeNames: { '#md5': 'md5' },
        ExpressionAttributeValues: { ':md5': { S: md5 ?? ' ' } },
      }),
    );
  }

  async function originalAddToSet(
    partition: string,
    sortKey: string,
    element: unknown,
  ): Promise<boolean> {
    const read = await originalSetRead(partition, sortKey);
    return originalSetWrite(partition, sortKey, read, [...read.elements, element]);
  }

  async function succeeds(command: PutItemCommand): Promise<boolean> {
    try {
      await engine.client().send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** A counter of the original at the same key. */
  async function originalIncrement(partition: string, sortKey: string): Promise<void> {
    await engine.client().send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: rowKey(partition, sortKey),
        UpdateExpression: 'add #count :value',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':value': { N: '3' } },
      }),
    );
  }

  describe.each<[string, Item]>([
    ['without md5', {}],
    ['with its md5', { md5: { S: md5Of('["a","b"]') } }],
    ['with a count beside data', { count: { N: '7' } }],
    ['with md5 and a count', { md5: { S: md5Of('["a","b"]') }, count: { N: '7' } }],
  ])('a row %s', (_, rest) => {
    async function openWithRow(): Promise<OpenTable> {
      const opened = open();
      const key = rowKey(opened.partition, 'n.set');
      await engine.putRow(tableName, { ...key, data: { S: '["a","b"]' }, ...rest });
      return opened;
    }

    test('is read by every method', async () => {
      const { table, key, partition } = await openWithRow();
      const set = key<string[]>('set');
      expect(await table.get(set, consistent)).toEqual(['a', 'b']);
      expect(await table.getMany([set], consistent)).toEqual([['a', 'b']]);
      expect(await table.exists(set, consistent)).toBe(true);
      expect(await table.existsInSet(set, 'b', undefined, consistent)).toBe(true);
      expect(await table.getEntry(set, consistent)).toMatchObject({ value: ['a', 'b'] });
      expect(await table.count(partition, consistent)).toBe(1);
      const [entry] = await collect(table.entries(partition, { namespace: 'n', ...consistent }));
      expect(entry).toMatchObject({ key: { sort: 'set' }, value: ['a', 'b'] });
      expect(await collect(table.listAll(partition, consistent))).toEqual([
        [{ key: 'n.set', value: '["a","b"]' }],
      ]);
    });

    test('is changed by set operations, keeps its count, and stays readable', async () => {
      const { table, key, partition, row } = await openWithRow();
      const set = key<string[]>('set');
      expect(await table.addToSet(set, 'a')).toBe(false);
      expect(await table.addToSet(set, 'c')).toBe(true);
      expect(await table.removeFromSet(set, 'a')).toBe(true);
      expect(await table.updateInSet(set, 'B', (element) => element === 'b')).toBe(true);
      expect(await originalGet(partition, 'n.set')).toEqual(['c', 'B']);
      expect((await row('set'))?.['count']).toEqual(rest['count']);
    });

    test('is replaced under its version', async () => {
      const { table, key, partition } = await openWithRow();
      const { version = '' } = (await table.getEntry(key('set'), consistent)) ?? {};
      expect(await table.setIfVersion(key('set'), 'new', version)).toBeDefined();
      expect(await originalGet(partition, 'n.set')).toBe('new');
      expect(await table.setIfVersion(key('set'), 'newer', version)).toBeUndefined();
    });

    test('is put in a transaction under its version', async () => {
      const { table, key, partition } = await openWithRow();
      const { version = '' } = (await table.getEntry(key('set'), consistent)) ?? {};
      await table.transact([put(key('set'), 'new', { only: ifVersion(version) })]);
      expect(await originalGet(partition, 'n.set')).toBe('new');
    });

    test('is left by setIfNotExists(), and deleted by delete() down to its count', async () => {
      const { table, key, row, partition } = await openWithRow();
      expect(await table.setIfNotExists(key('set'), 'new')).toBe(false);
      await table.delete(key('set'));
      const left = {
        ...rowKey(partition, 'n.set'),
        ...(rest['count'] && { count: rest['count'] }),
      };
      expect(await row('set')).toEqual(rest['count'] === undefined ? undefined : left);
    });
  });

  describe('the original', () => {
    test('reads what every method wrote', async () => {
      const { table, key, partition } = open();
      await table.set(key('set'), { a: 1 }, { ttlSeconds: 60 });
      await table.setBatch([{ key: key('batch'), data: [1] }]);
      await table.setIfNotExists(key('once'), true);
      await table.update(key('updated'), () => 5);
      await table.addToSet(key<string[]>('added'), ['x', 'y']);
      await table.transact([put(key('transacted'), null)]);
      const sorts = ['set', 'batch', 'once', 'updated', 'added', 'transacted'];
      const values = await Promise.all(sorts.map((sort) => originalGet(partition, `n.${sort}`)));
      expect(values).toEqual([{ a: 1 }, [1], true, 5, ['x', 'y'], null]);
    });

    test('lists them', async () => {
      const { table, key, partition } = open();
      await table.set(key('a'), 1);
      await table.addToSet(key<number[]>('b'), 2);
      const query = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: '#p = :p',
        ExpressionAttributeNames: { '#p': 'partitionKey' },
        ExpressionAttributeValues: { ':p': { S: partition } },
      });
      const { Items = [] } = await engine.client().send(query);
      const listed = Items.map(({ sortKey, data, count }) => ({
        key: sortKey?.S ?? sortKey?.N ?? '-',
        value: data?.S ?? count?.N ?? '',
      }));
      expect(listed).toEqual([
        { key: 'n.a', value: '1' },
        { key: 'n.b', value: '[2]' },
      ]);
      expect(await collect(table.listAll(partition, consistent))).toEqual([listed]);
    });

    test('adds to our sets, and we to its', async () => {
      const { table, key, partition } = open();
      const set = key<string[]>('set');
      await table.addToSet(set, 'ours');
      expect(await originalAddToSet(partition, 'n.set', 'its')).toBe(true);
      expect(await table.addToSet(set, 'ours too')).toBe(true);
      expect(await originalAddToSet(partition, 'n.set', 'its too')).toBe(true);
      expect(await table.get(set, consistent)).toEqual(['ours', 'its', 'ours too', 'its too']);
    });

    test('is refused over any write of ours that it has not read', async () => {
      const { table, key, partition } = open();
      const set = key<string[]>('set');
      await originalAddToSet(partition, 'n.set', 'first');
      const writes = [
        () => table.set(set, ['set']),
        () => table.setBatch([{ key: set, data: ['batch'] }]),
        () => table.addToSet(set, 'added'),
        () => table.update(set, () => ['updated']),
        () => table.transact([put(set, ['transacted'])]),
      ];
      for (const write of writes) {
        const stale = await originalSetRead(partition, 'n.set');
        await write();
        const ours = await table.get(set, consistent);
        expect(await originalSetWrite(partition, 'n.set', stale, ['stale'])).toBe(false);
        expect(await table.get(set, consistent)).toEqual(ours);
      }
    });

    test('may set plainly in between, and is not overwritten', async () => {
      const { table, key, partition } = open();
      const set = key<string[]>('set');
      await table.addToSet(set, 'ours');
      let calls = 0;
      await table.update(set, async (elements = []) => {
        if (++calls === 1) await originalSet(partition, 'n.set', ['its']);
        return [...elements, 'more'];
      });
      expect(await originalGet(partition, 'n.set')).toEqual(['its', 'more']);
    });

    test('meets our setIfNotExists(), and we meet its', async () => {
      const { table, key, partition } = open();
      expect(await table.setIfNotExists(key('a'), 'ours')).toBe(true);
      expect(await originalSetIfNotExists(partition, 'n.a', 'its')).toBe(false);
      expect(await originalSetIfNotExists(partition, 'n.b', 'its')).toBe(true);
      expect(await table.setIfNotExists(key('b'), 'ours')).toBe(false);
    });

    test('counts at our keys, and keeps its count', async () => {
      const { table, key, partition, row } = open();
      await originalIncrement(partition, 'n.a');
      await table.set(key('a'), 'value');
      await originalIncrement(partition, 'n.a');
      expect(await row('a')).toMatchObject({ data: { S: '"value"' }, count: { N: '6' } });
    });
  });
});

interface SetRead {
  readonly elements: readonly unknown[];
  readonly md5: string | undefined;
}

/** Elements of these tests are strings, whose JSON is canonical. */
function md5Of(json: string): string {
  return createHash('md5').update(json).digest('hex');
}
