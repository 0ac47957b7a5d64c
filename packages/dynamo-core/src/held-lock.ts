import { S, copyOfInfo } from './attributes.js';
import {
  abortable,
  deadline,
  leaseStart,
  remainsMs,
  settledWithin,
  type LeaseEnd,
} from './clock.js';
import { tell, type Beginning } from './telling.js';
import {
  checkInteger,
  checkLease,
  checkedOptions,
  type OptionNames,
  callOptionNames,
} from './input-checks.js';
import {
  leaseMsMax,
  leaseMsOf,
  type AttemptOutcome,
  type LeaseWrite,
  type PreviousHolder,
  type ReleaseOptions,
  type ReleaseOutcome,
  type RenewOptions,
  abandon,
  type LeaseAttempt,
  type SentTaking,
  type TakenRow,
} from './lease-table.js';
import { Lease } from './lease.js';
import { writeConditionally } from './send.js';
import { mayBeApplied } from './may-be-applied.js';
import type { DynamoInput } from './transport.js';
import { DynamoPrimitiveError } from './primitive-errors.js';

/** What an acquisition hands over. */
interface AcquiredLease extends Pick<TakenRow, 'previous'> {
  readonly fence: number;
  readonly end: LeaseEnd;
}

/** A release that gets no answer goes on in the background after that long. */
const releaseMsMax = 1_500;

