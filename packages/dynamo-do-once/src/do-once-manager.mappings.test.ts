import { createTable, mappedTable, partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { DoOnceManager } from './index.js';

const mappings = { ttlFieldName: 'ttl', dataFieldName: 'value' };

test('actions live in a table that has another attribute for Time to Live', async () => {
  const clock = new ManualClock();
  const dynamo = new MemoryDynamo({ clock });
  await createTable(dynamo, mappedTable(partitionedKeysTable, mappings), 'mapped');
  const table = { dynamo, tableName: 'mapped', clock, mappings };
  const manager = new DoOnceManager(table, { ttlSeconds: 60, storeResult: true });
  await manager.doOnce('ann', 'mail', () => 'sent');
  expect(await manager.getDone('ann', 'mail')).toMatchObject({ result: 'sent' });
  const [row] = dynamo.rows('mapped');
  expect(row).toMatchObject({ ttl: { N: expect.any(String) as string } });
  expect(row).not.toHaveProperty('expiresAt');
  await clock.advance(61_000);
  expect(await manager.haveAlreadyDone('ann', 'mail')).toBeUndefined();
  const marshall = (item: object) => item as never;
  const Item = { partitionKey: { S: 'a' }, sortKey: { S: 'b' }, expiresAt: { N: '1' } };
  const mixed = manager.transact('ann', 'gift', [{ Put: { TableName: 'mapped', Item } }], {
    marshall,
  });
  await expect(mixed).rejects.toThrow('calls it "ttl"');
  const { expiresAt: _, ...own } = Item;
  const puts = [{ Put: { TableName: 'mapped', Item: { ...own, ttl: { N: '1' } } } }];
  expect(await manager.transact('ann', 'gift', puts, { marshall })).toMatchObject({
    didAction: true,
  });
  expect(await manager.transact('ann', 'gift', puts, { marshall })).toMatchObject({
    didAction: false,
  });
});
