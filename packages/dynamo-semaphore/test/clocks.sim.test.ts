import {
  expectNoViolation,
  rivalOptions,
  rivals,
  sample,
  rivalLeaseMs,
  timedRivalOptions,
  wrongClocks,
  type Rival,
} from '@x/simulation';
import { describe, test } from 'vitest';

import { DynamoSemaphore, semaphoresTable, type HeldPermit } from '../src/index.js';

const tables = [semaphoresTable];
const take = (rival: Rival, signal: AbortSignal): Promise<HeldPermit> =>
  new DynamoSemaphore({ ...rival, serverClock: true, tableName: 'semaphores' }).acquire('k', {
    n: 1,
    leaseMs: rivalLeaseMs,
    waitMsMax: 3 * rivalLeaseMs,
    signal,
  });

describe('by DynamoDB’s clock no more than n hold a place', { timeout: 60_000 }, () => {
  test.each(Object.entries(wrongClocks))('with a clock %s', async (name, clock) => {
    const options = { ...rivalOptions(name), tables };
    expectNoViolation(await sample(rivals(take, clock), options));
  });

  test.each(Object.entries(wrongClocks))(
    'where requests take their time, with a clock %s',
    async (name, clock) => {
      const options = { ...timedRivalOptions(name), tables };
      expectNoViolation(await sample(rivals(take, clock, true), options));
    },
  );
});
