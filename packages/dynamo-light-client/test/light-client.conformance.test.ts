import { describeOnEngines } from '@x/conformance';
import { S } from '@x/dynamo-core';
import { KeyValueTable, keysTable } from '@x/dynamo-kv';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { LightClient } from '../src/index.js';

describeOnEngines('LightClient', (engine) => {
  const dynamo = new LightClient({
    region: 'us-east-1',
    endpoint: engine.endpoint,
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  });
  let tableName: string;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });
  afterAll(() => dynamo.destroy());

  test('carries the values of a table, one by one, in batches and in listings', async () => {
    const kv = new KeyValueTable<unknown>({ dynamo, tableName, namespace: 'kv' });
    await kv.set('a', { text: 'ünï💥"\\' });
    expect(await kv.setIfNotExists('a', 'other')).toBe(false);
    expect(await kv.get('a', { consistent: true })).toEqual({ text: 'ünï💥"\\' });
    await kv.setMany([
      ['b', 1],
      ['c', 2],
    ]);
    expect(await kv.update('b', (value) => Number(value) + 1)).toBe(2);
    expect(await kv.getMany(['c', 'none', 'b'], { consistent: true })).toEqual([2, undefined, 2]);
    expect((await kv.listAll({ consistent: true })).items).toHaveLength(3);
    expect([await kv.delete('a'), await kv.delete('a')]).toEqual([true, false]);
  });

  test('carries a lock: one holds it, fences grow, a release lets the next one in', async () => {
    const locks = new DynamoLock({ dynamo, tableName: await engine.createTable(locksTable) });
    const first = await locks.acquire('job', 30);
    expect(await locks.tryAcquire('job', 30)).toBeUndefined();
    expect(await first.release()).toBe('released');
    const second = await locks.acquire('job', 30);
    expect(second.fence > first.fence).toBe(true);
    await second.release();
  });

  test('hands over the Item of a condition that fails', async () => {
    const Item = { key: S('taken'), data: S('theirs') };
    await engine.putRow(tableName, Item);
    const put = dynamo.call('PutItem', {
      TableName: tableName,
      Item: { key: S('taken'), data: S('ours') },
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': 'key' },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const name = 'ConditionalCheckFailedException';
    await expect(put).rejects.toMatchObject({ name, $fault: 'client', Item });
    expect(await engine.row(tableName, { key: S('taken') })).toEqual(Item);
  });

  test('hands over why a transaction is cancelled, one reason per item', async () => {
    const Item = { key: S('paid'), data: S('theirs') };
    await engine.putRow(tableName, Item);
    const transaction = dynamo.call('TransactWriteItems', {
      TransactItems: [
        { Put: { TableName: tableName, Item: { key: S('free') } } },
        {
          Put: {
            TableName: tableName,
            Item: { key: S('paid') },
            ConditionExpression: 'attribute_not_exists(#key)',
            ExpressionAttributeNames: { '#key': 'key' },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ],
    });
    await expect(transaction).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item }],
    });
    expect(await engine.row(tableName, { key: S('free') })).toBeUndefined();
  });
});
