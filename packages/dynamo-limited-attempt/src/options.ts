import type { CallOptions, EpochMS } from '@x/dynamo-core';

/** How a limiter answers beyond its limits. */
export interface LimitedAttemptOptions {
  /**
   * What becomes of an attempt while DynamoDB cannot be reached or refuses the request: the SDK's
   * error, or an attempt that is admitted without being counted (`counted: false`). A refusal is
   * never turned into an admission.
   *
   * @default 'throw'
   */
  readonly onStoreError?: 'throw' | 'allow' | undefined;
  /**
   * Answers repeated refusals in this process, without a request, until the attempt would be
   * admitted (`retryAfterMs`). `true` is `{}`.
   *
   * @default false: what another process clears or gives back is seen at once
   */
  readonly shield?: boolean | ShieldOptions | undefined;
  /**
   * Of how many keys this process remembers what it saw last, to choose the request that is likely
   * to succeed: some hundred bytes for each. 0 for none. The shield remembers as many.
   *
   * @default 1000
   */
  readonly rememberedKeysMax?: number | undefined;
}

/** How long the shield may answer from what it has seen. */
export interface ShieldOptions {
  /**
   * For how long at most a `clear` or a `refund` by another process goes unseen, in milliseconds
   * above 0.
   *
   * @default Infinity: until `retryAfterMs` is over
   */
  readonly maskMsMax?: number | undefined;
}

/** What one attempt may say beyond its limits. */
export interface AttemptOptions extends CallOptions {
  /**
   * How much of each limit the attempt takes. A whole number from 1 to the smallest `attemptsMax`.
   *
   * @default 1
   */
  readonly cost?: number | undefined;
}

/** Where a key stands; of several limits, with the one that matters most. */
export interface AttemptStatus {
  /** How much of the limit is used. */
  readonly attempts: number;
  /** How much of it is left. */
  readonly remaining: number;
  /** Its `attemptsMax`. */
  readonly limit: number;
  /** When all of it will be left, if nothing else is attempted, in ms since 1970. */
  readonly resetAt: EpochMS;
}

/** An attempt that was admitted. */
export interface SuccessfulAttempt<T extends string = string> extends AttemptStatus {
  /** What the first attempt of the window gave as its context. */
  readonly context: T | undefined;
  /** `false` only when the store failed and `onStoreError: 'allow'` admitted the attempt. */
  readonly counted: boolean;
  /**
   * Forgets all attempts of the window in which this one was counted, for example after a login.
   * Does nothing when that window is over and another one has begun.
   *
   * One DeleteItem, one write unit. Safe to repeat.
   */
  clear(): Promise<void>;
  /**
   * Gives this attempt back, for example when what it was for did not take place. Answers `false`
   * when it does not count any more. Gives back once, however often it is called.
   *
   * One UpdateItem if nothing changed the row since the attempt, else two or more. Throws a
   * `ConflictError` when others changed the row in each of 50 tries.
   */
  refund(): Promise<boolean>;
}

/** What an attempt would meet now. */
export interface PeekedAttempt<T extends string = string> extends AttemptStatus {
  /** Whether an attempt would be admitted. */
  readonly isAdmitted: boolean;
  /** In how many milliseconds it would be, if nothing else is attempted. 0 when it would be now. */
  readonly retryAfterMs: number;
  /** What the first attempt of the window gave as its context. */
  readonly context: T | undefined;
}
