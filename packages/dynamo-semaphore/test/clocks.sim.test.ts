import {
  expectNoViolation,
  rivalOptions,
  rivals,
  sample,
  setClocks,
  rivalLeaseMs,
  timedRivalOptions,
  wrongClocks,
  type Rival,
} from '@x/simulation';
import { describe, test } from 'vitest';

import { DynamoSemaphore, semaphoresTable, type HeldPermit } from '../src/index.js';

const tables = [semaphoresTable];
const clocks = Object.entries({ ...wrongClocks, ...setClocks });
const take =
  (n: number) =>
  (rival: Rival, signal: AbortSignal): Promise<HeldPermit> =>
    new DynamoSemaphore({ ...rival, serverClock: true, tableName: 'semaphores' }).acquire('k', {
      n,
      leaseMs: rivalLeaseMs,
      waitMsMax: 3 * rivalLeaseMs,
      signal,
    });

describe.each([1, 2, 3])('by DynamoDB’s clock no more than %d hold a place', (n) => {
  test.each(clocks)('with a clock %s', { timeout: 60_000 }, async (name, clock) => {
    const options = { ...rivalOptions(name), tables, runs: 30 / n };
    expectNoViolation(await sample(rivals(take(n), clock, { n }), options));
  });

  test.each(clocks)(
    'where requests take their time, with a clock %s',
    { timeout: 60_000 },
    async (name, clock) => {
      const options = { ...timedRivalOptions(name), tables, runs: 150 / n };
      expectNoViolation(await sample(rivals(take(n), clock, { isTimed: true, n }), options));
    },
  );
});
