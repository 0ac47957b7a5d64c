import { waitForLock } from './acquire.js';
import type { HeldLock, ReleaseOutcome } from './held-lock.js';
import type { LockRequest } from './input.js';
import type { LockContext } from './options.js';
import { releaseAfter } from './with-lock.js';

/** Several locks that are held together. `DynamoLock.acquireAll` makes these. */
export class HeldLocks implements AsyncDisposable {
  /** The locks, in the order of their keys, each key once. */
  readonly locks: readonly HeldLock[];
  #signal: AbortSignal | undefined;

  constructor(locks: readonly HeldLock[]) {
    this.locks = locks;
  }

  /** Aborts as soon as one of the locks is not held any more, with its `LockLostError`. */
  get signal(): AbortSignal {
    this.#signal ??= firstOf(this.locks.map(({ signal }) => signal));
    return this.#signal;
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

/**
 * Takes one lock after the other, all or none, in the order of the keys, so that two callers never
 * wait for each other. Locks that are taken already are kept by heartbeats while the others are
 * waited for, at most `waitMsMax` milliseconds for all of them.
 */
export async function acquireAll(
  context: LockContext,
  requests: readonly LockRequest[],
  { waitMsMax, heartbeat }: { waitMsMax: number; heartbeat: boolean },
): Promise<HeldLocks> {
  const { clock } = context;
  const endMs = clock.monotonic() + waitMsMax;
  const locks: HeldLock[] = [];
  const stops: (() => void)[] = [];
  const held = new HeldLocks(locks);
  const inOrder = new Map(requests.map((request) => [request.key, request]));
  try {
    for (const key of [...inOrder.keys()].toSorted()) {
      const leftMs = Math.max(0, endMs - clock.monotonic());
      const lock = await waitForLock(context, inOrder.get(key) as LockRequest, leftMs);
      locks.push(lock);
      stops.push(lock.heartbeat());
    }
    held.assertHeld();
  } catch (error) {
    return await releaseAfter(error, held);
  }
  if (!heartbeat) for (const stop of stops) stop();
  return held;
}

/**
 * Aborts with the first of the signals. Not `AbortSignal.any`: what that returns is kept for as long
 * as somebody listens to it.
 */
function firstOf(signals: readonly AbortSignal[]): AbortSignal {
  const first = new AbortController();
  for (const signal of signals) {
    const onAbort = (): void => first.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  }
  return first.signal;
}
