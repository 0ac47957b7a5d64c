import { describeRivals, rivalLeaseMs } from '@x/simulation';
import { describe } from 'vitest';

import { DynamoSemaphore, semaphoresTable } from '../src/index.js';

describe.each([1, 2])('by DynamoDB’s clock no more than %d hold a place', (n) => {
  describeRivals(
    (rival, signal) =>
      new DynamoSemaphore({ ...rival, serverClock: true, tableName: 'semaphores' }).acquire('k', {
        n,
        leaseMs: rivalLeaseMs,
        waitMsMax: 3 * rivalLeaseMs,
        signal,
      }),
    semaphoresTable,
    n,
  );
});
