import { DynamoPrimitiveError } from '@x/dynamo-core';

import type { RefusedIncrement } from './bounds.js';
import { giveCount, type CountMode, type CountOf } from './requests.js';

/** What is known about a change that was refused. */
export interface CounterBounds {
  /** What the count is; 0 for a counter that does not exist. */
  readonly current: number | bigint;
  /** What was to be added. */
  readonly by: number | bigint;
  /** The smallest count that was allowed. */
  readonly min: number | bigint;
  /** The largest count that was allowed. */
  readonly max: number | bigint;
  /** When the count starts over: the end of its window or its expiry. `undefined` for never. */
  readonly resetAtMs?: number | undefined;
}

/** The change would take the count out of its bounds. Nothing was changed. */
export class CounterOutOfBoundsError extends DynamoPrimitiveError implements CounterBounds {
  static override readonly code = 'CounterOutOfBounds';

  /** The key of the counter, as it is stored. */
  readonly key: string;
  declare readonly current: number | bigint;
  declare readonly by: number | bigint;
  declare readonly min: number | bigint;
  declare readonly max: number | bigint;
  declare readonly resetAtMs: number | undefined;

  constructor(key: string, { current, by, min, max, resetAtMs }: CounterBounds) {
    super(
      'CounterOutOfBounds',
      `Cannot add ${by} to "${key}": it is at ${current} and must stay from ${min} to ${max}`,
    );
    this.key = key;
    Object.assign(this, { current, by, min, max, resetAtMs });
  }
}

/** What an increment beyond its bounds throws. */
export function outOfBounds<M extends CountMode>(
  mode: M,
  label: string,
  { amount, current, bounds }: RefusedIncrement<M>,
  resetAtMs: number | undefined,
): CounterOutOfBoundsError {
  const give = (count: bigint | number): CountOf<M> => giveCount<M>(mode, label, count);
  return new CounterOutOfBoundsError(label, {
    current: give(current),
    by: give(amount),
    min: give(bounds.min),
    max: give(bounds.max),
    resetAtMs,
  });
}

/** Whether the caller's own bounds refused it, and not the limit of the numbers themselves. */
export function isBeyond<M extends CountMode>({
  amount,
  current,
  asked,
  bounds,
}: RefusedIncrement<M>): boolean {
  const isAbove = asked.max !== undefined && current > bounds.max - amount;
  const isBelow = asked.min !== undefined && current < bounds.min - amount;
  return isAbove || isBelow;
}
