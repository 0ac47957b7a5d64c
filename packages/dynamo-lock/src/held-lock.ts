import { Lease, writeConditionally, type LeaseEnd } from '@x/dynamo-core/mechanism';

import { LockLostError } from './errors.js';
import { leaseMsOf } from './input.js';
import { isHeldBy, readLockRow } from './lock-row.js';
import type { LockContext } from './options.js';
import { releaseLock, renewLock, type Holding, type LockAddress } from './requests.js';

/**
 * What a release found. `'released'`: the lock was ours until now, and it is free. `'superseded'`:
 * it was not ours any more, and was left as it is.
 */
export type ReleaseOutcome = 'released' | 'superseded';

/** What an acquisition hands over. */
export interface Acquired extends Holding {
  readonly key: string;
  readonly leaseMs: number;
  readonly end: LeaseEnd;
}

/**
 * A lock that is held, until its lease ends. `DynamoLock` makes these.
 *
 * The lease counts from the moment before the request is sent. It ends when the end that the row
 * holds may have come by DynamoDB's clock, or when the monotonic clock says so.
 */
export class HeldLock implements AsyncDisposable {
  readonly type = 'lock' as const;
  /** The key that is locked. */
  readonly key: string;
  /**
   * The fencing number: larger than that of every holder before. Pass it along with writes to what
   * the lock protects (`fenceCondition`), so that a holder whose lease has ended cannot overwrite
   * its successor's work.
   */
  readonly fence: number;
  readonly #context: LockContext;
  readonly #address: LockAddress;
  readonly #holding: Holding;
  readonly #lease: Lease<'stolen' | 'released'>;
  #release: Promise<ReleaseOutcome> | undefined;

