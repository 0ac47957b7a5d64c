import { stringOf, type Item } from '@x/dynamo-core';

import type { OwnAttempt } from './algorithm.js';
import { attemptRegisters, type ChangedRow, type KeyCall } from './attempt-row.js';
import { stateOf, type ResolvedLimit } from './limits.js';

/** Where an attempt was counted: for each limit, in which window and with which state. */
export type OwnAttempts = ReadonlyMap<ResolvedLimit, OwnAttempt>;

/** Reads off a row where the attempt of this call was counted. */
export function ownAttempts(call: KeyCall, { row: { item }, isLatest }: ChangedRow): OwnAttempts {
  const own = new Map<ResolvedLimit, OwnAttempt>();
  for (const limit of call.counting) {
    const began = windowOf(item, limit, call.id);
    if (began === undefined) continue;
    const taken = isLatest ? stateOf(item, limit) : undefined;
    own.set(limit, { began, takenAtMs: call.nowMs, taken });
  }
  return own;
}

/**
 * The id of the window in which the change with this id was counted. `undefined` when another window
 * has begun since.
 */
function windowOf(item: Item, { suffix }: ResolvedLimit, id: string): string | undefined {
  const began = stringOf(item, `began${suffix}`);
  const ids = attemptRegisters.map((name) => stringOf(item, name));
  const beganAt = ids.indexOf(began?.split(',')[0]);
  // The ids are in order, so that a window which began after the attempt is not its own.
  return beganAt !== -1 && beganAt < ids.indexOf(id) ? undefined : began;
}
