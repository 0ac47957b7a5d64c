import { ConflictError, KeyCollisionError, type CallOptions } from '@x/dynamo-core';

import { isOver, liveCount, otherOwner } from './counter-row.js';
import type { CounterTarget } from './counter-target.js';
import { sendMarkedChange } from './marked-change.js';
import type { CounterChange, Marker } from './requests.js';
import { sendChange } from './single-change.js';

/** What became of a change. */
export type ChangeOutcome =
  /** It is in this count. */
  | { readonly changed: true; readonly count: bigint }
  /** The count may not be changed from what it is. Nothing was changed. */
  | { readonly changed: false; readonly current: bigint };

export interface ApplyOptions extends CallOptions {
  /** The row that remembers the caller's token for long. */
  readonly marker?: Marker | undefined;
}

const attemptsMax = 12;

/**
 * Makes one change of one counter, exactly once. Everything that counts goes through here: a
 * counter that spreads over rows, or one that gathers changes, only chooses targets and amounts.
 *
 * A change is tried on a live row first. It is refused by an expired row, which then starts over,
 * or by a count out of range, which is the answer. Further attempts are for rows that others change
 * in between.
 */
export async function applyChange(
  target: CounterTarget,
  change: CounterChange,
  options: ApplyOptions,
): Promise<ChangeOutcome> {
  let startsOver = false;
  for (let attempt = 1; ; attempt++) {
    const at = { nowMs: target.clock.now(), startsOver };
    const met =
      options.marker === undefined
        ? await sendChange(target, change, at, options)
        : await sendMarkedChange(target, change, options.marker, at, options);
    if (!met.refused) return { changed: true, count: met.count };
    const other = otherOwner(met.item, target);
    if (other !== undefined)
      throw new KeyCollisionError(target.label, `it is a row of the namespace "${other}"`);
    const current = liveCount(met.item, target, at.nowMs) ?? 0n;
    if (!allows(change, current)) return { changed: false, current };
    if (attempt >= attemptsMax) throw new ConflictError(target.label, attempt);
    startsOver = isOver(met.item, at.nowMs);
  }
}

function allows({ verb, from: { min, max } }: CounterChange, current: bigint): boolean {
  return verb === 'set' || (current >= min && current <= max);
}
