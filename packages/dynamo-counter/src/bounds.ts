import { InvalidInputError } from '@x/dynamo-core';

import { countMax, giveCount, takeCount, type CountMode, type CountOf } from './count-mode.js';
import type { IncrOptions } from './counter-options.js';
import { CounterOutOfBoundsError } from './errors.js';
import type { CountRange } from './requests.js';

/** What a count must stay within, both included. */
export interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

/** The bounds of the caller, or those of the mode. */
export function boundsOf<M extends CountMode>(mode: M, options: IncrOptions<M>): Bounds {
  const limit: bigint = countMax[mode];
  const min = options.min === undefined ? -limit : takeCount(mode, 'min', options.min);
  const max = options.max === undefined ? limit : takeCount(mode, 'max', options.max);
  if (min > max) throw new InvalidInputError('min', options.min, `at most max, which is ${max}`);
  return { min, max };
}

/** An increment that was refused, with the count that it found. */
export interface RefusedIncrement<M extends CountMode> {
  readonly amount: bigint;
  readonly current: bigint | number;
  readonly asked: IncrOptions<M>;
  readonly bounds: Bounds;
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

/** The counts from which an amount leads to one within the bounds. No counter is at 0. */
export function startsFrom(amount: bigint, { min, max }: Bounds): CountRange {
  const counts = { min: withinDigits(min - amount), max: withinDigits(max - amount) };
  return { counts, orNone: counts.min <= 0n && counts.max >= 0n };
}

/**
 * A bound that DynamoDB can compare with: it keeps 38 significant digits. No count reaches 10^38,
 * so that nothing is let through.
 */
function withinDigits(bound: bigint): bigint {
  const beyond = countMax.bigint + 1n;
  return bound > beyond ? beyond : bound < -beyond ? -beyond : bound;
}
