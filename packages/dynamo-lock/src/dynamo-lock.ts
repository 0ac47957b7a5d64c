import type { CallOptions } from '@x/dynamo-core';

import { attemptLock, waitForLock } from './acquire.js';
import type { HeldLock } from './held-lock.js';
import { acquireAll, type HeldLocks } from './held-locks.js';
import { checkLockKey, checkWait, lockRequest, lockRequests } from './input.js';
import { statusOf, type LockStatus } from './lock-row.js';
import { forceRelease, listLocks, readHeld, sweepLocks } from './operators.js';
import {
  lockContext,
  type AcquireOptions,
  type AttemptOptions,
  type DynamoLockOptions,
  type ListLocksOptions,
  type LockContext,
  type WithLockOptions,
} from './options.js';
import { runLocked } from './with-lock.js';

const waitMsMaxDefault = 10_000;
const timeoutSecondsDefault = 30;

/**
 * Locks in a DynamoDB table: one request to take, hold or release one. A lock is a lease, which ends
 * by itself when its holder dies, and it carries a fence for where clocks fail.
 *
 * Never two clients hold a key at once while their clocks are within `skewToleranceMs` of
 * DynamoDB's. Beyond that, `fenceCondition` keeps what is written safe. Fences and purging rest on
 * clocks within 7 days of DynamoDB's.
 */
export class DynamoLock {
  readonly #context: LockContext;

  /** Checks the options and sends nothing. */
  constructor(options: DynamoLockOptions = {}) {
    this.#context = lockContext(options);
  }

