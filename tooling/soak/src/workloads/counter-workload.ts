import { countsRemembered } from '@x/dynamo-core/mechanism';
import { KeyValueCounter, PartitionedKeyValueCounter } from '@x/dynamo-counter';

import { Findings } from './findings.js';
import { sumBounds } from './sum-bounds.js';
import type { Workload } from './workload.js';

const keysPerRound = 8;
const changesMax = 3;
const pauseMsMax = 10;

/** Increments and decrements in both tables: the count is the sum of what was acknowledged. */
export const counterWorkload: Workload = {
  name: 'counter',
  breakage: 'counts with a bare ADD',

  start: (worker) => {
    const { dynamo, clock, random, tables } = worker;
    const shared = { dynamo, clock, random, exactlyOnce: !worker.isBroken };
    const counter = new KeyValueCounter({ ...shared, tableName: tables.keys, namespace: 'soak' });
    const partitioned = new PartitionedKeyValueCounter({
      ...shared,
      tableName: tables.partitioned,
    });
    return async () => {
      const sort = `r${worker.round}-${worker.pick(keysPerRound)}`;
      const by = worker.pick(2 * changesMax + 1) - changesMax;
      if (worker.pick(2) === 0) await worker.call('incr', sort, by, () => counter.incr(sort, by));
      else {
        const key = { partition: 'soak', namespace: 'counts', sort };
        await worker.call('partitioned incr', sort, by, () => partitioned.incr(key, by));
      }
      await worker.pause(pauseMsMax);
    };
  },

  check: async (round, { dynamo, tables }) => {
    const findings = new Findings();
    const keys = round.keys();
    const counter = new KeyValueCounter({ dynamo, tableName: tables.keys, namespace: 'soak' });
    const partitioned = new PartitionedKeyValueCounter({ dynamo, tableName: tables.partitioned });
    const counts = await counter.get(keys, { consistent: true });
    for (const { id, count = 0 } of counts) judge(id, 'incr', count);
    for (const sort of keys) {
      const key = { partition: 'soak', namespace: 'counts', sort };
      judge(sort, 'partitioned incr', (await partitioned.get(key, { consistent: true })) ?? 0);
    }
    return findings.verdict();

    function judge(key: string, operation: string, count: number): void {
      const { least, most, text } = sumBounds(
        round.callsOf(key, operation),
        countsRemembered,
        ({ input }) => Number(input),
      );
      findings.expect(
        count >= least && count <= most,
        () => `counter ${key} (${operation}) is ${count}, not ${least} to ${most}: ${text}`,
      );
    }
  },
};
