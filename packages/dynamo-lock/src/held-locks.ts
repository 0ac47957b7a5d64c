import type { HeldLock } from './held-lock.js';
import type { ReleaseOutcome } from './release-outcome.js';

/** Several locks that are held together. `DynamoLock.acquireAll` makes these. */
export class HeldLocks implements AsyncDisposable {
  /** The locks, in the order of their keys, each key once. */
  readonly locks: readonly HeldLock[];

  constructor(locks: readonly HeldLock[]) {
    this.locks = locks;
  }

  /** Aborts as soon as one of the locks is not held any more, with its `LockLostError`. */
  get signal(): AbortSignal {
    return AbortSignal.any(this.locks.map(({ signal }) => signal));
  }

  /**
   * Milliseconds until the first of the leases ends. Reads the clocks and sends nothing.
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * await using both = await new DynamoLock().acquireAll(['account-7', 'account-9'], 30);
   * console.log(both.remainingMs() > 29_000);
   * ```
   */
  remainingMs(): number {
    return Math.min(...this.locks.map((lock) => lock.remainingMs()));
  }

  /**
   * Throws a `LockLostError` unless all the locks are held at this very moment. Sends nothing.
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * await using both = await new DynamoLock().acquireAll(['account-7', 'account-9'], 30);
   * both.assertHeld();
   * ```
   */
  assertHeld(): void {
    for (const lock of this.locks) lock.assertHeld();
  }

  /**
   * Releases all the locks, also where the release of one fails: then the error, or an
   * `AggregateError` of several, is thrown at the end.
   *
   * Sends one UpdateItem (one write unit) for each lock, at once.
   *
   * @returns what each release found, in the order of `locks`
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const both = await new DynamoLock().acquireAll(['account-7', 'account-9'], 30);
   * console.log(await both.release()); // [ 'released', 'released' ]
   * ```
   */
  async release(): Promise<ReleaseOutcome[]> {
    const settled = await Promise.allSettled(this.locks.map((lock) => lock.release()));
    const outcomes: ReleaseOutcome[] = [];
    const errors: unknown[] = [];
    for (const result of settled) {
      if (result.status === 'fulfilled') outcomes.push(result.value);
      else errors.push(result.reason);
    }
    if (errors.length > 1) throw new AggregateError(errors, 'Cannot release several locks');
    if (errors.length === 1) throw errors[0];
    return outcomes;
  }

  /** Releases the locks at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
