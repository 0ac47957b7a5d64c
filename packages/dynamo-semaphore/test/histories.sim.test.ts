import { numberOf, stringOf } from '@x/dynamo-core';
import { leaseHistory } from '@x/simulation';
import { test } from 'vitest';

import { DynamoSemaphore, semaphoresTable } from '../src/index.js';

test.each([0, 1, 2])(
  'a semaphore has n holders at most in histories %d00 and on, under every clock and whatever is lost or late',
  { timeout: 60_000 },
  async (hundred) => {
    for (let seed = hundred * 100; seed < hundred * 100 + 100; seed++) {
      await leaseHistory(
        {
          table: semaphoresTable,
          nMax: 4,
          take: (rival, asked) =>
            new DynamoSemaphore({
              ...rival,
              serverClock: rival.holder !== 'last',
              tableName: 'semaphores',
            }).tryAcquire('k', asked),
          said: (row, fence) => {
            const names = Object.keys(row).filter((name) => name.startsWith('f.'));
            const own = names.find((name) => numberOf(row, name) === fence) ?? '';
            const meta = stringOf(row, own.replace('f.', 'h.')) ?? '{}';
            return (JSON.parse(meta) as { info?: number }).info;
          },
          faultOf: (row) => {
            const ends = Object.keys(row).filter((name) => name.startsWith('e.')).length;
            const taken = numberOf(row, 'taken') ?? 0;
            return taken === ends ? undefined : `${taken} taken, and ${ends} there`;
          },
        },
        seed,
        60,
      );
    }
  },
);
