import {
  releaseAfter,
  type HeldLock,
  type ReleaseOptions,
  type ReleaseOutcome,
  type RenewOptions,
  type Waiting,
} from '@x/dynamo-core/mechanism';

import { takeLock } from './acquire.js';
import { withEach } from './with-each.js';
import type { LockContext, LockRequest } from './options.js';

/** Several locks that are held together: see `acquireAll` and `withLock`. */
export class HeldLocks implements AsyncDisposable {
  /** The locks, in the order in which the caller gave their keys, each key once. */
  readonly locks: readonly HeldLock[];
  #signal: AbortSignal | undefined;
  /** Those that `ending` gave, by their `beforeMs`: as of one lock. */
  readonly #endings = new Map<number, AbortSignal>();

  constructor(locks: readonly HeldLock[]) {
    this.locks = locks;
  }

  /** Aborts as soon as one of the locks is not held any more, with its `LockLostError`. */
  get signal(): AbortSignal {
    return (this.#signal ??= firstOf(this.locks.map(({ signal }) => signal)));
  }

  /**
   * A signal that aborts `beforeMs` milliseconds before the first of the leases ends: see
   * `HeldLock.ending`.
   */
  ending(beforeMs: number): AbortSignal {
    const known = this.#endings.get(beforeMs);
    if (known?.aborted === false) return known;
    const ending = firstOf(this.locks.map((lock) => lock.ending(beforeMs)));
    this.#endings.set(beforeMs, ending);
    return ending;
  }

  /** Milliseconds until the first of the leases ends. Sends nothing. */
  get remainingMs(): number {
    return Math.min(...this.locks.map((lock) => lock.remainingMs));
  }

  /** When the first of the leases ends, unless it is renewed, in epoch milliseconds. */
  get expiresAtMs(): number {
    return Math.min(...this.locks.map((lock) => lock.expiresAtMs));
  }

  /** Throws a `LockLostError` unless all the locks are held at this very moment. Sends nothing. */
  assertHeld(): void {
    for (const lock of this.locks) lock.assertHeld();
  }

  /**
   * Renews all the locks at once: see `HeldLock.renew`. Where several fail, an `AggregateError` of
   * their errors is thrown at the end.
   *
   * Sends one UpdateItem (one write unit) for each lock.
   */
  async renew(options?: RenewOptions | number): Promise<void> {
    await withEach('renew', this.locks, (lock) => lock.renew(options));
  }

  /**
   * Renews all the locks in the background: see `HeldLock.heartbeat`.
   *
   * @returns a function that ends it
   */
  heartbeat(): () => void {
    const stops = this.locks.map((lock) => lock.heartbeat());
    return () => {
      for (const stop of stops) stop();
    };
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
   * const locks = new DynamoLock({ tableName: 'locks' });
   * const both = await locks.acquireAll(['account-7', 'account-9']);
   * console.log(await both.release()); // [ 'released', 'released' ]
   * ```
   */
  async release(options?: ReleaseOptions): Promise<ReleaseOutcome[]> {
    return await withEach('release', this.locks, (lock) => lock.release(options));
  }

  /** Aborts `signal`, though the locks are held: for whoever runs work under them. */
  interrupt(reason: unknown): void {
    for (const lock of this.locks) lock.interrupt(reason);
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
  { waitMsMax, retry }: Waiting,
): Promise<HeldLocks> {
  const { clock } = context;
  const endMs = clock.monotonic() + waitMsMax;
  const byKey = new Map<string, HeldLock>();
  const stops: (() => void)[] = [];
  let hasAll = false;
  try {
    for (const request of requests.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      const leftMs = Math.max(0, endMs - clock.monotonic());
      // Work that never began keeps nothing closed.
      const minimumHoldMs = (): number => (hasAll ? request.minimumHoldMs() : 0);
      const asked = { ...request, minimumHoldMs };
      const lock = await takeLock(context, asked, { waitMsMax: leftMs, retry });
      byKey.set(request.key, lock);
      stops.push(lock.heartbeat());
    }
    for (const lock of byKey.values()) lock.assertHeld();
    hasAll = true;
  } catch (error) {
    return await releaseAfter(error, new HeldLocks([...byKey.values()]));
  }
  if (requests[0]?.heartbeat === false) for (const stop of stops) stop();
  return new HeldLocks(requests.map(({ key }) => byKey.get(key) as HeldLock));
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
    else signal.addEventListener('abort', onAbort, { signal: first.signal });
  }
  return first.signal;
}
