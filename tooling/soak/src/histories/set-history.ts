import { valuesRemembered } from '@x/dynamo-core/mechanism';
import { PartitionedKeyValueTable, type CompoundKey } from '@x/dynamo-partitioned';
import { elementSetModel, type ElementSetInput } from '@x/simulation';

import { isPastMemory, outputOf } from '../run/round.js';
import type { Workload } from '../workloads/workload.js';
import { HistorySlot } from './history-slot.js';
import { judgeHistories, operationOf } from './judge-histories.js';

const elements = ['a', 'b', 'c', 'd'];

/**
 * Additions and removals of few elements by all clients, and consistent reads of the set.
 *
 * One that is broken on purpose reads, changes and writes the set without a condition.
 */
export const setHistory: Workload = {
  name: 'history-set',

  start: (worker) => {
    const table = new PartitionedKeyValueTable(worker.on('partitioned'));
    const slot = new HistorySlot(worker);

    async function naive(key: CompoundKey<string, string[]>, kind: string, element: string) {
      const before = (await table.get(key, { consistent: true })) ?? [];
      if (before.includes(element) === (kind === 'add')) return false;
      const others = before.filter((other) => other !== element);
      await table.set(key, kind === 'add' ? [...others, element] : others);
      return true;
    }

    return async () => {
      const name = await slot.next();
      const key: CompoundKey<string, string[]> = {
        partition: name,
        namespace: 'history',
        sort: 'set',
      };
      const kind = ['add', 'add', 'remove', 'read'][worker.pick(4)] ?? 'read';
      if (kind === 'read') {
        await worker.call('read', name, { kind }, async () =>
          ((await table.get(key, { consistent: true })) ?? []).toSorted(),
        );
        return;
      }
      const element = elements[worker.pick(elements.length)] ?? '';
      await worker.call(kind, name, { kind, element }, () => {
        if (worker.isBroken) return naive(key, kind, element);
        return kind === 'add' ? table.addToSet(key, element) : table.removeFromSet(key, element);
      });
    };
  },

  check: (round, findings) =>
    judgeHistories(round, elementSetModel, findings, (call, calls) => {
      const input = call.input as ElementSetInput;
      const answer = outputOf<boolean | readonly string[]>(call);
      const isKnown = answer?.output !== false || !isPastMemory(call, calls, valuesRemembered);
      return [operationOf(call, input, isKnown ? answer : undefined)];
    }),
};
