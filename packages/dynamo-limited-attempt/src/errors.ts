import { DynamoPrimitiveError, type EpochMS } from '@x/dynamo-core';

/** What an `AttemptsError` says beside its message. */
export interface AttemptsErrorDetails {
  /** The key, as `partition/namespace.sort`. */
  readonly key: string;
  readonly attempts: number;
  readonly limit: number;
  readonly resetAt: EpochMS;
  readonly retryAfterMs: number;
}

/** An attempt was refused because a limit is used up. It was not counted. */
export class AttemptsError extends DynamoPrimitiveError {
  static override readonly code = 'Attempts';

  readonly reason = 'attempts';
  /** The key, as `partition/namespace.sort`. */
  readonly key: string;
  /** How much of the limit is used. */
  readonly attempts: number;
  /** The `attemptsMax` of the limit that refused; of several, of the one that refuses longest. */
  readonly limit: number;
  /** When all of the limit will be left, if nothing else is attempted, in ms since 1970. */
  readonly resetAt: EpochMS;
  /** In how many milliseconds the same attempt will be admitted, if nothing else is attempted. */
  readonly retryAfterMs: number;

  constructor({ key, attempts, limit, resetAt, retryAfterMs }: AttemptsErrorDetails) {
    super(
      AttemptsError.code,
      `Cannot attempt "${key}": ${attempts} of ${limit} attempts are used, ` +
        `the next one is possible in ${retryAfterMs} ms`,
    );
    this.key = key;
    this.attempts = attempts;
    this.limit = limit;
    this.resetAt = resetAt;
    this.retryAfterMs = retryAfterMs;
  }
}
