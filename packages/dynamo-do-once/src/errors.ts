import { DynamoPrimitiveError } from '@x/dynamo-core';

import type { DoOnceRecord } from './record.js';

/** Another caller works on the action and was not waited for any longer. Nothing was done. */
export class DoOnceInProgressError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceInProgress';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  /** When to come again, in milliseconds: when the claim ends, unless it is done or renewed. */
  readonly retryAfterMs: number;

  constructor(key: string, retryAfterMs: number) {
    super(
      DoOnceInProgressError.code,
      `Cannot do "${key}": another caller is at it, for at most ${retryAfterMs} ms more`,
    );
    this.key = key;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The action was claimed or done with another payload. Nothing was done. */
export class DoOnceMismatchError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceMismatch';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  /** What is stored. */
  readonly record: DoOnceRecord;

  constructor(key: string, record: DoOnceRecord) {
    super(
      DoOnceMismatchError.code,
      `Cannot do "${key}": it ${record.done ? 'was done' : 'is being done'} with another payload`,
    );
    this.key = key;
    this.record = record;
  }
}

/**
 * Why an action has lost its lease.
 *
 * - `expired`: it ended and was not renewed.
 * - `taken`: the row is another caller's, or was cleared or marked as done.
 */
export type LeaseLossReason = 'expired' | 'taken';

const losses: Record<LeaseLossReason, string> = {
  expired: 'its lease has ended',
  taken: 'the row is not its own any more',
};

/** The reason of `context.signal`: from now on another caller may run the action. */
export class DoOnceLeaseLostError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceLeaseLost';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  readonly reason: LeaseLossReason;

  constructor(key: string, reason: LeaseLossReason) {
    super(
      DoOnceLeaseLostError.code,
      `Cannot go on with "${key}" as the only one: ${losses[reason]}`,
    );
    this.key = key;
    this.reason = reason;
  }
}
