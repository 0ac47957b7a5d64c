import { createTable, mappedTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { invalid } from '../test/test-setup.js';
import { DynamoLock, locksTable } from './index.js';

const mappings = { partitionKeyFieldName: 'pk', ttlFieldName: 'ttl' };

test('a lock lives in a table that calls its attributes otherwise', async () => {
  const clock = new ManualClock();
  const dynamo = new MemoryDynamo({ clock });
  await createTable(dynamo, mappedTable(locksTable, mappings), 'mapped');
  const options = { dynamo, tableName: 'mapped', clock, mappings, skewToleranceMs: 0 };
  const [mine, other] = [new DynamoLock(options), new DynamoLock(options)];
  const lock = await mine.acquire('k', { leaseMs: 9_000, info: 1 });
  expect(await other.tryAcquire('k')).toBeUndefined();
  await lock.renew({ leaseMs: 12_000 });
  expect(await other.inspect('k')).toMatchObject({ key: 'k', fence: lock.fence, info: 1 });
  const [row] = dynamo.rows('mapped');
  expect(row).toMatchObject({ pk: { S: 'k' }, ttl: { N: expect.any(String) as string } });
  expect(row).not.toHaveProperty('purgeAt');
  const listed: string[] = [];
  for await (const { key } of other.list({ prefix: 'k' })) listed.push(key);
  expect(listed).toEqual(['k']);
  expect(await other.forceRelease('k')).toMatchObject({ key: 'k' });
  expect(await lock.release()).toBe('superseded');
  await clock.advance(8 * 86_400_000);
  expect(await other.sweep()).toEqual({ deleted: 1 });
});

test.each([
  [{ ttlFieldName: 'owner' }, 'mappings.ttlFieldName'],
  [{ ttlFieldName: '' }, 'mappings.ttlFieldName'],
  [{ ttlFieldName: 'key' }, 'mappings.ttlFieldName'],
  [{ dataFieldName: 'd' }, 'dataFieldName'],
])('%j is refused, as %s', (given, field) => {
  expect(() => new DynamoLock({ tableName: 'locks', mappings: given as never })).toThrow(
    expect.objectContaining(invalid(field)) as Error,
  );
});

test('undefined is the usual name', async () => {
  const dynamo = new MemoryDynamo();
  dynamo.createTable(locksTable);
  const locks = new DynamoLock({
    dynamo,
    tableName: 'locks',
    mappings: { partitionKeyFieldName: undefined, ttlFieldName: undefined },
  });
  await (await locks.acquire('k')).release();
  expect(dynamo.rows('locks')[0]).toMatchObject({ key: { S: 'k' } });
});
