import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import {
  alignedWindow,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
} from './index.js';

const algorithms = [fixedWindow, alignedWindow, slidingLog, slidingCounter, tokenBucket];
const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
const changes = algorithms.flatMap((from) =>
  algorithms.filter((to) => to !== from).map((to) => [from.name, to.name, from, to] as const),
);

test.each(changes)('attempt() goes over from %s to %s', async (_, __, from, to) => {
  const dynamo = new MemoryDynamo();
  dynamo.createTable(partitionedKeysTable, 'attempts');
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) + 5 });
  const open = (): LimitedAttempt => new LimitedAttempt({ dynamo, tableName: 'attempts', clock });
  const limit = { attemptsMax: 3, validityTime: 60_000 };
  await open().attempt(key, { ...limit, algorithm: from });
  let count = 0;
  for (let index = 0; index < 5; index++) {
    if (await open().tryAttempt(key, { ...limit, algorithm: to })) count++;
  }
  // Windows share their state, the others start over.
  expect(count).toBeGreaterThanOrEqual(2);
  expect(count).toBeLessThanOrEqual(3);
});
