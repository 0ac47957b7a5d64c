import { createTable, keysTable, mappedTable, partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { KeyValueCounter, PartitionedKeyValueCounter } from './index.js';

const mappings = { partitionKeyFieldName: 'pk', ttlFieldName: 'ttl' };
const token = { token: 't', tokenTtlSeconds: 60 };

test('a counter lives in a table that calls its attributes otherwise', async () => {
  const clock = new ManualClock();
  const dynamo = new MemoryDynamo({ clock });
  await createTable(dynamo, mappedTable(keysTable, mappings), 'mapped');
  const options = { dynamo, tableName: 'mapped', clock, mappings };
  const counter = new KeyValueCounter({ ...options, namespace: 'n', ttlSeconds: 60 });
  expect(await counter.incr('a')).toBe(1);
  expect(await counter.incr('a', 2, token)).toBe(3);
  expect(await counter.incr('a', 2, token)).toBe(3);
  const row = dynamo.rows('mapped').find(({ pk }) => pk?.S === 'n.a');
  expect(row).toMatchObject({ ttl: { N: expect.any(String) as string } });
  expect(row).not.toHaveProperty('expiresAt');
  await clock.advance(61_000);
  expect(await counter.get('a')).toBeUndefined();
  expect(await counter.incr('a')).toBe(1);
  for (const own of [{ ttlFieldName: 'count' }, { ttlFieldName: 'change' }, { md5: 'key' }]) {
    expect(() => new KeyValueCounter({ ...options, mappings: own })).toThrow('mappings.');
  }
});

test('a partitioned counter uses the attribute that its table has for Time to Live', async () => {
  const clock = new ManualClock();
  const dynamo = new MemoryDynamo({ clock });
  const names = { ttlFieldName: 'ttl', sortKeyFieldName: 'range' };
  await createTable(dynamo, mappedTable(partitionedKeysTable, names), 'mapped');
  const options = { dynamo, tableName: 'mapped', clock, mappings: names, ttlSeconds: 60 };
  const counter = new PartitionedKeyValueCounter(options);
  const key = { partition: 'p', namespace: 'n', sort: 's' };
  expect(await counter.incr(key)).toBe(1);
  expect(dynamo.rows('mapped')[0]).toMatchObject({ ttl: { N: expect.any(String) as string } });
  await clock.advance(61_000);
  expect(await counter.incr(key)).toBe(1);
});
