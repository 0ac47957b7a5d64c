import type { IncrOptions } from './counter-options.js';
import type { CountMode } from './requests.js';

/** What a count must stay within, both included. */
export interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

/** An increment that was refused, with the count that it found. */
export interface RefusedIncrement<M extends CountMode> {
  readonly amount: bigint;
  readonly current: bigint | number;
  readonly asked: IncrOptions<M>;
  readonly bounds: Bounds;
}
