import { valuesRemembered } from '@x/dynamo-core/mechanism';
import { PartitionedKeyValueTable, type CompoundKey } from '@x/dynamo-partitioned';

import { isPastMemory, outputOf, type Call } from '../run/round.js';
import type { Workload } from './workload.js';

const setsPerRound = 6;
const pauseMsMax = 10;
/** Most elements are taken out again, so that the sets stay small. */
const keptOneOf = 8;

/** Clients add elements of their own to shared sets and take most of them out again. */
export const setWorkload: Workload = {
  name: 'set',
  breakage: 'reads, changes and writes the set without a condition',

  start: (worker) => {
    const { random, isBroken } = worker;
    const table = new PartitionedKeyValueTable(worker.on('partitioned'));

    async function change(key: ReturnType<typeof setKey>, kind: string, element: string) {
      if (!isBroken) {
        return kind === 'add' ? table.addToSet(key, element) : table.removeFromSet(key, element);
      }
      const before = (await table.get(key, { consistent: true })) ?? [];
      const others = before.filter((other) => other !== element);
      await table.set(key, kind === 'add' ? [...others, element] : others);
      return true;
    }

    return async () => {
      const name = `r${worker.round}-${worker.pick(setsPerRound)}`;
      const key = setKey(name);
      const element = `${worker.client}-${random.id()}`;
      const added = await worker.call('add', name, element, () => change(key, 'add', element));
      await worker.pause(pauseMsMax);
      if (added === undefined || worker.pick(keptOneOf) === 0) return;
      await worker.call('remove', name, element, () => change(key, 'remove', element));
    };
  },

  check: async (round, findings, { dynamo, tables }) => {
    const table = new PartitionedKeyValueTable({ dynamo, tableName: tables.partitioned });
    for (const name of round.keys()) {
      const elements = new Set(await table.get(setKey(name), { consistent: true }));
      const changes = round.callsOf(name);
      const removals = new Map(round.callsOf(name, 'remove').map((call) => [call.input, call]));
      for (const call of round.callsOf(name, 'add')) {
        const element = call.input as string;
        const removal = removals.get(element);
        const added = outputOf<boolean>(call);
        const removed = removal && outputOf<boolean>(removal);
        if (added !== undefined) {
          findings.expect(
            added.output || isPastMemory(call, changes, valuesRemembered),
            () => `${element} was in set ${name} before it was added`,
          );
        }
        if (removed !== undefined) {
          findings.expect(
            removed.output || isPastMemory(removal as Call, changes, valuesRemembered),
            () => `${element} was lost from set ${name} by a race`,
          );
          findings.expect(
            !elements.has(element),
            () => `${element} is in set ${name} though its removal was acknowledged`,
          );
        } else if (added !== undefined && removal === undefined) {
          findings.expect(
            elements.has(element),
            () => `${element} is not in set ${name} though it was acknowledged and never removed`,
          );
        }
      }
    }
  },
};

function setKey(name: string): CompoundKey<string, string[]> {
  return { partition: `sets-${name}`, namespace: 'soak', sort: 'set' };
}
