import type { Learning } from './clock-machine.js';

/** The choices in the design of the clock; the first test shows the values that are right. */
export interface ClockDesign {
  readonly learns: Learning;
  /** Whether an acquisition checks its lease and the one that it replaced by the answer's time. */
  readonly checksAnswer: boolean;
  /** Whether what gives a lock back writes the end that was replaced, and not that it is free. */
  readonly restoresPrior: boolean;
}

/** What happens to the machine of A. The clocks of B and C are right. */
export interface ClockConditions {
  /** By how much its wall clock is ahead: one of these. */
  readonly offsets: readonly number[];
  /** How long the later ones of its answers take at most. */
  readonly lateMsMax: number;
  /** By how much its wall clock is set, either way, after some answers. @default 0 */
  readonly stepMs?: number;
  /** For how long it stands still, with both clocks, after some answers. @default 0 */
  readonly suspendMs?: number;
  /** How often A gives up on its acquisition while that is under way. @default 0 */
  readonly abortProbability?: number;
}
