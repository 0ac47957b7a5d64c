import {
  InvalidInputError,
  type CallOptions,
  type CompoundKey,
  type EpochMS,
} from '@x/dynamo-core';
import {
  checkedOptions,
  checkOneOf,
  checkPositive,
  checkWellFormed,
  type OptionNames,
  type PartitionedRowsOptions,
  within,
} from '@x/dynamo-core/mechanism';

import type { Algorithm } from './algorithm.js';

/** What the original keeps as JSON in the `data` of a row, and what goes on from there. */
export interface ResetState<T = string> {
  /** When the window began. */
  created: EpochMS;
  /** The context of the window's first attempt. */
  data: T | undefined;
  attempts: number;
}

/** How many attempts are admitted in which time. */
export type AttemptLimit = LimitOptions & LimitWindow;

/** The window, by one of its names; a `calendarWindow` has it in itself. */
type LimitWindow =
  | {
      /** For how long an attempt counts, in whole milliseconds; at least 1. */
      readonly windowMs: number;
      readonly validityTime?: undefined;
    }
  | {
      /** Another name of `windowMs`. */
      readonly validityTime: number;
      readonly windowMs?: undefined;
    }
  | {
      readonly algorithm: Algorithm;
      readonly windowMs?: undefined;
      readonly validityTime?: undefined;
    };

interface LimitOptions {
  /**
   * How many attempts are admitted. A whole number from 0 (none, without a request) to 100 with
   * `slidingLog` and to 1,000,000,000 with the others.
   */
  readonly attemptsMax: number;
  /** How attempts are counted. @default fixedWindow */
  readonly algorithm?: Algorithm | undefined;
  /**
   * How long every attempt of the key is refused after one was refused by this limit, in whole
   * milliseconds, even if the limit has room again by then. The first refusal then takes a second
   * request.
   *
   * @default no longer than the limit itself refuses
   */
  readonly blockMs?: number | undefined;
  /**
   * For `tokenBucket`: how many tokens the bucket holds, a whole number of at least 1.
   *
   * @default attemptsMax
   */
  readonly burst?: number | undefined;
  /**
   * For `alignedWindow`: by how many whole milliseconds windows begin after multiples of `windowMs`.
   *
   * @default 0
   */
  readonly offsetMs?: number | undefined;
}

/** About 31 years. An expiry stays far from what could be taken for milliseconds. */
export const durationMsMax = 1e12;

/** The largest limit, and the most that is counted at once. */
export const largestLimit = 1_000_000_000;

/** Throws for what is no window. */
export const checkWindow: (name: string, value: number) => void = within(1, durationMsMax);

export const limitNames: OptionNames<AttemptLimit> = {
  attemptsMax: true,
  windowMs: checkWindow,
  validityTime: checkWindow,
  algorithm: true,
  blockMs: checkWindow,
  burst: within(1, largestLimit),
  offsetMs: within(-durationMsMax, durationMsMax),
};

/** One limit, or several that an attempt must all be within. */
export type AttemptLimits = AttemptLimit | readonly AttemptLimit[];

/** Why an attempt is refused. */
export type RefusalReason = 'attempts' | 'blocked' | 'cost' | 'store';

/** Where a key stands with one limit; of several limits, with the one that matters most. */
export interface LimitStatus {
  readonly isAdmitted: boolean;
  /** How much of the limit is used. */
  readonly attempts: number;
  /** How much of it is left; never below 0. */
  readonly remaining: number;
  /** How much can be attempted at once: its `attemptsMax`, or the `burst` of a bucket. */
  readonly limit: number;
  /** When all of it will be left, if nothing else is attempted, in ms since 1970. */
  readonly resetAtMs: EpochMS;
  /**
   * In how many milliseconds the same attempt will be admitted, if nothing else is attempted; 0 when
   * it is now. Absent where nobody knows or it never will be: for the reasons `cost` and `store`, and
   * for an `attemptsMax` of 0.
   */
  readonly retryAfterMs?: number;
  /**
   * `attempts`: the limit is used up. `blocked`: until a block ends. `cost`: it is more than the
   * limit. `store`: DynamoDB cannot be reached, and `onStoreError` is `'refuse'`.
   */
  readonly reason: RefusalReason | undefined;
  readonly isBlocked: boolean;
}

