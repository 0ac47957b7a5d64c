import { createTable, mappedTable } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { DynamoSemaphore, semaphoresTable } from './index.js';

test('a semaphore lives in a table that calls its attributes otherwise', async () => {
  const dynamo = new MemoryDynamo();
  const mappings = { partitionKeyFieldName: 'pk', ttlFieldName: 'ttl' };
  await createTable(dynamo, mappedTable(semaphoresTable, mappings), 'mapped');
  const semaphore = new DynamoSemaphore({ dynamo, tableName: 'mapped', mappings });
  const permit = await semaphore.acquire('k', { n: 1, info: 1 });
  expect(await semaphore.tryAcquire('k', { n: 1 })).toBeUndefined();
  expect(await semaphore.inspect('k')).toMatchObject([{ info: 1 }]);
  expect(await permit.release()).toBe('released');
  expect(Object.keys(dynamo.rows('mapped')[0] ?? {})).toEqual(
    expect.arrayContaining(['pk', 'ttl']),
  );
  const own = { ttlFieldName: 'taken' };
  expect(() => new DynamoSemaphore({ tableName: 'mapped', mappings: own })).toThrow('ttlFieldName');
});
