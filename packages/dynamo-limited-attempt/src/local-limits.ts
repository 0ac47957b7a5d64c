import type { Item } from '@x/dynamo-core';

import { stateOf, suffixed } from './attempt-row.js';
import type { KeyCall } from './change-row.js';
import { countable } from './count-attempt.js';
import { Generations, idOf } from './recent-rows.js';
import { judge, type AttemptResult } from './verdict.js';

/** So many keys have attempts in memory while the store is unavailable. */
const keysMax = 10_000;

/** The same limits in the memory of this process, while the store is unavailable. */
export class LocalLimits {
  readonly #items = new Generations<Item>(keysMax);

  /** Counts an attempt of each call, of all or of none; a record is counted in any case. */
  decide(calls: readonly KeyCall[], isRecord: boolean): readonly AttemptResult[] {
    const verdicts = calls.map((call) => judge(this.#itemOf(call), call.limits, call));
    const isCounted = isRecord || verdicts.every(({ result }) => result.isAdmitted);
    return calls.map((call, index) => {
      const { result, block } = verdicts[index] as (typeof verdicts)[number];
      const item = { ...this.#itemOf(call) };
      this.#count(isCounted ? call : { ...call, cost: 0 }, item);
      if (!isRecord && block !== undefined) item['blockedUntil'] = { N: String(block.untilMs) };
      this.#items.set(idOf(call.key), item);
      if (!isCounted && (block === undefined || isRecord)) return { ...result, counted: false };
      const judged = judge(item, call.limits, { ...call, cost: isCounted ? 0 : call.cost });
      return { ...judged.result, counted: false };
    });
  }

  #itemOf({ key }: KeyCall): Item | undefined {
    return this.#items.get(idOf(key));
  }

  #count(call: KeyCall, item: Item): void {
    for (const limit of countable(call.limits)) {
      const state = limit.algorithm.take(stateOf(item, limit), limit, call);
      Object.assign(item, suffixed(state, limit.suffix));
    }
  }
}