/** Where a key stands with all limits together. Plain data. */
export interface AttemptResult extends LimitStatus {
  /** The same for each limit, in the order of the list. */
  readonly limits: readonly LimitStatus[];
  /** The positions of the limits that refuse; `[]` when admitted. */
  readonly refusedBy: readonly number[];
  /** `false` where the store failed and the attempt was admitted or decided without it. */
  readonly counted?: false;
}

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
  onStoreError(_name, policy) {
    if (typeof policy !== 'function') checkPolicy(policy);
  },
  fallback: 'boolean',
  timeoutMs: checkTimeout,
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

/** What bounds a decision. */
export interface DecisionOptions extends CallOptions {
  /** As `timeoutMs` of the limiter, for this call. */
  readonly timeoutMs?: number | undefined;
}

export const decisionOptionNames: OptionNames<DecisionOptions> = {
  signal: true,
  timeoutMs: checkTimeout,
};

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

export const costOptionNames: OptionNames<CostOptions> = {
  ...decisionOptionNames,
  cost: within(1),
};

/** What one attempt may say beyond its limits. */
export interface AttemptOptions<T extends string = string> extends CostOptions {
  /** A text to keep with the window that this attempt begins. */
  readonly context?: T | undefined;
}

export const attemptOptionNames: OptionNames<AttemptOptions> = {
  ...costOptionNames,
  context: checkContext,
};

/** What `wait` takes. */
export interface WaitOptions<T extends string = string> extends AttemptOptions<T> {
  /**
   * How long it may wait, in milliseconds; at least 0, which attempts once. What is sent in time has
   * half a second for its answer, also where less is left.
   *
   * @default 10_000
   */
  readonly waitMsMax?: number | undefined;
  /** How many calls of this process may wait for the key; at least 1. @default 100 */
  readonly waitersMax?: number | undefined;
}

export const waitOptionNames: OptionNames<WaitOptions> = {
  ...attemptOptionNames,
  waitMsMax: within(0),
  waitersMax: within(1),
};

/** One key of `attemptAll`. */
export interface AttemptEntry {
  readonly key: CompoundKey;
  readonly limits: AttemptLimits;
  /** @default 1 */
  readonly cost?: number | undefined;
}

/** What `attemptAll` takes. */
export interface AttemptAllOptions extends DecisionOptions {
  /** Whether to read what is left after an admission, in one more request. @default false */
  readonly remaining?: boolean | undefined;
}

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
  clear(options?: DecisionOptions): Promise<void>;
  /**
   * Gives this attempt back, or a part of its cost (a bare number is the cost; by default it is all that
   * was not given back yet), for example when what
   * it was for did not take place: to each limit whose window is still the one that counted it.
   * Answers `false` when it does not count any more. What was given back once is not given again,
   * however often it is called.
   *
   * One UpdateItem if nothing changed the row since the attempt, else two or more. Throws an
   * `InvalidInputError` for more than what is left of its cost, and a `ConflictError` when others
   * changed the row in each of 50 tries.
   */
  refund(cost?: number | CostOptions): Promise<boolean>;
}

/** What an attempt would meet now. */
export interface PeekedAttempt<T extends string = string> extends AttemptResult {
  /** What the first attempt of the window gave as its context. */
  readonly context: T | undefined;
}

/** For how long the shield may hide what others give back; 0 without one. */
export function maskMsOf({ shield = false }: LimiterOptions): number {
  if (shield === false) return 0;
  const { maskMsMax = Infinity } =
    shield === true ? {} : checkedOptions(shield, { maskMsMax: true }, 'shield');
  if (!(maskMsMax > 0)) throw new InvalidInputError('maskMsMax', maskMsMax, 'a number above 0');
  return maskMsMax;
}

export function checkPolicy(policy: StoreErrorPolicy): StoreErrorPolicy {
  checkOneOf('onStoreError', policy, ['throw', 'allow', 'refuse']);
  return policy;
}

function checkTimeout(name: string, timeoutMs: number): void {
  if (timeoutMs !== Infinity) checkPositive(name, timeoutMs);
}

function checkContext(name: string, context: string): void {
  if (typeof context !== 'string') {
    throw new InvalidInputError(name, context, 'a string, or left out', { isData: true });
  }
  // Not every engine refuses half of a pair, and none could give it back.
  checkWellFormed(name, context);
}
