import { DynamoPrimitiveError, type EpochMS } from '@x/dynamo-core';

import type { DoOnceRecord, StoredError } from './record.js';

/**
 * Another caller is running the action and was not waited for any longer. Nothing was done, or, where
 * the key was cleared or released while the own action ran, what was done does not count yet.
 */
export class DoOnceInProgressError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceInProgress';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  /** When to try again, in milliseconds: when the claim ends, unless it is done or renewed. */
  readonly retryAfterMs: number;

  constructor(key: string, retryAfterMs: number) {
    super(
      `Cannot do "${key}": another caller is running it (its lease ends in ${retryAfterMs} ms)`,
    );
    this.key = key;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * A caller has claimed the action and stopped (its lease has ended, or its action failed and the
 * claim was kept), and nobody may take the claim over: `takeover` is off. Nothing was done, and
 * waiting does not help. Find out what that caller has done, then free the key with `clearKey`.
 */
export class DoOnceAbandonedError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceAbandoned';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  /** When it was claimed; `undefined` where the row does not say it. */
  readonly startedAtMs: EpochMS | undefined;

  constructor(key: string, startedAtMs: EpochMS | undefined) {
    super(
      `Cannot do "${key}": a caller has begun it and stopped, and takeover is off; ` +
        'see what it has done, then free the key with clearKey',
    );
    this.key = key;
    this.startedAtMs = startedAtMs;
  }
}

/**
 * The action was claimed or done with another payload. Nothing was done. A claim stays bound to its
 * payload also when its lease has ended, until `clearKey`, or until the claim expires.
 */
export class DoOnceMismatchError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceMismatch';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  /** What is stored. Not enumerable, so that no log shows it. */
  declare readonly record: DoOnceRecord;

  constructor(key: string, record: DoOnceRecord) {
    super(
      `Cannot do "${key}": it was ${record.done ? 'done' : 'claimed'} with another payload; ` +
        'use another key, or free this one with clearKey',
    );
    this.key = key;
    Object.defineProperty(this, 'record', { value: record });
  }
}

/**
 * The action has failed for good: an earlier caller's error was stored, as `storeError` asked for.
 * Nothing was done. `clearKey` frees the key for another attempt.
 */
export class DoOnceStoredError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceStored';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  /** The `name` of the error that was thrown. */
  readonly storedName: string;
  /** Its message. Not enumerable, so that no log shows it. */
  declare readonly storedMessage: string;
  /** When it failed. */
  readonly at: EpochMS | undefined;

  constructor(key: string, { name, message }: StoredError, at: EpochMS | undefined) {
    super(
      `Cannot do "${key}": it has failed for good; read storedMessage, or free the key with clearKey`,
    );
    this.key = key;
    this.storedName = name;
    this.at = at;
    Object.defineProperty(this, 'storedMessage', { value: message });
  }
}
