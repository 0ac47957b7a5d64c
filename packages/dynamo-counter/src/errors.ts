import { DynamoPrimitiveError } from '@x/dynamo-core';

/**
 * A stored count is past 2^53 - 1, so that a JavaScript number would round it. Read it with a
 * counter of `mode: 'bigint'`.
 */
export class UnsafeCountError extends DynamoPrimitiveError {
  static override readonly code = 'UnsafeCount';

  /** The key of the counter, as it is stored. */
  readonly key: string;
  /** The count, exactly. */
  readonly count: bigint;

  constructor(key: string, count: bigint) {
    super(`Cannot read "${key}" as a number: its count ${count} is past 2^53 - 1`);
    this.key = key;
    this.count = count;
  }
}
