import type { Item } from '@x/dynamo-core';

/** A limit as an algorithm sees it. */
export interface Rule {
  /** How many attempts are admitted; at least 1. */
  readonly attemptsMax: number;
  /** For how long an attempt counts, in milliseconds; 0 where the algorithm knows it itself. */
  readonly windowMs: number;
  /** How much can be attempted at once. */
  readonly capacity: number;
  /** By how much windows of the clock are moved, in milliseconds. */
  readonly offsetMs: number;
}

/** When something is attempted, how much of the limit it takes, and the id of the change. */
export interface Moment {
  /** Whole milliseconds since 1970. */
  readonly nowMs: number;
  readonly cost: number;
  readonly id: string;
}

/** Where a key stands with one limit. */
export interface Standing {
  /** How much of the limit is used. */
  readonly attempts: number;
  /** When all of it will be left, if nothing else is attempted. The moment itself: nothing counts. */
  readonly resetAtMs: number;
  /** When the cost asked about fits, if nothing else is attempted. The moment itself: it fits. */
  readonly admitsAtMs: number;
}

/** The expressions of a change. */
export interface StepText {
  readonly sets: string;
  readonly condition: string;
}

/**
 * A change of the row that needs no read: its condition holds only where it is right, for each
 * state that the row may have. Beside its own values it may name `:id`. Where several
 * limits share a row, its attributes and values get a suffix.
 */
export interface Step extends StepText {
  readonly values: Item;
  /** Until when what it counts can matter. */
  readonly untilMs: number;
}

/** An attempt that is to be given back by its handle. */
export interface OwnAttempt {
  /** The id of the change that began the window in which it was counted. */
  readonly began: string;
  readonly takenAtMs: number;
  /** The state right after it, where that is known. */
  readonly taken: Item | undefined;
}

/** What a limit may say beside `attemptsMax`. */
export type LimitField = 'windowMs' | 'burst' | 'offsetMs';

/**
 * A way to count attempts: how they are kept in a row, who is admitted, and which single conditional
 * update admits without reading first. A plain object of pure functions. A state is the part of a
 * row that consists of `attributes`; `undefined` is that of a key without attempts. Functions that
 * get a state get it with the other attributes of the row.
 *
 * `fixedWindow`, `alignedWindow`, `calendarWindow`, `slidingLog`, `slidingCounter` and `tokenBucket`
 * are the ones that this package has.
 */
export interface Algorithm {
  readonly name: string;
  /** The attributes in which it keeps its state. All of them are present or none. */
  readonly attributes: readonly string[];
  /** What its limits take beside `attemptsMax`. */
  readonly fields: readonly LimitField[];
  /** The largest `attemptsMax` that it can count. */
  readonly largestLimit: number;
  /** Where a key with this state stands. */
  standing(state: Item | undefined, rule: Rule, moment: Moment): Standing;
  /** The state after an attempt, also past the limit. */
  take(state: Item | undefined, rule: Rule, moment: Moment): Item;
  /**
   * Counts in a state that goes on, or where there is none. `within` the limit only, or `past` it.
   * `undefined` where this state has to be written anew.
   */
  step(
    state: Item | undefined,
    rule: Rule,
    moment: Moment,
    bound: 'within' | 'past',
  ): Step | undefined;
  /**
   * The state without an attempt: the caller's own, or `cost` of what counts now. `undefined` where
   * there is nothing to give back.
   */
  giveBack(state: Item, rule: Rule, moment: Moment, own: OwnAttempt | undefined): Item | undefined;
  /**
   * The state as this rule keeps it, where it was kept by another one. It is written also when the
   * attempt is refused: what comes back with time comes back by the rule of the state.
   */
  converted?(state: Item, rule: Rule, moment: Moment): Item | undefined;
}
