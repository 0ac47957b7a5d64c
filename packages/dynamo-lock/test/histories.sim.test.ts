import { stringOf, numberOf } from '@x/dynamo-core';
import { leaseHistory } from '@x/simulation';
import { test } from 'vitest';

import { DynamoLock, locksTable } from '../src/index.js';

test.each([0, 1, 2])(
  'a lock has one holder at most in histories %d00 and on, under every clock and whatever is lost or late',
  { timeout: 60_000 },
  async (hundred) => {
    for (let seed = hundred * 100; seed < hundred * 100 + 100; seed++) {
      await leaseHistory(
        {
          table: locksTable,
          nMax: 1,
          take: (rival, { leaseMs, info }) =>
            new DynamoLock({
              ...rival,
              serverClock: rival.holder !== 'last',
              tableName: 'locks',
            }).tryAcquire('k', { leaseMs, info }),
          said: (row, fence) => {
            const { info } = JSON.parse(stringOf(row, 'meta') ?? '{}') as { info?: number };
            return numberOf(row, 'fence') === fence ? info : undefined;
          },
          force: (rival) =>
            new DynamoLock({ ...rival, serverClock: true, tableName: 'locks' }).forceRelease('k'),
        },
        seed,
        60,
      );
    }
  },
);
