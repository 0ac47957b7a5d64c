import {
  BatchGetItemCommand,
  DeleteItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { describeOnEngines } from '@x/conformance';
import { N, S } from '@x/dynamo-core';
import { beforeAll, expect, test } from 'vitest';

import {
  KeyValueCounter,
  keysTable,
  PartitionedKeyValueCounter,
  partitionedKeysTable,
} from '../src/index.js';

/** What the original sends for `incr`. */
async function originalIncr(
  client: DynamoDBClient,
  TableName: string,
  Key: Record<string, { S: string }>,
  by: number,
): Promise<number> {
  const { Attributes } = await client.send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression: 'add #count :value',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':value': { N: String(by) } },
      ReturnValues: 'UPDATED_NEW',
    }),
  );
  return Number(Attributes?.['count']?.N);
}

describeOnEngines('rows of the original', (engine) => {
  let tableName: string;
  let client: DynamoDBClient;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
    client = engine.client();
  });

  function open(namespace: string): KeyValueCounter {
    return new KeyValueCounter({ dynamo: client, tableName, namespace });
  }

  test('a row with nothing but a count continues', async () => {
    await engine.putRow(tableName, { key: S('one.a'), count: N(41) });
    const counter = open('one');
    expect(await counter.get(['a'], { consistent: true })).toEqual([{ id: 'a', count: 41 }]);
    expect(await counter.incr('a')).toBe(42);
    expect(await counter.decr('a', 2)).toBe(40);
  });

  test('both increment one counter in turns, and each sees the sum', async () => {
    const counter = open('two');
    for (let n = 0; n < 60; n += 2) {
      expect(await counter.incr('a')).toBe(n + 1);
      expect(await originalIncr(client, tableName, { key: { S: 'two.a' } }, 1)).toBe(n + 2);
    }
  });

  test('the original reads what we write', async () => {
    await open('three').incr('a', 7);
    await open('').incr('three-b', 8);
    const { Responses } = await client.send(
      new BatchGetItemCommand({
        RequestItems: {
          [tableName]: { Keys: [{ key: { S: 'three.a' } }, { key: { S: 'three-b' } }] },
        },
      }),
    );
    const counts = Responses?.[tableName]?.map(({ key, count }) => [key?.S, count?.N]);
    expect(counts?.toSorted()).toEqual([
      ['three-b', '8'],
      ['three.a', '7'],
    ]);
  });

  test('each deletes counters of the other', async () => {
    const counter = open('four');
    await counter.incr('a');
    await client.send(new DeleteItemCommand({ TableName: tableName, Key: { key: S('four.a') } }));
    expect(await counter.get(['a'], { consistent: true })).toEqual([{ id: 'a' }]);
    await originalIncr(client, tableName, { key: { S: 'four.a' } }, 3);
    await counter.delete('a');
    expect(await engine.row(tableName, { key: S('four.a') })).toBeUndefined();
  });

  test('a value of the original at the same key stays', async () => {
    await engine.putRow(tableName, { key: S('five.a'), data: S('{"b":1}') });
    const counter = open('five');
    await counter.incr('a');
    expect(await engine.row(tableName, { key: S('five.a') })).toMatchObject({ data: S('{"b":1}') });
    await counter.delete('a');
    expect(await engine.row(tableName, { key: S('five.a') })).toMatchObject({ data: S('{"b":1}') });
  });
});

describeOnEngines('partitioned rows of the original', (engine) => {
  const Key = { partitionKey: S('user-1'), sortKey: S('stats.logins') };
  const key = { partition: 'user-1', namespace: 'stats', sort: 'logins' };

  test('both count in one row, beside a value', async () => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const client = engine.client();
    await engine.putRow(tableName, { ...Key, data: S('"v"'), md5: S('m'), count: N(5) });
    const counter = new PartitionedKeyValueCounter({ dynamo: client, tableName });
    expect(await counter.get(key)).toBe(5);
    expect(await counter.incr(key)).toBe(6);
    expect(await originalIncr(client, tableName, Key, 4)).toBe(10);
    expect(await counter.decr(key, 3)).toBe(7);
    await counter.delete(key);
    expect(await engine.row(tableName, Key)).toEqual({ ...Key, data: S('"v"'), md5: S('m') });
    expect(await counter.get(key)).toBeUndefined();
  });
});
