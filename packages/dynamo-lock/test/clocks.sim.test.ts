import {
  expectNoViolation,
  expectViolation,
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

import { DynamoLock, locksTable, type HeldLock } from '../src/index.js';

const tables = [locksTable];
const clocks = Object.entries({ ...wrongClocks, ...setClocks });
const take =
  (serverClock: boolean) =>
  (rival: Rival, signal: AbortSignal): Promise<HeldLock> =>
    new DynamoLock({ ...rival, serverClock, tableName: 'locks' }).acquire('k', {
      leaseMs: rivalLeaseMs,
      waitMsMax: 3 * rivalLeaseMs,
      signal,
    });

describe('by DynamoDB’s clock no two hold a lock', { timeout: 60_000 }, () => {
  test.each(clocks)('with a clock %s', async (name, clock) => {
    const options = { ...rivalOptions(name), tables };
    expectNoViolation(await sample(rivals(take(true), clock), options));
  });

  test.each(clocks)('where requests take their time, with a clock %s', async (name, clock) => {
    const options = { ...timedRivalOptions(name), tables };
    expectNoViolation(await sample(rivals(take(true), clock, { isTimed: true }), options));
  });

  test('and by its own clock two do', async () => {
    const ahead = { deviation: { clockOffsetMs: 240_000 } };
    const options = { ...rivalOptions('its own'), tables, runs: 60 };
    expectViolation(await sample(rivals(take(false), ahead), options), 'Held by');
  });
});
