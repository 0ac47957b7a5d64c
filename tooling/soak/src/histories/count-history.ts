import { KeyValueCounter } from '@x/dynamo-counter';
import type { CounterInput, SequentialModel } from '@x/simulation';

import { isPastMemory } from '../run/is-past-memory.js';
import { outputOf } from '../run/round.js';
import type { Workload } from '../workloads/workload.js';
import { HistorySlot } from './history-slot.js';
import { judgeHistories, operationOf } from './judge-histories.js';

/** What a counter remembers by default. */
const changesRemembered = 32;

interface Counted {
  readonly count: number;
  /** A call that was repeated may answer with later increments in its count, as the docs say. */
  readonly isLater: boolean;
}

const model: SequentialModel<number, CounterInput, Counted> = {
  init: 0,
  step: (count, input, returned) => {
    const after = input.kind === 'add' ? count + input.by : count;
    if (returned === undefined) return after;
    const { count: told, isLater } = returned.output;
    return told === after || (isLater && told > after) ? after : undefined;
  },
  keyOf: String,
};

/** Increments and consistent reads of one counter. */
export const countHistory: Workload = {
  name: 'history-count',
  breakage: 'counts with a bare ADD',

  start: (worker) => {
    const { dynamo, clock, random, tables, isBroken } = worker;
    const counter = new KeyValueCounter({
      dynamo,
      clock,
      random,
      tableName: tables.keys,
      namespace: 'count',
      exactlyOnce: !isBroken,
    });
    const slot = new HistorySlot(worker);
    return async () => {
      const key = await slot.next();
      if (worker.pick(3) === 0) {
        await worker.call('read', key, { kind: 'read' }, async () => {
          const [entry] = await counter.get([key], { consistent: true });
          return entry?.count ?? 0;
        });
      } else {
        const by = 1 + worker.pick(3);
        await worker.call('incr', key, { kind: 'add', by }, () => counter.incr(key, by));
      }
    };
  },

  check: async (round) =>
    judgeHistories(round, model, (call, calls) => {
      const input = call.input as CounterInput;
      const seen = outputOf<number>(call);
      const isLater = input.kind === 'add' && (call.over?.sent ?? 0) > 1;
      const told = seen && { output: { count: seen.output, isLater } };
      const operation = operationOf(call, input, told);
      const isTwice = input.kind === 'add' && isPastMemory(call, calls, changesRemembered);
      return isTwice ? [operation, operationOf(call, input, undefined)] : [operation];
    }),
};
