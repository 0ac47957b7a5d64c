import { N, type Item } from '@x/dynamo-core';

import { idOf, stateOf, suffixed, type KeyCall, countable } from './attempt-row.js';
import { statusOf, type AttemptResult, Generations } from './key-status.js';
import { blockOf } from './block-key.js';

/** So many keys have attempts in memory while the store is unavailable. */
const keysMax = 10_000;

/** The same limits in the memory of this process, while the store is unavailable. */
export class LocalLimits {
  readonly #items = new Generations<Item>(keysMax);

  /** Counts an attempt of each call, of all or of none; a record is counted in any case. */
  decide(calls: readonly KeyCall[], isRecord: boolean): readonly AttemptResult[] {
    const results = calls.map((call) =>
      statusOf(this.#items.get(idOf(call.key)), call.limits, call),
    );
    const isCounted = isRecord || results.every(({ isAdmitted }) => isAdmitted);
    return calls.map((call, index) => {
      const block = isRecord
        ? undefined
        : blockOf(results[index] as AttemptResult, call.limits, call.nowMs);
      const item: Item = { ...this.#items.get(idOf(call.key)) };
      for (const limit of isCounted ? countable(call.limits) : []) {
        const state = limit.algorithm.take(stateOf(item, limit), limit, call);
        Object.assign(item, suffixed(state, limit.suffix));
      }
      if (block !== undefined) item['blockedUntil'] = N(block.untilMs);
      this.#items.set(idOf(call.key), item);
      const cost = isCounted ? 0 : call.cost;
      return { ...statusOf(item, call.limits, { ...call, cost }), counted: false };
    });
  }
}