  constructor(context: LockContext, { key, owner, fence, leaseMs, end }: Acquired) {
    const { clock, tableName } = context;
    this.key = key;
    this.fence = fence;
    this.#context = context;
    this.#address = { tableName, key };
    this.#holding = { owner, fence };
    this.#lease = new Lease({
      clock,
      leaseMs,
      end,
      toError: (reason, cause) => {
        return new LockLostError(key, fence, reason, cause === undefined ? {} : { cause });
      },
    });
  }

  /** When the lease ends by DynamoDB's clock, unless it is renewed. It moves with each renewal. */
  get expiresAt(): Date {
    return new Date(this.#lease.endsAtMs);
  }

  /**
   * Aborts, with a `LockLostError` as its reason, as soon as the lock is not held any more: the
   * lease ended, a renewal found the lock with another, or `release()` was called. Pass it to
   * whatever the lock protects.
   *
   * A timer can be late (a blocked event loop, a suspended process): the signal then aborts within
   * one turn of the event loop. Where that is too late, call `assertHeld()`. The timer runs from the
   * first use of this property on and does not keep the process alive.
   */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /**
   * Milliseconds until the lease ends, 0 when the lock is not held any more. Reads the clocks and
   * sends nothing.
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * await using lock = await new DynamoLock().acquire('import', 30);
   * if (lock.remainingMs() < 20_000) await lock.renew();
   * ```
   */
  remainingMs(): number {
    return this.#lease.remainingMs;
  }

  /**
   * Throws a `LockLostError` unless the lock is held at this very moment, as far as this client can
   * know. It reads the clocks, so that it is right also where timers are late. Sends nothing.
   *
   * A process can still be stopped between this call and the next statement: what must never be
   * written by two holders needs the `fence`, too.
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * await new DynamoLock().withLock('report', {}, async (lock) => {
   *   for (const part of ['a', 'b', 'c']) {
   *     lock.assertHeld();
   *     console.log(part);
   *   }
   * });
   * ```
   */
  assertHeld(): void {
    this.#lease.assertHeld();
  }

  /**
   * Extends the lease: it lasts `timeoutSeconds` from now on, and never ends earlier than before.
   *
   * Sends one UpdateItem (one write unit) under the condition that the lock is still ours. The SDK's
   * repeats end with the lease. A lost response does no harm: the repeat writes the same. Renewals
   * of one lock go one after the other. None revives a lease that ended while it was under way.
   *
   * @param timeoutSeconds above 0; by default that of the acquisition or of the last renewal
   * @throws LockLostError when the lock is not held any more; the SDK's error when the request
   *   failed, and the lock is held until its lease ends
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const lock = await new DynamoLock().tryAcquire('import', 30);
   * if (lock) {
   *   await lock.renew(60);
   *   await lock.release();
   * }
   * ```
   */
  async renew(timeoutSeconds?: number): Promise<void> {
    const { leaseMs } = this.#lease;
    await this.#lease.extend(
      timeoutSeconds === undefined ? leaseMs : leaseMsOf(timeoutSeconds),
      (begin, signal) => this.#renewOnce(begin, signal),
    );
  }

  /**
   * Renews the lease in the background, after each third of it, until the lock is released or lost.
   * A renewal that fails is tried again sooner, as long as the lease runs, and is reported through
   * `monitoring.logger`. The timer does not keep the process alive, and nothing is ever rejected.
   *
   * Sends one UpdateItem (one write unit) per third of the lease.
   *
   * @returns a function that ends it; the lock stays held until its lease ends
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const lock = await new DynamoLock().tryAcquire('import', 30);
   * if (lock) {
   *   lock.heartbeat();
   *   await lock.release(); // ends the heartbeat, too
   * }
   * ```
   */
  heartbeat(): () => void {
    const { logger } = this.#context.monitoring;
    return this.#lease.heartbeat({
      renew: () => this.renew(),
      onFailure: (error) => logger?.warn(`Cannot renew lock "${this.key}" yet`, error),
    });
  }

  /**
   * Frees the lock if it is still ours; a lock that passed to another is left alone. What runs in
   * the background is ended first, so that no renewal races the release.
   *
   * Sends one UpdateItem (one write unit). A lost response does no harm: the repeat finds its own
   * work. Calling it again sends nothing more, unless the first call failed. Should it fail for
   * good, the SDK's error is thrown and the lock is free when its lease ends.
   *
   * @returns `'superseded'` when the lock was not ours any more. While the lease ran, that is because
   *   the lock was freed by force or its row deleted; or a response was lost, and two others have
   *   held the lock until the repeat came
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const lock = await new DynamoLock().tryAcquire('import', 30);
   * if (lock) console.log(await lock.release()); // 'released'
   * ```
   */
  release(): Promise<ReleaseOutcome> {
    this.#release ??= this.#releaseOnce();
    return this.#release;
  }

  /** Releases the lock at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #renewOnce(
    begin: () => number,
    signal: AbortSignal,
  ): Promise<'renewed' | 'kept' | 'stolen'> {
    const { transport } = this.#context;
    const input = () => renewLock(this.#address, this.#holding, begin());
    const written = await writeConditionally(transport, 'UpdateItem', input, { signal });
    if (written.outcome !== 'refused') return 'renewed';
    const row = written.item && readLockRow(written.item);
    // Still ours, and further ahead: the lease was longer, or the wall clock has been set back.
    const isOurs = row?.fence === this.fence && isHeldBy(row, this.#holding.owner);
    return isOurs ? 'kept' : 'stolen';
  }

  async #releaseOnce(): Promise<ReleaseOutcome> {
    this.#lease.lose('released');
    await this.#lease.end();
    const { clock, transport } = this.#context;
    const input = () => releaseLock(this.#address, this.#holding, clock.now());
    try {
      const written = await writeConditionally(transport, 'UpdateItem', input, {
        isMine: (item) => readLockRow(item).releasedBy === this.#holding.owner,
      });
      return written.outcome === 'refused' ? 'superseded' : 'released';
    } catch (error) {
      this.#release = undefined;
      throw error;
    }
  }
}
