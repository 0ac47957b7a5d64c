import type { CallOptions, CompoundKey } from '@x/dynamo-core';
import type { OptionNames, PartitionedRowsOptions } from '@x/dynamo-core/mechanism';

import type { AttemptLimits } from './attempt-row.js';
import type { AttemptResult } from './key-status.js';

/** What becomes of a decision while DynamoDB cannot be reached. */
export type StoreErrorPolicy = 'throw' | 'allow' | 'refuse';

/** How a limiter answers beyond its limits. */
export interface LimiterOptions {
  /**
   * What becomes of an attempt while DynamoDB cannot be reached or does not keep up (throttling, 5xx,
   * a lost connection, no answer within `timeoutMs`): the error, an attempt that is admitted without
   * being counted (`counted: false`), or a refusal with the reason `store`. A function decides for
   * each. What the caller or the configuration does wrong (a missing table, no access) is always
   * thrown, and a refusal is never turned into an admission.
   *
   * @default 'throw'
   */
  readonly onStoreError?:
    | StoreErrorPolicy
    | ((error: unknown, key: CompoundKey) => StoreErrorPolicy)
    | undefined;
  /**
   * Decides by the same limits in the memory of this process while DynamoDB cannot be reached, before
   * `onStoreError` is asked: each process then admits the limit. Its answers have `counted: false`.
   *
   * @default false
   */
  readonly fallback?: boolean | undefined;
  /**
   * How long a call may take, in milliseconds above 0, `Infinity` for no bound. For a decision,
   * DynamoDB then counts as unavailable; the attempt may be counted all the same.
   *
   * @default for decisions, that of each request (`requestMsMax`, 30 s), and after 30 s no more than
   *   the third is begun; 2 s for what gives something back
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Answers repeated refusals in this process, without a request, until the attempt would be admitted
   * (`retryAfterMs`). `true` is `{}`.
   *
   * @default false: what another process clears or gives back is seen at once
   */
  readonly shield?: boolean | ShieldOptions | undefined;
  /**
   * Of how many keys this process remembers what it saw last, to choose the request that is likely to
   * succeed: less than 200 bytes for each (a log takes some more for each of its attempts). 0 for
   * none. The shield remembers as many.
   *
   * @default 1000
   */
  readonly rememberedKeysMax?: number | undefined;
}

/** The names of `LimiterOptions`. */
export const limiterOptionNames: OptionNames<LimiterOptions> = {
  onStoreError: true,
  fallback: true,
  timeoutMs: true,
  shield: true,
  rememberedKeysMax: true,
};

/** How a limiter is made: where its table is, and how it answers. */
export interface LimitedAttemptOptions extends PartitionedRowsOptions, LimiterOptions {}

/** How long the shield may answer from what it has seen. */
export interface ShieldOptions {
  /**
   * For how long at most a `clear` or a `refund` by another process goes unseen, in milliseconds
   * above 0.
   *
   * @default Infinity: until `retryAfterMs` has passed
   */
  readonly maskMsMax?: number | undefined;
}

export const shieldOptionNames: OptionNames<ShieldOptions> = { maskMsMax: true };

/** What bounds a decision. */
export interface DecisionOptions extends CallOptions {
  /** As `timeoutMs` of the limiter, for this call. */
  readonly timeoutMs?: number | undefined;
}

export const decisionOptionNames: OptionNames<DecisionOptions> = { signal: true, timeoutMs: true };

/** What a call about a cost takes. */
export interface CostOptions extends DecisionOptions {
  /**
   * How much of each limit is taken: a whole number of at least 1, for `record` of at most
   * 1,000,000,000.
   *
   * @default 1
   */
  readonly cost?: number | undefined;
}

export const costOptionNames: OptionNames<CostOptions> = { ...decisionOptionNames, cost: true };

/** What one attempt may say beyond its limits. */
export interface AttemptOptions<T extends string = string> extends CostOptions {
  /** A text to keep with the window that this attempt begins. */
  readonly context?: T | undefined;
}

export const attemptOptionNames: OptionNames<AttemptOptions> = {
  ...costOptionNames,
  context: true,
};

/** What `wait` takes. */
export interface WaitOptions<T extends string = string> extends AttemptOptions<T> {
  /** How long it may wait, in milliseconds; at least 0. @default 10_000 */
  readonly waitMsMax?: number | undefined;
  /** How many calls of this process may wait for the key; at least 1. @default 100 */
  readonly waitersMax?: number | undefined;
}

export const waitOptionNames: OptionNames<WaitOptions> = {
  ...attemptOptionNames,
  waitMsMax: true,
  waitersMax: true,
};

/** One key of `attemptAll`. */
export interface AttemptEntry {
  readonly key: CompoundKey;
  readonly limits: AttemptLimits;
  /** @default 1 */
  readonly cost?: number | undefined;
}

export const attemptEntryNames: OptionNames<AttemptEntry> = {
  key: true,
  limits: true,
  cost: true,
};

/** What `attemptAll` takes. */
export interface AttemptAllOptions extends DecisionOptions {
  /** Whether to read what is left after an admission, in one more request. @default false */
  readonly remaining?: boolean | undefined;
}

export const attemptAllOptionNames: OptionNames<AttemptAllOptions> = {
  ...decisionOptionNames,
  remaining: true,
};

/** Where one key of `attemptAll` stands. What was not read is left out. */
export type EntryResult = Pick<AttemptResult, 'isAdmitted' | 'reason' | 'isBlocked' | 'refusedBy'> &
  Partial<AttemptResult>;

/** What `attemptAll` came to. Plain data. */
export interface AttemptAllResult {
  readonly isAdmitted: boolean;
  /** When all would be admitted, if nothing else is attempted; absent where they never would be. */
  readonly retryAfterMs?: number;
  /** The positions of the entries that refuse; `[]` when admitted. */
  readonly refusedBy: readonly number[];
  readonly entries: readonly EntryResult[];
  /** `false` where it was admitted or decided without the store. */
  readonly counted?: false;
}

/** What gives an attempt back. */
export interface RefundOptions extends CallOptions {
  /** How much of its cost. @default all that was not given back yet */
  readonly cost?: number | undefined;
}

export const refundOptionNames: OptionNames<RefundOptions> = { cost: true, signal: true };

/** An attempt that was admitted. */
export interface SuccessfulAttempt<T extends string = string> extends Omit<
  AttemptResult,
  'counted'
> {
  /** What the first attempt of the window gave as its context. */
  readonly context: T | undefined;
  /** `false` only when the store failed and the attempt was admitted without it. */
  readonly counted: boolean;
  /**
   * Forgets all attempts of the windows in which this one was counted, for example after a login.
   * Does nothing when other windows have begun.
   *
   * One DeleteItem, one write unit. Safe to repeat.
   */
  clear(options?: CallOptions): Promise<void>;
  /**
   * Gives this attempt back, or a part of its cost (a bare number is the cost), for example when what
   * it was for did not take place: to each limit whose window is still the one that counted it.
   * Answers `false` when it does not count any more. What was given back once is not given again,
   * however often it is called.
   *
   * One UpdateItem if nothing changed the row since the attempt, else two or more. Throws an
   * `InvalidInputError` for more than what is left of its cost, and a `ConflictError` when others
   * changed the row in each of 50 tries.
   */
  refund(cost?: number | RefundOptions): Promise<boolean>;
}

/** What an attempt would meet now. */
export interface PeekedAttempt<T extends string = string> extends AttemptResult {
  /** What the first attempt of the window gave as its context. */
  readonly context: T | undefined;
}