/**
 * A lock that is held, until its lease ends.
 *
 * The lease counts from before the request is sent. It ends when the end that the row holds may have
 * come by DynamoDB's clock, or when the monotonic clock says so.
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
  /** Who held it before, and what it left; `undefined` for the first. */
  readonly previous: PreviousHolder | undefined;
  readonly #attempt: LeaseAttempt;
  readonly #lease: Lease<'stolen' | 'released'>;
  readonly #taken: Beginning;
  /** How many want the heartbeat: a part of the work that ends its own leaves that of the whole. */
  #beats = 0;
  #info: unknown;
  #release: Promise<'released' | 'superseded'> | undefined;

  constructor(attempt: LeaseAttempt, { fence, previous, end }: AcquiredLease) {
    const { key, info, leaseMs } = attempt.request;
    const { clock, channels } = attempt.table;
    this.key = key;
    this.fence = fence;
    this.previous = previous;
    this.#attempt = attempt;
    this.#info = info;
    this.#taken = { clock, startedMs: end.monotonicMs - leaseMs };
    this.#lease = new Lease({
      clock,
      leaseMs,
      end,
      toError: (reason, cause) => {
        if (reason !== 'released') tell(channels.lost, this.#taken, key, reason);
        return new LockLostError(key, fence, reason, cause === undefined ? {} : { cause });
      },
    });
  }

  /** What this holder says: see the option `info`. `renew({ info })` changes it. */
  get info(): unknown {
    return this.#info;
  }

  /**
   * When the lease ends by DynamoDB's clock, unless it is renewed, in epoch milliseconds. It moves
   * with each renewal.
   */
  get expiresAtMs(): number {
    return this.#lease.endsAtMs;
  }

  /** Milliseconds until the lease ends, 0 when it is not held any more. Sends nothing. */
  get remainingMs(): number {
    return this.#lease.remainingMs;
  }

  /**
   * Aborts, with a `LockLostError` as its reason, as soon as the lock is not held any more: the
   * lease ended, a renewal found the lock with another, or `release()` was called. Pass it to
   * all that the lock protects. In `withLock` it also aborts with the caller's own signal.
   *
   * A timer can be late (a blocked event loop, a suspended process): the signal then aborts within
   * one turn of the event loop. Where that is too late, call `assertHeld()`. The timer runs from the
   * first use of this property on and does not keep the process alive.
   */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /**
   * A signal that aborts `beforeMs` milliseconds before the lease ends, while there is still time to
   * finish: with a `TimeoutError`, or at once with the `LockLostError` when the lock is lost
   * earlier. Each renewal puts it off; once aborted it stays so. Sends nothing.
   *
   * @param beforeMs a whole number of milliseconds, 0 or more
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * await using lock = await new DynamoLock({ tableName: 'locks' }).acquire('import');
   * const ending = lock.ending(5_000);
   * for (const file of ['a.csv', 'b.csv']) {
   *   if (ending.aborted) break;
   *   console.log(`reading ${file}`);
   * }
   * ```
   */
  ending(beforeMs: number): AbortSignal {
    checkInteger('beforeMs', beforeMs, 0);
    return this.#lease.ending(beforeMs);
  }

  /**
   * Throws a `LockLostError` unless the lock is held at this very moment, as far as this client can
   * know. It reads the clocks, so that it is right also where timers are late. Sends nothing.
   *
   * A process can still be stopped between this call and the next statement: what must never be
   * written by two holders needs the `fence`, too.
   */
  assertHeld(): void {
    this.#lease.assertHeld();
  }

  /**
   * Extends the lease: it lasts `leaseMs` from now on, and never ends earlier than before.
   *
   * Sends one UpdateItem (one write unit) under the condition that it is still ours. The SDK's
   * repeats end with the lease. A lost response does no harm: the repeat writes the same. Renewals
   * of one lock go one after the other. None revives a lease that ended while it was under way.
   * When `signal` aborts, the call ends; the renewal may still be applied.
   *
   * @param options a bare number is the duration in seconds, as in the original
   * @throws LockLostError when it is not held any more; the SDK's error when the request failed,
   *   and it is held until its lease ends
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const lock = await new DynamoLock({ tableName: 'locks' }).tryAcquire('import');
   * if (lock) {
   *   await lock.renew({ leaseMs: 60_000, info: { done: 3 } });
   *   await lock.release();
   * }
   * ```
   */
  async renew(options?: RenewOptions | number): Promise<void> {
    const given = typeof options === 'number' ? { leaseMs: leaseMsOf(options) } : options;
    const names = { leaseMs: true, info: true, signal: true } as const;
    const { leaseMs = this.#lease.leaseMs, info, signal } = checkedOptions(given, names);
    checkLease(leaseMs, leaseMsMax);
    const copy = copyOfInfo(info);
    const { row, table } = this.#attempt;
    const renewal = (): Promise<void> =>
      this.#lease.extend(leaseMs, async (begin, ended) => {
        // Later than all before: a late copy of one of those says nothing again.
        const input = () => row.renew(begin(copy === undefined ? 0 : 1), copy);
        const bounds = { signal: ended };
        const written = await writeConditionally(table.transport, 'UpdateItem', input, bounds);
        if (written.outcome === 'refused') return 'stolen';
        if (copy !== undefined) this.#info = copy;
        return 'renewed';
      });
    await (signal === undefined ? renewal() : abortable(signal, renewal));
  }

  /**
   * Renews the lease in the background, after each third of it, until it is released or lost. A
   * renewal that fails is tried again sooner, as long as the lease runs, and is reported through
   * `monitoring.logger`. The timer does not keep the process alive, and nothing is ever rejected.
   *
   * Sends one UpdateItem (one write unit) per third of the lease.
   *
   * @returns a function that ends it, unless another call (or `withLock`) wants it, too; the lock stays held until its lease ends
   */
  heartbeat(): () => void {
    const end = this.#lease.heartbeat({
      renew: () => this.renew(),
      onFailure: (error) => this.#warn(`Cannot renew "${this.key}" yet`, error),
    });
    let wanted = 1;
    this.#beats += 1;
    return () => {
      this.#beats -= wanted;
      wanted = 0;
      if (this.#beats === 0) end();
    };
  }

  /**
   * Frees the lock if it is still ours; one that passed to another is left alone. What runs in the
   * background is ended first, so that no renewal races the release.
   *
   * Sends one UpdateItem (one write unit). A lost response does no harm: the repeat finds its own
   * work. Calling it again sends nothing more, unless the first call failed. Should it fail for
   * good, the SDK's error is thrown and the lock is free when its lease ends. Where no answer comes,
   * the call ends after 1.5 seconds with `'unknown'`, and the request goes on for at most 30 seconds;
   * `monitoring.logger` gets that, and its failure.
   *
   * @returns `'superseded'` when it was not ours any more. While the lease ran, that is because it
   *   was freed by force or its row deleted; or a response was lost, and another has held and
   *   released it until the repeat came
   * @throws the signal's reason when it aborts; the release then goes on in the background
   *
   * @example
   * ```ts
   * import { DynamoLock } from '@x/dynamo-lock';
   *
   * const lock = await new DynamoLock({ tableName: 'locks' }).tryAcquire('import');
   * if (lock) console.log(await lock.release()); // 'released'
   * ```
   */
  async release(options?: ReleaseOptions): Promise<ReleaseOutcome> {
    const { row, table } = this.#attempt;
    const names = row.hasPrevious ? { ...callOptionNames, keepInfo: 'boolean' } : callOptionNames;
    const given = checkedOptions(options, names as OptionNames<ReleaseOptions>);
    const { signal, keepInfo = false } = given;
    signal?.throwIfAborted();
    const release = (this.#release ??= this.#releaseOnce(keepInfo));
    const bounds = { clock: table.clock, ms: releaseMsMax, signal };
    let outcome: ReleaseOutcome | undefined;
    try {
      outcome = await settledWithin(bounds, release);
    } catch (error) {
      if (signal?.aborted === true) this.#report(release);
      throw error;
    }
    if (outcome !== undefined) return outcome;
    this.#warn(`No answer to the release of lock "${this.key}" yet: it ends with its lease`);
    this.#report(release);
    return 'unknown';
  }

  /** Releases the lock at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** Aborts `signal`, though the lock is held: for whoever runs work under it. */
  interrupt(reason: unknown): void {
    this.#lease.interrupt(reason);
  }

  async #releaseOnce(keepInfo: boolean): Promise<'released' | 'superseded'> {
    this.#lease.giveUp('released');
    await this.#lease.end();
    const { table, row } = this.#attempt;
    const { transport, clock, channels, held } = table;
    const info = keepInfo ? this.#info : undefined;
    // By the monotonic clock: the wall clock may have been set since, or corrected.
    const input = () => row.release(info, clock.monotonic() - this.#taken.startedMs);
    let outcome: 'released' | 'superseded' | 'failed' = 'failed';
    try {
      const isMine = row.isReleased;
      const written = await writeConditionally(transport, 'UpdateItem', input, { isMine });
      held?.delete(this);
      return (outcome = written.outcome === 'refused' ? 'superseded' : 'released');
    } finally {
      if (outcome === 'failed') this.#release = undefined;
      tell(channels.released, this.#taken, this.key, outcome);
    }
  }

  /** Nobody waits for it any more. */
  #report(release: Promise<unknown>): void {
    release.catch((error: unknown) => {
      this.#warn(`Cannot release "${this.key}": it is free when its lease ends`, error);
    });
  }

  #warn(message: string, error?: unknown): void {
    this.#attempt.table.monitoring.logger?.warn(message, error);
  }
}

