import {
  describeRivals,
  expectViolation,
  rivalLeaseMs,
  rivalOptions,
  rivals,
  sample,
  type Rival,
} from '@x/simulation';
import { describe, test } from 'vitest';

import { DynamoLock, locksTable, type HeldLock } from '../src/index.js';

const take =
  (serverClock: boolean) =>
  (rival: Rival, signal: AbortSignal): Promise<HeldLock> =>
    new DynamoLock({ ...rival, serverClock, tableName: 'locks' }).acquire('k', {
      leaseMs: rivalLeaseMs,
      waitMsMax: 3 * rivalLeaseMs,
      signal,
    });

describe('by DynamoDB’s clock no two hold a lock', () => {
  describeRivals(take(true), locksTable);
});

test('by its own clock two hold a lock', { timeout: 60_000 }, async () => {
  const ahead = { deviation: { clockOffsetMs: 240_000 } };
  const options = { ...rivalOptions('its own'), tables: [locksTable], runs: 200 };
  expectViolation(await sample(rivals(take(false), ahead), options), 'Held by');
});
