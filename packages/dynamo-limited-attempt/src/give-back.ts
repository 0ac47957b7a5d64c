import type { Item } from '@x/dynamo-core';

import type { OwnAttempt } from './algorithm.js';
import { stateOf, suffixed, windowOf, type SeenRow } from './attempt-row.js';
import { changeRow, type KeyCall, type RowChange } from './change-row.js';
import { countable, mirror, setNames } from './count-attempt.js';
import type { ResolvedLimit } from './limits.js';
import { assigned, contextPart, expiry, identified, isUnchanged, mirrored } from './requests.js';
import { type Part } from './update-builder.js';

/** Where an attempt was counted: for each limit, in which window and with which state. */
export type OwnAttempts = ReadonlyMap<ResolvedLimit, OwnAttempt>;

/** Reads off a row where the attempt of this call was counted. */
export function ownAttempts(call: KeyCall, item: Item, isLatest: boolean): OwnAttempts {
  const own = new Map<ResolvedLimit, OwnAttempt>();
  for (const limit of countable(call.limits)) {
    const began = windowOf(item, limit, call.id);
    if (began === undefined) continue;
    const taken = isLatest ? stateOf(item, limit) : undefined;
    own.set(limit, { began, takenAtMs: call.nowMs, taken });
  }
  return own;
}

/**
 * Gives back what still counts: an attempt by its handle (`own`), or `cost` by key. Computed from the
 * row and written only while it is that row; `'left'` where there is nothing to give back.
 */
export function giveBack(
  call: KeyCall,
  known: SeenRow | undefined,
  own: OwnAttempts | undefined,
  signal: AbortSignal | undefined,
): Promise<RowChange> {
  return changeRow(call, known, (row) => givenBack(call, row, own), { signal });
}

function givenBack(
  call: KeyCall,
  row: SeenRow | undefined,
  own: OwnAttempts | undefined,
): readonly Part[] | undefined {
  if (row === undefined || row.replaced !== undefined) return undefined;
  const states: Part[] = [];
  let hasGiven = false;
  let untilMs = call.nowMs;
  for (const limit of countable(call.limits)) {
    const state = stateOf(row.item, limit);
    if (state === undefined || (own !== undefined && !own.has(limit))) continue;
    const without = limit.algorithm.giveBack(state, limit, call, own?.get(limit));
    hasGiven ||= without !== undefined;
    // A row of the original becomes ours with all of its limits.
    if (without === undefined && row.original === undefined) continue;
    const next = without ?? state;
    states.push(assigned(suffixed(next, limit.suffix)));
    untilMs = Math.max(untilMs, limit.algorithm.standing(next, limit, call).resetAtMs);
  }
  if (!hasGiven) return undefined;
  if (row.original !== undefined) {
    states.push(contextPart(row.original.state.data ?? undefined, true));
    states.push(mirrored(mirror(call, row, -call.cost)));
  }
  const { nowMs, id } = call;
  return [
    ...states,
    expiry(row, nowMs, untilMs),
    ...isUnchanged(row, setNames(call)),
    identified(id, row),
  ];
}