  /**
   * Takes the lock if it is free: one attempt, without waiting.
   *
   * Sends one UpdateItem (one write unit, also when it is refused). A lost response does no harm:
   * the repeat finds its own work. One more UpdateItem writes a lease again that ended before its
   * answer came, gives back a lock whose holder may still act by DynamoDB's clock, as the answer
   * tells it, and gives back what an aborted call may have taken, or one of unknown outcome. Where
   * that fails, `monitoring.logger` gets it, and the lock is free when the lease ends.
   *
   * @param timeoutSeconds the duration of the lease, above 0
   * @returns the lock, or `undefined` while another holds it
   * @throws the SDK's errors, and the signal's reason when it aborts
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const lock = await new DynamoLock().tryAcquire('nightly-report', 30);
   * if (lock) await lock.release();
   * ```
   */
  async tryAcquire(
    key: string,
    timeoutSeconds: number,
    options: AttemptOptions = {},
  ): Promise<HeldLock | undefined> {
    const request = lockRequest(key, timeoutSeconds, options);
    const tried = await attemptLock(this.#context, request, this.#context.random.id());
    return tried.outcome === 'held' ? started(tried.lock, options.heartbeat) : undefined;
  }

  /**
   * Takes the lock, and waits for it while another holds it: with full jitter (50 ms doubling to
   * 2 s), and never beyond the end of the holder's lease, so that the lock of a holder that died is
   * taken as soon as it is free. Waiting is not a queue: who comes first need not be served first.
   *
   * Sends one UpdateItem (one write unit) per attempt; otherwise as `tryAcquire`.
   *
   * @param timeoutSeconds the duration of the lease, above 0
   * @throws LockTimeoutError when `waitMsMax` went by, with the holder and the expiry
   * @throws the SDK's errors, and the signal's reason when it aborts
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const lock = await new DynamoLock().acquire('nightly-report', 30, { waitMsMax: 5_000 });
   * await lock.release();
   * ```
   */
  async acquire(
    key: string,
    timeoutSeconds: number,
    options: AcquireOptions = {},
  ): Promise<HeldLock> {
    const { waitMsMax = waitMsMaxDefault, heartbeat } = options;
    checkWait(waitMsMax);
    const request = lockRequest(key, timeoutSeconds, options);
    return started(await waitForLock(this.#context, request, waitMsMax), heartbeat);
  }

  /**
   * Runs `fn` while holding the lock, which is renewed in the background, and releases it. Resolves
   * to what `fn` returns only when the lease ran all the time: if the lock was lost meanwhile, a
   * `LockLostError` is thrown after `fn` ended. Pass `lock.signal` to what `fn` does, so that it
   * stops then.
   *
   * Sends one UpdateItem per attempt to take the lock, one per third of the lease, and one to
   * release it (one write unit each).
   *
   * A release that fails after the work is reported through `monitoring.logger`, and hides no result.
   *
   * @throws what `fn` throws; when the release fails as well, an `AggregateError` of both
   * @throws InvalidInputError when `fn` returns a generator, an async iterable or a stream: its work
   *   would be done after the release
   * @throws LockTimeoutError, LockLostError and the SDK's errors
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const total = await new DynamoLock().withLock('totals', { waitMsMax: 5_000 }, async (lock) => {
   *   console.log(`writing with fence ${lock.fence}`);
   *   return 42;
   * });
   * console.log(total);
   * ```
   */
  async withLock<T>(
    key: string,
    options: WithLockOptions,
    fn: (lock: HeldLock) => T | Promise<T>,
  ): Promise<T> {
    const { timeoutSeconds = timeoutSecondsDefault, heartbeat = true } = options;
    const lock = await this.acquire(key, timeoutSeconds, { ...options, heartbeat });
    return await runLocked(lock, fn, this.#context.monitoring.logger);
  }

  /**
   * Takes several locks, all or none: in the order of the keys, so that two callers never wait for
   * each other. Those that are taken are renewed while the others are waited for.
   * `waitMsMax` is for all of them together. When one cannot be had, the others are released.
   *
   * Sends one UpdateItem (one write unit) per key and attempt.
   *
   * @param keys duplicates count once; none is not allowed
   * @param timeoutSeconds the duration of each lease, above 0
   * @throws LockTimeoutError for the lock that could not be had; the SDK's errors; an
   *   `AggregateError` when a release failed as well
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const both = await new DynamoLock().acquireAll(['account-7', 'account-9'], 30);
   * await both.release();
   * ```
   */
  async acquireAll(
    keys: readonly string[],
    timeoutSeconds: number,
    options: AcquireOptions = {},
  ): Promise<HeldLocks> {
    const { waitMsMax = waitMsMaxDefault, heartbeat = false } = options;
    checkWait(waitMsMax);
    const requests = lockRequests(keys, timeoutSeconds, options);
    return acquireAll(this.#context, requests, { waitMsMax, heartbeat });
  }

  /**
   * Who holds the lock, or `undefined` when it is free. The answer may be out of date when it
   * arrives: to decide on it, take the lock.
   *
   * Sends one consistent GetItem (one read unit). Throws the SDK's errors.
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const status = await new DynamoLock().inspect('nightly-report');
   * console.log(status ? `${status.holder} until ${status.expiresAt.toISOString()}` : 'free');
   * ```
   */
  async inspect(key: string, options: CallOptions = {}): Promise<LockStatus | undefined> {
    checkLockKey(key);
    const row = await readHeld(this.#context, key, options);
    return row && statusOf(row);
  }

  /**
   * All the locks that are held, in no particular order.
   *
   * Sends one consistent Scan per page of 1 MB. DynamoDB bills every row of the table, free locks
   * and other prefixes included: one read unit per 4 KB. For people and dashboards.
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * for await (const { key, holder } of new DynamoLock().list({ prefix: 'account-' })) {
   *   console.log(key, holder);
   * }
   * ```
   */
  list(options: ListLocksOptions = {}): AsyncGenerator<LockStatus, void, undefined> {
    return listLocks(this.#context, options);
  }

  /**
   * Frees a lock whoever holds it, for an operator who knows that the holder has died. A holder that
   * is alive learns of it with its next renewal, and only its fence keeps it from harm until then.
   *
   * Sends one consistent GetItem (one read unit) and, if the lock is held, one UpdateItem (one write
   * unit) under the condition that it is still held as it was seen; a renewal in between is
   * followed up. A lost response does no harm. Throws the SDK's errors.
   *
   * @returns whom it was taken from; `undefined` when nothing was done, because the lock is free or
   *   passed to another meanwhile
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const was = await new DynamoLock().forceRelease('nightly-report');
   * console.log(was ? `taken from ${was.holder}` : 'it was free');
   * ```
   */
  async forceRelease(key: string, options: CallOptions = {}): Promise<LockStatus | undefined> {
    checkLockKey(key);
    return forceRelease(this.#context, key, options);
  }

  /**
   * Deletes the rows of free locks whose `purgeAt` has passed: for tables without Time to Live.
   *
   * Sends one Scan per page of 1 MB (half a read unit per 4 KB of the table) and one DeleteItem (one
   * write unit) per row, under the condition that the lock is free. Throws the SDK's errors.
   *
   * @returns how many rows are deleted, by this call or by another at the same time
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * console.log(await new DynamoLock().sweep({ prefix: 'account-' })); // { deleted: 0 }
   * ```
   */
  async sweep(options: ListLocksOptions = {}): Promise<{ deleted: number }> {
    return { deleted: await sweepLocks(this.#context, options) };
  }
}

function started(lock: HeldLock, heartbeat = false): HeldLock {
  if (heartbeat) lock.heartbeat();
  return lock;
}
