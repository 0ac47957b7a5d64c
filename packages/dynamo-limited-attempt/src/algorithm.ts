import type { Item } from '@x/dynamo-core';

/** A limit as an algorithm sees it. */
export interface Rule {
  /** How many attempts are admitted. */
  readonly attemptsMax: number;
  /** For how long an attempt counts, in milliseconds. */
  readonly validityMs: number;
}

/** When something is attempted, and how much of the limit it takes. */
export interface Moment {
  /** Whole milliseconds since 1970. */
  readonly nowMs: number;
  readonly cost: number;
}

/** Where a key stands with one limit. */
export interface Standing {
  /** How much of the limit is used. */
  readonly attempts: number;
  /** How much of it is left. */
  readonly remaining: number;
  /** When all of it will be left, if nothing else is attempted. */
  readonly resetAtMs: number;
  /** When the cost asked about fits, if nothing else is attempted. The moment itself: it fits. */
  readonly admitsAtMs: number;
  /** Whether nothing that was attempted before still counts. */
  readonly isIdle: boolean;
}

/**
 * One conditional change of the row. `#x` stands for the attribute `x` of the algorithm, `:x` for
 * the value of that name; not `:id`, `:none`, `:context`, `:expiresAt` and `:blockNow`, which every
 * attempt has.
 */
export interface Step {
  readonly sets: readonly string[];
  readonly removes?: readonly string[];
  /** Holds only if the attempt is within the limit, whatever happened since the row was seen. */
  readonly condition: string;
  readonly values: Item;
  /** Whether the condition holds only where nothing that was attempted before still counts. */
  readonly startsOver: boolean;
  /** Whether the condition fails where the row has no state of the algorithm. */
  readonly demandsState: boolean;
}

/** An attempt that is to be given back. */
export interface GivenBack extends Moment {
  /** When it was made. */
  readonly takenAtMs: number;
  /** The state right after it, where that is known. */
  readonly taken: Item | undefined;
}

/** What the original stored: a window anchored at its first attempt. */
export interface OriginalWindow {
  readonly createdMs: number;
  readonly attempts: number;
}

/**
 * A way to count attempts: how they are kept in a row, who is admitted, and which single
 * conditional update admits without reading first. Everything is a pure function. A state is the
 * part of a row that consists of `attributes`; `undefined` is that of a key without attempts.
 *
 * `fixedWindow`, `alignedWindow`, `slidingLog`, `slidingCounter` and `tokenBucket` are the ones
 * that this package has.
 */
export interface Algorithm {
  readonly name: string;
  /** The attributes in which it keeps its state. All of them are present or none. */
  readonly attributes: readonly string[];
  /** The largest `attemptsMax` that it can count. */
  readonly attemptsMaximum: number;
  /** Where a key with this state stands. */
  standing(state: Item | undefined, rule: Rule, moment: Moment): Standing;
  /** The state after an attempt that is within the limit. */
  admit(state: Item | undefined, rule: Rule, moment: Moment): Item;
  /**
   * The update that is likely to admit an attempt. It is safe whatever the row has become since
   * `state` was seen. `undefined` where only a state that was just read can be built on.
   */
  step(state: Item | undefined | 'unknown', rule: Rule, moment: Moment): Step | undefined;
  /** The state without an attempt, or `undefined` when that attempt does not count any more. */
  giveBack(state: Item, rule: Rule, attempt: GivenBack): Item | undefined;
  /** The state that goes on with a window of the original. */
  continued(original: OriginalWindow, rule: Rule): Item;
}
