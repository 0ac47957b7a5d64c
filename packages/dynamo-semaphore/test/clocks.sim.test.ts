import {
  expectNoViolation,
  rivalOptions,
  rivals,
  sample,
  tenureMs,
  wrongClocks,
  type Rival,
} from '@x/simulation';
import { describe, test } from 'vitest';

import { DynamoSemaphore, semaphoresTable, type HeldPermit } from '../src/index.js';

const tables = [semaphoresTable];
const take = (rival: Rival): Promise<HeldPermit> =>
  new DynamoSemaphore({ ...rival, serverClock: true, tableName: 'semaphores' }).acquire('k', {
    n: 1,
    leaseMs: tenureMs,
    waitMsMax: 3 * tenureMs,
  });

describe('by DynamoDB’s clock no more than n hold a place', { timeout: 60_000 }, () => {
  test.each(Object.entries(wrongClocks))('with a clock %s', async (name, clock) => {
    const options = { ...rivalOptions(name), tables };
    expectNoViolation(await sample(rivals(take, clock), options));
  });
});
