import { N, S, type Item } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryDynamo } from './memory-dynamo.js';

const TableName = 'rows';
const kilobytes = (count: number): string => 'x'.repeat(count * 1024);
const row = (id: number, text = ''): Item => ({ pk: S('a'), sk: N(id), text: S(text) });
const keys = (count: number): Item[] =>
  Array.from({ length: count }, (_, id) => ({ pk: S('a'), sk: N(id) }));

describe('MemoryDynamo', () => {
  let dynamo: MemoryDynamo;

  beforeEach(() => {
    dynamo = new MemoryDynamo();
    dynamo.createTable({
      name: TableName,
      partitionKey: { name: 'pk', type: 'S' },
      sortKey: { name: 'sk', type: 'N' },
    });
  });

  async function put(...items: Item[]): Promise<void> {
    for (const Item of items) await dynamo.call('PutItem', { TableName, Item });
  }

  async function nameOf(call: Promise<unknown>): Promise<string> {
    return call.then(
      () => 'no error',
      (error: unknown) => (error as Error).name,
    );
  }

  test('call() refuses an item over 400 KB, put or updated', async () => {
    const itemBytes = 'pk'.length + 1 + 'sk'.length + 1 + 'text'.length;
    const text = 'x'.repeat(400 * 1024 - itemBytes);
    await put(row(0, text));
    expect(await nameOf(put(row(0, `${text}x`)))).toBe('ValidationException');
    const update = dynamo.call('UpdateItem', {
      TableName,
      Key: { pk: S('a'), sk: N(0) },
      UpdateExpression: 'SET t = :t',
      ExpressionAttributeValues: { ':t': S('') },
    });
    expect(await nameOf(update)).toBe('ValidationException');
  });

  test('call() adds to an update, outside a transaction, a few bytes for each action', async () => {
    const Key = { pk: S('a'), sk: N(0) };
    const keyBytes = 'pk'.length + 1 + 'sk'.length + 1;
    const update = (written: number, set = 'SET t = :t'): Promise<unknown> =>
      dynamo.call('UpdateItem', {
        TableName,
        Key,
        UpdateExpression: set,
        ExpressionAttributeValues: { ':t': S('x'.repeat(written - 't'.length)) },
      });
    const max = 400 * 1024;
    await update(max - 22);
    await expect(update(max - 21)).rejects.toThrow('Item size to update has exceeded the maximum');
    await update(max - 24, 'SET t = :t REMOVE u');
    await expect(update(max - 23, 'SET t = :t REMOVE u')).rejects.toThrow('to update');
    const Update = {
      TableName,
      Key,
      UpdateExpression: 'SET t = :t',
      ExpressionAttributeValues: { ':t': S('x'.repeat(max - keyBytes - 't'.length)) },
    };
    await dynamo.call('TransactWriteItems', { TransactItems: [{ Update }] });
  });

  test('call() ends a page at 1 MB and the next one goes on', async () => {
    await put(...keys(6).map((_, id) => row(id, kilobytes(300))));
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :a',
      ExpressionAttributeValues: { ':a': S('a') },
    };
    const first = await dynamo.call('Query', query);
    expect(first.Count).toBe(4);
    expect(first.LastEvaluatedKey).toEqual({ pk: S('a'), sk: N(3) });
    const ExclusiveStartKey = first.LastEvaluatedKey;
    const second = await dynamo.call('Query', { ...query, ExclusiveStartKey });
    expect(second.Items?.map(({ sk }) => sk)).toEqual([N(4), N(5)]);
    expect(second.LastEvaluatedKey).toBeUndefined();
  });

  test('call() leaves keys of a batch unprocessed after 16 MB', async () => {
    await put(...keys(50).map((_, id) => row(id, kilobytes(390))));
    const { Responses, UnprocessedKeys } = await dynamo.call('BatchGetItem', {
      RequestItems: { [TableName]: { Keys: keys(50) } },
    });
    const [found, left] = [Responses?.[TableName], UnprocessedKeys?.[TableName]?.Keys];
    expect(found).toHaveLength(42);
    expect(left).toEqual(keys(50).slice(42));
  });

  test('call() refuses 101 keys, 26 writes, 101 items of a transaction and duplicates', async () => {
    const write = (Key: Item): { DeleteRequest: { Key: Item } } => ({ DeleteRequest: { Key } });
    const batchGet = (Keys: Item[]): Promise<unknown> =>
      dynamo.call('BatchGetItem', { RequestItems: { [TableName]: { Keys } } });
    const batchWrite = (all: Item[]): Promise<unknown> =>
      dynamo.call('BatchWriteItem', { RequestItems: { [TableName]: all.map(write) } });
    const transact = (all: Item[]): Promise<unknown> =>
      dynamo.call('TransactWriteItems', {
        TransactItems: all.map((Key) => ({ Delete: { TableName, Key } })),
      });
    for (const [call, max] of [
      [batchGet, 100],
      [batchWrite, 25],
      [transact, 100],
    ] as const) {
      expect(await nameOf(call(keys(max)))).toBe('no error');
      expect(await nameOf(call(keys(max + 1)))).toBe('ValidationException');
      expect(await nameOf(call([...keys(2), ...keys(1)]))).toBe('ValidationException');
    }
  });

  test('call() of a scan in segments finds each row once', async () => {
    for (let id = 0; id < 100; id += 1) await put({ pk: S(`p${id}`), sk: N(id) });
    const TotalSegments = 7;
    const found: unknown[] = [];
    for (let Segment = 0; Segment < TotalSegments; Segment += 1) {
      let ExclusiveStartKey: Item | undefined;
      do {
        const page = await dynamo.call('Scan', {
          TableName,
          Segment,
          TotalSegments,
          Limit: 3,
          ExclusiveStartKey,
        });
        found.push(...(page.Items ?? []).map(({ sk }) => Number(sk?.N)));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
    }
    expect(found).toHaveLength(100);
    expect(new Set(found).size).toBe(100);
  });
});
