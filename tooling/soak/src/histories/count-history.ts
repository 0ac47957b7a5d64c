import { countsRemembered } from '@x/dynamo-core/mechanism';
import { KeyValueCounter } from '@x/dynamo-counter';
import { countAfter, type CounterInput, type SequentialModel } from '@x/simulation';

import { isPastMemory, outputOf, type Call } from '../run/round.js';
import type { Workload } from '../workloads/workload.js';
import { HistorySlot } from './history-slot.js';
import { judgeHistories, operationOf } from './judge-histories.js';

interface Counted {
  readonly count: number;
  /** A call that was repeated may answer with later increments in its count, as the docs say. */
  readonly isLater: boolean;
}

const model: SequentialModel<number, CounterInput, Counted> = {
  init: 0,
  step: (count, input, returned) => {
    const after = countAfter(count, input);
    if (returned === undefined) return after;
    const { count: told, isLater } = returned.output;
    return told === after || (isLater && told > after) ? after : undefined;
  },
  keyOf: String,
};

/**
 * Increments, deletes and consistent reads of one counter.
 *
 * One that is broken on purpose counts with a bare ADD.
 */
export const countHistory: Workload = {
  name: 'history-count',

  start: (worker) => {
    const exactlyOnce = !worker.isBroken;
    const counter = new KeyValueCounter({ ...worker.on('keys'), namespace: 'count', exactlyOnce });
    const slot = new HistorySlot(worker);
    return async () => {
      const key = await slot.next();
      if (worker.pick(3) === 0) {
        await worker.call('read', key, { kind: 'read' }, async () => {
          const [entry] = await counter.get([key], { consistent: true });
          return entry?.count ?? 0;
        });
      } else if (worker.pick(10) === 0) {
        await worker.call('delete', key, { kind: 'delete' }, async () => {
          await counter.delete(key);
          return 0;
        });
      } else {
        const by = 1 + worker.pick(3);
        await worker.call('incr', key, { kind: 'add', by }, () => counter.incr(key, by));
      }
    };
  },

  check: (round, findings) =>
    judgeHistories(round, model, findings, (call, calls) => {
      const input = call.input as CounterInput;
      const seen = outputOf<number>(call);
      const isLater = input.kind === 'add' && (call.over?.sent ?? 0) > 1;
      const told = seen && { output: { count: seen.output, isLater } };
      const operation = operationOf(call, input, told);
      return mayBeTwice(call, calls)
        ? [operation, operationOf(call, input, undefined)]
        : [operation];
    }),
};

/**
 * A repeat is known while fewer others came between than a row remembers, and no delete; a delete
 * leaves nothing that its own repeat could know it by.
 */
function mayBeTwice(call: Call, calls: readonly Call[]): boolean {
  const { kind } = call.input as CounterInput;
  if (kind === 'read') return false;
  const deletes = calls.filter(({ input }) => (input as CounterInput).kind === 'delete');
  return (
    isPastMemory(call, calls, countsRemembered) ||
    (kind === 'delete' ? isPastMemory(call, calls, 0) : isPastMemory(call, deletes, 1))
  );
}
