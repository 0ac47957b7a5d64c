import type { PartitionedTable } from '@x/dynamo-core';
import { AttemptsError as Refused, LimitedAttempt as Limiter } from '@x/dynamo-limited-attempt';

import { PartitionedKeyValueTable } from './partitioned-key-value-table.js';
import type { TimeProvider } from './settings.js';
import { timedBy } from './timed-table.js';
import type { CompoundKey, EpochMS } from './types.js';

/** How many attempts are admitted in which time. */
export interface AttemptConfig {
  attemptsMax: number;
  /** In milliseconds. */
  validityTime: number;
}

/** What the row of a window says, as JSON. */
export interface ResetState<T extends string = string> {
  created: EpochMS;
  data: T | undefined;
  attempts: number;
}

/** An attempt that was admitted. */
export interface SuccessfulAttempt<T extends string = string> {
  context?: T;
  /** Forgets the attempts of the window. */
  clear(): Promise<void>;
}

/** An attempt was refused. */
export class AttemptsError extends Error {
  override readonly name = 'AttemptsError';
  readonly reason: 'attempts';

  /** `cause` is the error of `@x/dynamo-limited-attempt`, which says more. */
  constructor(reason: 'attempts', options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}

/** Attempts in a window of time, by the original's interface over `@x/dynamo-limited-attempt`. */
export class LimitedAttempt {
  readonly #limiter: Limiter;

  /** Sends nothing. */
  constructor(
    table: PartitionedTable = new PartitionedKeyValueTable(),
    timeProvider?: TimeProvider,
  ) {
    this.#limiter = new Limiter(timedBy(table, timeProvider));
  }

  /** Counts an attempt that is within the limit, and throws an `AttemptsError` for any other. */
  async attempt<T extends string = string>(
    key: CompoundKey<string, ResetState<T>>,
    { attemptsMax, validityTime }: AttemptConfig,
    context?: T,
  ): Promise<SuccessfulAttempt<T> | undefined> {
    try {
      const limit = { attemptsMax, validityTime };
      const attempt = await this.#limiter.attempt<T>(key, limit, context);
      const clear = (): Promise<void> => attempt.clear();
      return attempt.context === undefined ? { clear } : { context: attempt.context, clear };
    } catch (error) {
      if (error instanceof Refused) throw new AttemptsError('attempts', { cause: error });
      throw error;
    }
  }
}