/**
 * Sends what takes a lease, and replaces those of others. Where it stays unknown whether it was applied
 * (it was aborted, or no answer came), or where the lease is ours already (`isTaken`), another request gives
 * back what was taken.
 */
export async function sendTaking<Replaced>(
  attempt: LeaseAttempt<Replaced>,
  build: (lease: LeaseWrite) => DynamoInput<'UpdateItem'>,
  replaced: readonly Replaced[] = [],
  isTaken = false,
): Promise<SentTaking<Replaced>> {
  const { table, request, bounds, row } = attempt;
  const { transport, clock, random } = table;
  const jitter = Math.floor(random.unit() * 1000);
  let start = leaseStart(clock, request.leaseMs);
  const input = (): DynamoInput<'UpdateItem'> => {
    start = leaseStart(clock, request.leaseMs);
    const { nowMs, end } = start;
    return build({ endMs: end.rowMs, nowMs, seed: nowMs * 1000 + jitter });
  };
  const mustExist = { key: S(request.key) };
  try {
    const { outcome, item } = await deadline(bounds, (signal) =>
      writeConditionally(transport, 'UpdateItem', input, { isMine: row.isMine, mustExist, signal }),
    );
    return { outcome, item, start, replaced };
  } catch (error) {
    if (isTaken || mayBeApplied(error, bounds.signal)) await abandon(attempt, replaced);
    throw error;
  }
}

/**
 * Holds a lease that was taken. The answer brought DynamoDB's time. By that, those that were replaced may
 * not be over, or ours may be over already: the first is given back, the second is written again.
 */
export async function holdTaken<Replaced extends { readonly endMs: number }>(
  attempt: LeaseAttempt<Replaced>,
  { start, replaced }: SentTaking<Replaced>,
  { fence, previous, endMs }: TakenRow,
): Promise<AttemptOutcome<HeldLock>> {
  const { clock, skewToleranceMs } = attempt.table;
  // An end of 0 is none, and in the past also of a clock that a test lets begin at 0.
  const cutMs = Math.max(clock.now() - skewToleranceMs, 0);
  const early = replaced.filter((other) => other.endMs > cutMs);
  const [first] = early;
  let { end } = start;
  // The row may also come from an earlier attempt of this call, of which no more is known.
  if (first === undefined && (endMs !== end.rowMs || remainsMs(clock, end) === 0)) {
    const again = await sendTaking(attempt, (lease) => attempt.row.renew(lease.endMs), [], true);
    // It ends at once where another has taken it.
    end = again.outcome === 'applied' ? again.start.end : { rowMs: 0, monotonicMs: 0 };
  }
  // A repeat that finds its place put back, after another had replaced it, finds no fence.
  if (fence === undefined || first !== undefined || remainsMs(clock, end) === 0) {
    await abandon(attempt, early);
    const status = first && { holder: undefined, expiresAtMs: first.endMs };
    return { outcome: 'returned', status };
  }
  return { outcome: 'held', lock: new HeldLock(attempt, { fence, previous, end }) };
}

/**
 * Why a lock, or a place of a semaphore, is not held any more.
 *
 * - `stolen`: the row says that another has it, or was deleted, or it was freed by force.
 * - `expired`: the lease ended without a renewal.
 * - `unreachable`: the lease ended while renewals failed; the error's `cause` is the last failure.
 * - `released`: `release()` was called.
 */
export type LockLossReason = 'stolen' | 'expired' | 'unreachable' | 'released';

const states: Record<LockLossReason, string> = {
  stolen: 'it was taken by another, freed by force or deleted',
  expired: 'its lease has ended',
  unreachable: 'its lease has ended and could not be renewed',
  released: 'it was released',
};

/** A lock is not held any more. What it protects must not be touched. */
export class LockLostError extends DynamoPrimitiveError {
  static override readonly code = 'LockLost';

  /** The key of the lock. */
  readonly key: string;
  /** The fencing number under which it was held. */
  readonly fence: number;
  /** Why it is not held. */
  readonly reason: LockLossReason;

  constructor(key: string, fence: number, reason: LockLossReason, options?: ErrorOptions) {
    super(`Cannot hold "${key}" (fence ${fence}): ${states[reason]}`, options);
    this.key = key;
    this.fence = fence;
    this.reason = reason;
  }
}
