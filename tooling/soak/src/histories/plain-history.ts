import { valuesRemembered } from '@x/dynamo-core/mechanism';
import { KeyValueTable } from '@x/dynamo-kv';
import {
  registerModel,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from '@x/simulation';

import { isPastMemory, outputOf } from '../run/round.js';
import type { Workload } from '../workloads/workload.js';
import { HistorySlot } from './history-slot.js';
import { judgeHistories, operationOf } from './judge-histories.js';

const attemptsMax = 4;

/** Writes without a condition, deletions and consistent reads of one value. */
export const plainHistory: Workload = {
  name: 'history-plain',
  breakage: 'answers a read from what it read last',

  start: (worker) => {
    const { random, isBroken } = worker;
    const kv = new KeyValueTable<string>({ ...worker.on('keys'), namespace: 'plain' });
    const slot = new HistorySlot(worker);
    const seen = new Map<string, string | null>();
    return async () => {
      const key = await slot.next();
      const choice = worker.pick(5);
      if (choice < 2) {
        const value = random.id();
        await worker.call('set', key, { kind: 'write', value }, () => kv.set(key, value));
      } else if (choice === 2) {
        await worker.call('delete', key, { kind: 'write' }, () => kv.delete(key));
      } else {
        await worker.call('get', key, { kind: 'read' }, async () => {
          const known = isBroken ? seen.get(key) : undefined;
          const value = known ?? (await kv.get(key, { consistent: true })) ?? null;
          seen.clear();
          seen.set(key, value);
          return value;
        });
      }
    };
  },

  check: (round, findings) =>
    judgeHistories(
      round,
      registerModel,
      findings,
      (call, calls): Operation<RegisterInput, RegisterOutput>[] => {
        const { kind, value } = call.input as { kind: string; value?: string };
        const seen = outputOf<string | null>(call);
        const output = seen && { output: seen.output ?? undefined };
        if (kind === 'read') return [operationOf(call, { kind: 'read' }, output)];
        const input: RegisterInput = { kind: 'write', value };
        // As the docs say, the repeat of a delete, and of a write that the row has forgotten, is as if
        // it were made again: it may have been, at any time.
        const changes = calls.filter(({ operation }) => operation !== 'get');
        const isKnown =
          call.operation === 'set' &&
          call.over !== undefined &&
          !isPastMemory(call, changes, valuesRemembered);
        const sent = isKnown ? 1 : (call.over?.sent ?? attemptsMax);
        const written = operationOf<RegisterInput, RegisterOutput>(call, input, undefined);
        return [
          operationOf(call, input, output),
          ...Array.from({ length: Math.max(0, sent - 1) }, () => written),
        ];
      },
    ),
};
