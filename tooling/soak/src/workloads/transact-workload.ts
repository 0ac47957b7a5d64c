import { valuesRemembered } from '@x/dynamo-core/mechanism';
import { PartitionedKeyValueTable, put, type CompoundKey } from '@x/dynamo-partitioned';

import type { Workload } from './workload.js';
import { sumBounds } from './sum-bounds.js';

const keysPerRound = 8;
const pauseMsMax = 10;

/**
 * A message opens an account, however often it comes: what was added to it since stays.
 *
 * One that is broken on purpose sends its transactions without a token.
 */
export const transactWorkload: Workload = {
  name: 'transact',

  start: (worker) => {
    const table = new PartitionedKeyValueTable(worker.on('partitioned'));
    return async () => {
      const sort = `r${worker.round}-${worker.pick(keysPerRound)}`;
      const writes = [put(keyOf('opened', sort), 1), put(keyOf('sum', sort), 0)];
      const token = worker.isBroken ? undefined : sort;
      const opened = await worker.call('open', sort, null, () => table.transact(writes, { token }));
      if (opened !== undefined) {
        const add = (): Promise<number> => table.update(keyOf('sum', sort), (n = 0) => n + 1);
        await worker.call('add', sort, 1, add);
      }
      await worker.pause(pauseMsMax);
    };
  },

  check: async (round, findings, { dynamo, tables }) => {
    const table = new PartitionedKeyValueTable({ dynamo, tableName: tables.partitioned });
    const counting = { remembered: valuesRemembered, byOf: () => 1 };
    for (const sort of round.keys()) {
      const sum = (await table.get(keyOf('sum', sort), { consistent: true })) ?? 0;
      const { least, most, text } = sumBounds(round.callsOf(sort, 'add'), counting);
      findings.expect(
        sum >= least && sum <= most,
        () => `the sum of ${sort} is ${sum}, not ${least} to ${most}: ${text}`,
      );
    }
  },
};

function keyOf(namespace: string, sort: string): CompoundKey<string, number> {
  return { partition: 'soak', namespace, sort };
}
