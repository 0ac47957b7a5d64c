import { instantOf, writeConditionally } from '@x/dynamo-core';

import { callWithin } from './call-within.js';
import { Heartbeat } from './heartbeat.js';
import { later } from './instant.js';
import type { Lease } from './lease.js';
import { leaseMsOf } from './lease-ms.js';
import type { LockContext } from './lock-context.js';
import { isHeldBy, readLockRow } from './lock-row.js';
import type { ReleaseOutcome } from './release-outcome.js';
import { releaseLock, renewLock, type Holding, type LockAddress } from './requests.js';
import { Tenure } from './tenure.js';

const beatsPerLease = 3;

/**
 * A lock that is held, until its lease ends. `DynamoLock` makes these.
 *
 * The lease is reckoned from the moment before the request was first sent, and is over as soon as
 * either the wall clock or the monotonic clock says so.
 */
export class HeldLock implements AsyncDisposable {
  readonly type = 'lock' as const;
  /** The key that is locked. */
  readonly key: string;
  /**
   * The fencing number: larger than that of every holder before. Pass it along with writes to what
   * the lock protects (`fenceCondition`), so that a holder whose lease is over cannot overwrite its
   * successor's work.
   */
  readonly fence: number;
  readonly #context: LockContext;
  readonly #address: LockAddress;
  readonly #holding: Holding;
  readonly #tenure: Tenure;
  #leaseMs: number;
  #renewals: Promise<unknown> = Promise.resolve();
  #heartbeat: Heartbeat | undefined;
  #release: Promise<ReleaseOutcome> | undefined;

  constructor(context: LockContext, { key, owner, fence, leaseMs, deadline }: Lease) {
    this.key = key;
    this.fence = fence;
    this.#context = context;
    this.#address = { tableName: context.tableName, key };
    this.#holding = { owner, fence };
    this.#tenure = new Tenure({ key, fence, clock: context.clock, deadline });
    this.#leaseMs = leaseMs;
  }

  /** When the lease ends by the wall clock, unless it is renewed. It moves with each renewal. */
  get expiresAt(): Date {
    return new Date(this.#tenure.deadline.wallMs);
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
    return this.#tenure.signal;
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
    return this.#tenure.remainingMs();
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
    this.#tenure.assertHeld();
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
  async renew(timeoutSeconds: number = this.#leaseMs / 1000): Promise<void> {
    const leaseMs = leaseMsOf(timeoutSeconds);
    const renewal = this.#renewals.then(() => this.#renewOnce(leaseMs));
    this.#renewals = Promise.allSettled([renewal]);
    await renewal;
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
    const { clock, logger } = this.#context;
    if (this.#heartbeat === undefined || this.#heartbeat.isStopped) {
      this.#heartbeat = new Heartbeat({
        clock,
        intervalMs: () => this.#leaseMs / beatsPerLease,
        end: this.#tenure.end,
        renew: () => this.renew(),
        isHeld: () => this.remainingMs() > 0,
        onFailure: (error) => logger?.warn(`Cannot renew lock "${this.key}" yet`, error),
      });
    }
    return this.#heartbeat.stop;
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

  async #renewOnce(leaseMs: number): Promise<void> {
    const tenure = this.#tenure;
    tenure.assertHeld();
    const { clock, transport } = this.#context;
    const start = instantOf(clock);
    const input = renewLock(this.#address, this.#holding, start.wallMs, leaseMs);
    tenure.renewalBegins();
    try {
      const bounds = { clock, ms: tenure.remainingMs(), signal: tenure.end };
      const written = await callWithin(bounds, (signal) =>
        writeConditionally(transport, 'UpdateItem', input, { signal }),
      );
      if (written.outcome !== 'refused') {
        tenure.renewalAnswered(later(start, leaseMs));
        this.#leaseMs = leaseMs;
        return;
      }
      const row = written.item && readLockRow(written.item);
      if (!row || row.fence !== this.fence || !isHeldBy(row, this.#holding.owner)) {
        throw tenure.lose('stolen');
      }
      // Still ours, and further ahead: the lease was longer, or the wall clock has been set back.
      // Its end, as it is known here, stays: a clock that was set back proves nothing.
      tenure.renewalAnswered(undefined);
    } catch (error) {
      tenure.renewalFailed(error);
      throw error;
    }
  }

  async #releaseOnce(): Promise<ReleaseOutcome> {
    this.#tenure.lose('released');
    await Promise.allSettled([this.#heartbeat?.settled(), this.#renewals, this.#tenure.settled()]);
    const { clock, transport } = this.#context;
    const input = releaseLock(this.#address, this.#holding, clock.now());
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
