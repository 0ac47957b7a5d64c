import { ConflictError, pause, stringOf, writeConditionally, type Item } from '@x/dynamo-core';

import { hasChanged, newestId, stateOf, suffixed } from './attempt-row.js';
import { writeGivenBack } from './requests.js';
import type { AttemptCall } from './take-attempt.js';

/** An attempt that is to be given back. */
export interface Refund {
  /** The attempt as it was made. */
  readonly call: AttemptCall;
  /** The id of the refund itself. */
  readonly id: string;
  /** The window in which the attempt was counted. */
  readonly window: string;
  /** The row with the attempt in it, and whether it was the latest change then. */
  readonly item: Item;
  readonly isLatest: boolean;
}

const roundsMax = 50;
const backoff = { firstMs: 20, maxMs: 1_000 };

/**
 * Takes one attempt out of the limits in which it still counts. One request if nothing changed the
 * row since the attempt, one more for each change that comes in between. Answers with the row, or
 * with `undefined` when the attempt does not count any more.
 */
export async function refundAttempt(refund: Refund): Promise<Item | undefined> {
  const { call, id, window } = refund;
  const { rows, label } = call;
  let item: Item | undefined = refund.item;
  for (let round = 1; round <= roundsMax; round++) {
    const states = stringOf(item, 'window') === window ? statesWithout(refund, item) : undefined;
    if (states === undefined) return undefined;
    const pin = { newestId: newestId(item), data: undefined };
    const input = writeGivenBack(call, id, states, pin);
    const result = await writeConditionally(rows.transport, 'UpdateItem', input, {
      isMine: (met) => hasChanged(met, id),
      mustExist: call.key,
    });
    if (result.outcome === 'applied') return result.attributes ?? {};
    if (result.outcome === 'recognised') return result.item;
    item = result.item;
    if (round > 1) await pause(round - 2, backoff, rows);
  }
  throw new ConflictError(label, roundsMax);
}

/** The states of the limits in which the attempt still counts, without it. */
function statesWithout({ call, item, isLatest }: Refund, met: Item | undefined): Item | undefined {
  if (met === undefined) return undefined;
  const { cost, limits, nowMs: takenAtMs, rows } = call;
  const nowMs = Math.floor(rows.clock.now());
  const states: Item = {};
  for (const limit of limits) {
    const taken = isLatest ? stateOf(item, limit) : undefined;
    const state = stateOf(met, limit);
    const attempt = { nowMs, cost, takenAtMs, taken };
    const without = state && limit.algorithm.giveBack(state, limit, attempt);
    if (without !== undefined) Object.assign(states, suffixed(without, limit.suffix));
  }
  return Object.keys(states).length === 0 ? undefined : states;
}
