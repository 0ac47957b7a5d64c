import { DynamoPrimitiveError, type EpochMS } from '@x/dynamo-core';

import type { AttemptResult, LimitStatus, RefusalReason } from './options.js';

/** An attempt was refused. It was not counted. It says what `consume` answers. */
export class AttemptsError extends DynamoPrimitiveError {
  static override readonly code = 'Attempts';

  declare readonly reason: RefusalReason;
  /** The key, as `partition/namespace.sort`. */
  declare readonly key: string;
  /** How much of the limit is used. */
  declare readonly attempts: number;
  /** How much of it is left. */
  declare readonly remaining: number;
  /** The limit that refused; of several, the one that refuses longest. */
  declare readonly limit: number;
  /** When all of the limit will be left, if nothing else is attempted, in ms since 1970. */
  declare readonly resetAtMs: EpochMS;
  /**
   * In how many milliseconds the same attempt will be admitted, if nothing else is attempted; absent
   * where it never will be, or nobody knows.
   */
  declare readonly retryAfterMs?: number;
  declare readonly isAdmitted: false;
  declare readonly isBlocked: boolean;
  /** The same for each limit. */
  declare readonly limits: readonly LimitStatus[];
  /** The positions of the limits that refused. */
  declare readonly refusedBy: readonly number[];

  constructor(key: string, result: AttemptResult) {
    super(`Cannot attempt "${key}": ${explain(result)}`);
    const { counted: _, reason = 'attempts', ...status } = result;
    Object.assign(this, status, { key, reason, isAdmitted: false });
  }
}

function explain({ reason, attempts, limit, retryAfterMs }: AttemptResult): string {
  switch (reason) {
    case 'cost':
      return `it costs more than the limit of ${limit}`;
    case 'store':
      return 'DynamoDB cannot be reached';
    case 'blocked':
      return `it is blocked for ${retryAfterMs} ms`;
    case 'attempts':
    case undefined:
      return retryAfterMs === undefined
        ? `${limit} attempts are allowed`
        : `${attempts} of ${limit} attempts are used, the next one is possible in ${retryAfterMs} ms`;
  }
}
