import { partitionedKeysTable } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { fastifyStore } from './fastify.js';

test('a client is blocked for whole milliseconds, also beyond a limit that is a fraction', async () => {
  const dynamo = new MemoryDynamo();
  dynamo.createTable(partitionedKeysTable, 'hits');
  const clock = new ManualClock();
  const Store = fastifyStore({ dynamo, tableName: 'hits', clock });
  const store = new Store({ exponentialBackoff: true });
  const hit = (max: number): Promise<unknown> =>
    new Promise((resolve) =>
      store.incr('a', (error, answer) => resolve(error ?? answer), 1_000, max),
    );
  expect([await hit(1.5), await hit(1.5), await hit(-0)]).toEqual([
    { current: 1, ttl: 1_000 },
    { current: 2, ttl: 1_000 },
    { current: 3, ttl: 4_000 },
  ]);
});
