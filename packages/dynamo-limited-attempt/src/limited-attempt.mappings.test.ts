import { createTable, mappedTable, partitionedKeysTable } from '@x/dynamo-core';
import { MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { LimitedAttempt } from './index.js';

test('attempts live in a table that has another attribute for Time to Live', async () => {
  const dynamo = new MemoryDynamo();
  const mappings = { ttlFieldName: 'ttl', partitionKeyFieldName: 'pk' };
  await createTable(dynamo, mappedTable(partitionedKeysTable, mappings), 'mapped');
  const limiter = new LimitedAttempt({ dynamo, tableName: 'mapped', mappings });
  const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
  const limits = { attemptsMax: 2, windowMs: 60_000 };
  const attempt = await limiter.attempt(key, limits, 'context');
  const all = await limiter.attemptAll([{ key, limits }]);
  expect([all.isAdmitted, await limiter.tryAttempt(key, limits)]).toEqual([true, undefined]);
  await attempt.refund();
  expect((await limiter.peek(key, limits)).remaining).toBe(1);
  const [row] = dynamo.rows('mapped');
  expect(row).toMatchObject({ pk: { S: 'login' }, ttl: { N: expect.any(String) as string } });
  expect(row).not.toHaveProperty('expiresAt');
  for (const own of [{ ttlFieldName: 'blockedUntil' }, { dataFieldName: 'times' }]) {
    expect(() => new LimitedAttempt({ tableName: 'mapped', mappings: own })).toThrow('mappings');
  }
});
