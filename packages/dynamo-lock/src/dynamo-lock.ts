import { InvalidInputError, type CallOptions } from '@x/dynamo-core';
import {
  acquireOptionNames,
  callOptionNames,
  tryAcquireOptionNames,
  checkFunction,
  checkKeyText,
  checkLease,
  checkedOptions,
  copyOfInfo,
  iterationOf,
  leaseMsDefault,
  leaseMsMax,
  leaseMsOf,
  onFirstUse,
  runHeld,
  waitingOf,
  type HeldLock,
  type ReleaseOutcome,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import { takeLock } from './acquire.js';
import { closeAll } from './with-each.js';
import type { HeldLocks } from './held-locks.js';
import type { LockStatus } from './lock-row.js';
import {
  lockContext,
  listOptionNames,
  type AcquireOptions,
  type TryAcquireOptions,
  type DynamoLockOptions,
  type ListLocksOptions,
  type LockContext,
  type LockRequest,
  withLockOptionNames,
  type WithLockOptions,
} from './options.js';

const several = /* @__PURE__ */ onFirstUse(() => import('./held-locks.js'));
const operators = /* @__PURE__ */ onFirstUse(() => import('./operators.js'));

/**
 * Locks in a DynamoDB table: one request to take, hold or release one. A lock is a lease, which ends
 * by itself when its holder dies, and it carries a fence for where clocks fail.
 *
 * Never two clients hold a key at once while their clocks are within `skewToleranceMs` of
 * DynamoDB's. Beyond that, `fenceCondition` keeps what is written safe. Fences and purging rest on
 * clocks within 7 days of DynamoDB's.
 *
 * Every method takes a `signal`. A request that gets no answer is given up after 30 seconds.
 */
export class DynamoLock implements AsyncDisposable {
  readonly #context: LockContext;

  /** Checks the options and sends nothing. */
  constructor(options?: DynamoLockOptions) {
    this.#context = lockContext(options);
  }

  /**
   * Takes the lock if it is free: one attempt, without waiting.
   *
   * Sends one UpdateItem (one write unit, also when it is refused). A lost response does no harm:
   * the repeat finds its own work. One more UpdateItem writes a lease again that ended before its
   * answer came, gives back a lock whose holder may still act by DynamoDB's clock, as the answer
   * says it, and gives back what an aborted call may have taken, or one of unknown outcome. That
   * goes on in the background where it takes longer than 250 ms. Where it fails,
   * `monitoring.logger` gets it, and the lock is free when the lease ends.
   *
   * @param lease the options, or the duration of the lease in seconds, above 0, as in the original
   * @returns the lock, or `undefined` while another holds it
   * @throws the SDK's errors, and the signal's reason when it aborts
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const locks = new DynamoLock({ tableName: 'locks' });
   * const lock = await locks.tryAcquire('nightly-report', { leaseMs: 30_000 });
   * if (lock) await lock.release();
   * ```
   */
  async tryAcquire(
    key: string,
    lease?: TryAcquireOptions | number,
    options?: TryAcquireOptions,
  ): Promise<HeldLock | undefined> {
    const given = optionsOf(lease, options, tryAcquireOptionNames);
    return takeLock(this.#context, lockRequest(key, given), undefined);
  }

  /**
   * Takes the lock, and waits for it while another holds it: with full jitter (50 ms doubling to
   * 5 s, see `retry`), and never beyond the end of the holder's lease, so that the lock of a holder
   * that died is taken as soon as it is free. Waiting is not FIFO.
   *
   * Sends one UpdateItem (one write unit) per attempt; otherwise as `tryAcquire`.
   *
   * @param lease the options, or the duration of the lease in seconds, above 0, as in the original
   * @throws LockTimeoutError when `waitMsMax` went by, with the holder and the expiry
   * @throws the SDK's errors, and the signal's reason when it aborts
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const locks = new DynamoLock({ tableName: 'locks' });
   * const lock = await locks.acquire('nightly-report', { leaseMs: 30_000, waitMsMax: 5_000 });
   * await lock.release();
   * ```
   */
  async acquire(
    key: string,
    lease?: AcquireOptions | number,
    options?: AcquireOptions,
  ): Promise<HeldLock> {
    const given = optionsOf(lease, options, acquireOptionNames);
    const waiting = waitingOf(given);
    return takeLock(this.#context, lockRequest(key, given), waiting);
  }

  /**
   * Runs `fn` while holding the lock, which is renewed in the background, and releases it. Resolves
   * to what `fn` returns only when the lease ran all the time: if the lock was lost meanwhile, a
   * `LockLostError` is thrown after `fn` ended. Pass `lock.signal` to what `fn` does, so that it
   * stops then. `lock.signal` aborts with `signal`, too; the lock is held until `fn` has ended.
   *
   * Several keys are taken all or none, in their sorted order, so that two callers never wait for
   * each other; `fn` gets them as `HeldLocks`, in the order of the array.
   *
   * Sends one UpdateItem per attempt to take a lock, one per third of the lease, and one to
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
   * const locks = new DynamoLock({ tableName: 'locks' });
   * const total = await locks.withLock('totals', async (lock) => {
   *   console.log(`writing with fence ${lock.fence}`);
   *   return 42;
   * });
   * console.log(total);
   *
   * await locks.withLock(['account-7', 'account-9'], { waitMsMax: 5_000 }, (both) => {
   *   both.assertHeld();
   * });
   * ```
   */
  async withLock<T>(key: string, fn: (lock: HeldLock) => T | Promise<T>): Promise<T>;
  async withLock<T>(
    key: string,
    options: WithLockOptions | undefined,
    fn: (lock: HeldLock) => T | Promise<T>,
  ): Promise<T>;
  async withLock<T>(keys: readonly string[], fn: (locks: HeldLocks) => T | Promise<T>): Promise<T>;
  async withLock<T>(
    keys: readonly string[],
    options: WithLockOptions | undefined,
    fn: (locks: HeldLocks) => T | Promise<T>,
  ): Promise<T>;
  async withLock<T>(
    keys: string | readonly string[],
    options: WithLockOptions | Work<T> | undefined,
    fn?: Work<T>,
  ): Promise<T> {
    const work = fn ?? options;
    checkFunction('fn', work);
    const asked = typeof options === 'function' ? {} : options;
    const given = { heartbeat: true, ...checkedOptions(asked, withLockOptionNames) };
    const run = { signal: given.signal, logger: this.#context.monitoring.logger };
    const waiting = waitingOf(given);
    if (typeof keys !== 'string') {
      const requests = lockRequests(keys, given);
      const { acquireAll } = await several();
      const held = await acquireAll(this.#context, requests, waiting);
      const name = requests.map(({ key }) => key).join('", "');
      return await runHeld(held, work as (held: HeldLocks) => T, { name, ...run });
    }
    const held = await takeLock(this.#context, lockRequest(keys, given), waiting);
    return await runHeld(held, work as (held: HeldLock) => T, { name: keys, ...run });
  }

  /**
   * Takes several locks, all or none: in the sorted order of the keys, so that two callers never
   * wait for each other. Those that are taken are renewed while the others are waited for.
   * `waitMsMax` is for all of them together. When one cannot be had, the others are released.
   *
   * Sends one UpdateItem (one write unit) per key and attempt.
   *
   * @param keys duplicates count once; none is not allowed
   * @param lease the options, or the duration of each lease in seconds, above 0, as in the original
   * @throws LockTimeoutError for the lock that could not be had; the SDK's errors; an
   *   `AggregateError` when a release failed as well
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const locks = new DynamoLock({ tableName: 'locks' });
   * const both = await locks.acquireAll(['account-7', 'account-9'], { leaseMs: 30_000 });
   * await both.release();
   * ```
   */
  async acquireAll(
    keys: readonly string[],
    lease?: AcquireOptions | number,
    options?: AcquireOptions,
  ): Promise<HeldLocks> {
    const given = optionsOf(lease, options, acquireOptionNames);
    const requests = lockRequests(keys, given);
    const waiting = waitingOf(given);
    const { acquireAll } = await several();
    return await acquireAll(this.#context, requests, waiting);
  }

  /**
   * Releases all that this object holds, for a process that shuts down: see `HeldLock.release`. Where
   * several fail, an `AggregateError` of their errors is thrown at the end. `await using` does it too.
   *
   * Acquisitions that are under way, or begin before it has ended, end with an `AbortError`: once it
   * has resolved, nothing is held. What is acquired after that is held as ever.
   *
   * Sends one UpdateItem (one write unit) for each lock, at once, and for each acquisition that was
   * being sent, before.
   *
   * @returns what each release found, in the order in which the locks were taken
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const locks = new DynamoLock({ tableName: 'locks' });
   * await locks.acquire('import');
   * console.log(await locks.releaseAll()); // [ 'released' ]
   * ```
   */
  async releaseAll(options?: CallOptions): Promise<ReleaseOutcome[]> {
    const given = checkedOptions(options, callOptionNames);
    given.signal?.throwIfAborted();
    const context = this.#context;
    const closing = closeAll(context, given);
    context.closing = closing;
    try {
      return await closing;
    } finally {
      if (context.closing === closing) context.closing = undefined;
    }
  }

  /** Releases all that it holds at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.releaseAll();
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
   * const status = await new DynamoLock({ tableName: 'locks' }).inspect('nightly-report');
   * console.log(status ? `${status.holder} until ${new Date(status.expiresAtMs).toISOString()}` : 'free');
   * ```
   */
  async inspect(key: string, options?: CallOptions): Promise<LockStatus | undefined> {
    checkLockKey(key);
    const given = checkedOptions(options, callOptionNames);
    const { inspectLock } = await operators();
    return inspectLock(this.#context, key, given);
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
   * for await (const { key, holder } of new DynamoLock({ tableName: 'locks' }).list({ prefix: 'account-' })) {
   *   console.log(key, holder);
   * }
   * ```
   */
  list(options?: ListLocksOptions): AsyncGenerator<LockStatus, void, undefined> {
    const given = checkedOptions(options, listOptionNames);
    return iterationOf(async () => (await operators()).listLocks(this.#context, given));
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
   * const was = await new DynamoLock({ tableName: 'locks' }).forceRelease('nightly-report');
   * console.log(was ? `taken from ${was.holder}` : 'it was free');
   * ```
   */
  async forceRelease(key: string, options?: CallOptions): Promise<LockStatus | undefined> {
    checkLockKey(key);
    const given = checkedOptions(options, callOptionNames);
    const { forceRelease } = await operators();
    return forceRelease(this.#context, key, given);
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
   * const locks = new DynamoLock({ tableName: 'locks' });
   * console.log(await locks.sweep({ prefix: 'account-' })); // { deleted: 0 }
   * ```
   */
  async sweep(options?: ListLocksOptions): Promise<{ deleted: number }> {
    const given = checkedOptions(options, listOptionNames);
    const { sweepLocks } = await operators();
    return { deleted: await sweepLocks(this.#context, given) };
  }
}

/** What `withLock` runs, for one lock or for several. */
type Work<T> = (held: HeldLock & HeldLocks) => T | Promise<T>;

/** Checks what the caller passed, and copies what is sent later. */
function lockRequest(key: string, options: WithLockOptions): LockRequest {
  checkLockKey(key);
  const { leaseMs = leaseMsDefault, signal, heartbeat = false, minimumHoldMs = 0 } = options;
  checkLease(leaseMs, leaseMsMax);
  const info = copyOfInfo(options.info);
  return { key, leaseMs, info, signal, heartbeat, minimumHoldMs: () => minimumHoldMs };
}

/** Checks the same for several keys, of which each counts once. */
function lockRequests(keys: readonly string[], options: WithLockOptions): LockRequest[] {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new InvalidInputError('keys', keys, 'an array of at least one key');
  }
  return [...new Set<string>(keys)].map((key) => lockRequest(key, options));
}

/** Throws unless `key` can be the key of a lock. */
function checkLockKey(key: string): void {
  checkKeyText('key', key);
}

/** The options of a call, whose duration may come before them as a number of seconds. */
function optionsOf<T extends TryAcquireOptions>(
  lease: T | number | undefined,
  options: T | undefined,
  names: OptionNames<T>,
): T {
  const first = typeof lease === 'number' ? { leaseMs: leaseMsOf(lease) } : lease;
  return { ...checkedOptions(options, names), ...checkedOptions(first as T | undefined, names) };
}
