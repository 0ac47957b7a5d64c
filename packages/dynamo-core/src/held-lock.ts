import { leasePauseMs } from './backoff.js';
import { type DynamoClock, abortable, deadline, settledWithin } from './clock.js';
import { tell, type Beginning, beginning, type ChannelMessages } from './diagnostics-channels.js';
import { LockLostError, LockTimeoutError, type LockTimeoutDetails } from './lease-errors.js';
import {
  leaseMsOf,
  releaseOptionNames,
  renewOptionNames,
  type LeaseRow,
  type PreviousHolder,
  type ReleaseOptions,
  type RenewOptions,
  type Waiting,
} from './lease-options.js';
import {
  joinSometimes,
  requestMsMax,
  type AttemptBounds,
  type LeaseChannels,
  type LeaseTable,
} from './lease-table.js';
import { Lease, type LeaseEnd, checkLease, copyOfInfo } from './lease.js';
import type { Logger } from './monitoring.js';
import { checkInteger, checkedOptions, type OptionNames, callOptionNames } from './input-checks.js';

/**
 * What a release found. `'released'`: it was ours until now, and it is free. `'superseded'`: it was
 * not ours any more, and was left as it is. `'unknown'`: no answer came within 1.5 seconds. The
 * request goes on in the background; at the latest it is free when its lease ends.
 */
export type ReleaseOutcome = 'released' | 'superseded' | 'unknown';

/** What an acquisition hands over. */
export interface HeldLockOptions {
  readonly key: string;
  readonly fence: number;
  readonly info: unknown;
  readonly previous?: PreviousHolder | undefined;
  readonly leaseMs: number;
  readonly end: LeaseEnd;
  readonly clock: DynamoClock;
  readonly logger: Logger | undefined;
  /** Who hears of its end. */
  readonly channels: LeaseChannels;
  readonly row: LeaseRow;
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
  readonly #options: HeldLockOptions;
  readonly #lease: Lease<'stolen' | 'released'>;
  readonly #taken: Beginning;
  /** How many want the heartbeat: a part of the work that ends its own leaves that of the whole. */
  #beats = 0;
  #info: unknown;
  #release: Promise<'released' | 'superseded'> | undefined;

  constructor(options: HeldLockOptions) {
    const { key, fence, previous, info, clock, leaseMs, end, channels } = options;
    this.key = key;
    this.fence = fence;
    this.previous = previous;
    this.#options = options;
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
    const { leaseMs = this.#lease.leaseMs, info, signal } = checkedOptions(given, renewOptionNames);
    checkLease(leaseMs);
    const copy = copyOfInfo(info);
    const renewal = (): Promise<void> =>
      this.#lease.extend(leaseMs, async (begin, ended) => {
        // Later than all before: a late copy of one of those says nothing again.
        const end = () => begin(copy === undefined ? 0 : 1);
        const answer = await this.#options.row.renew(end, copy, ended);
        if (answer === 'renewed' && copy !== undefined) this.#info = copy;
        return answer;
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
      onFailure: (error) => this.#warn(`Cannot renew lock "${this.key}" yet`, error),
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
    const { hasPrevious } = this.#options.row;
    const names = hasPrevious ? releaseOptionNames : callOptionNames;
    const given = checkedOptions(options, names as OptionNames<ReleaseOptions>);
    const { signal, keepInfo = false } = given;
    signal?.throwIfAborted();
    const release = (this.#release ??= this.#releaseOnce(keepInfo));
    const { clock } = this.#options;
    const bounds = { clock, ms: releaseMsMax, signal };
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
    const { key, clock, row, channels } = this.#options;
    const info = keepInfo ? this.#info : undefined;
    let outcome: 'released' | 'superseded' | 'failed' = 'failed';
    try {
      const bounds = { clock, ms: requestMsMax };
      outcome = await deadline(bounds, (signal) => row.release({ info }, signal));
      return outcome;
    } finally {
      if (outcome === 'failed') this.#release = undefined;
      tell(channels.released, this.#taken, key, outcome);
    }
  }

  /** Nobody waits for it any more. */
  #report(release: Promise<unknown>): void {
    release.catch((error: unknown) => {
      this.#warn(`Cannot release lock "${this.key}": it is free when its lease ends`, error);
    });
  }

  #warn(message: string, error?: unknown): void {
    this.#options.logger?.warn(message, error);
  }
}

/** What came of an attempt to take a lease. */
export type LeaseAttempt =
  | { readonly outcome: 'held'; readonly lock: HeldLock }
  /** Others hold it. `'returned'`: it was taken and given back, so that its id is used up. */
  | {
      readonly outcome: 'contended' | 'returned';
      readonly status: LockTimeoutDetails | undefined;
      /** The newest fence of the row, and whether many have waited since. */
      readonly fence?: number | undefined;
      readonly isCrowded?: boolean;
    };

/** Tries once, under this operation id. */
type TakeAttempt = (id: string, bounds: AttemptBounds) => Promise<LeaseAttempt>;

/** A call that wants a lease. */
export interface Taking<W extends Waiting | undefined = Waiting | undefined> {
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  /** Whether it is renewed in the background. */
  readonly heartbeat: boolean;
  /** How it waits; `undefined` for one attempt. */
  readonly waiting: W;
}

/** What it gets: a call that does not wait gets none while others hold it. */
export type TakenLease<W> = HeldLock | (W extends undefined ? undefined : never);

/** Takes a lease, and tells the channels how that ended. */
export async function takeLease<W extends Waiting | undefined>(
  table: LeaseTable,
  taking: Taking<W>,
  attempt: TakeAttempt,
): Promise<TakenLease<W>> {
  const { clock, channels } = table;
  const { key, signal, heartbeat } = taking;
  const begun = channels.acquire.hasSubscribers ? beginning(clock) : undefined;
  let waited: Beginning | undefined;
  const onWait = (): void => {
    if (channels.wait.hasSubscribers) waited ??= beginning(clock);
  };
  let outcome: ChannelMessages['x-dynamo:lock:acquire']['outcome'] = 'failed';
  try {
    const lock = await untilTaken(table, taking, onWait, attempt);
    outcome = lock === undefined ? 'contended' : 'acquired';
    if (heartbeat) lock?.heartbeat();
    return lock as TakenLease<W>;
  } catch (error) {
    if (error instanceof LockTimeoutError) outcome = 'timeout';
    else if (signal?.aborted === true) outcome = 'aborted';
    throw error;
  } finally {
    if (begun !== undefined) tell(channels.acquire, begun, key, outcome);
    if (outcome !== 'contended' && waited !== undefined) tell(channels.wait, waited, key, outcome);
  }
}

/** How long the last attempt may take when the time for waiting is up. */
const lastAnswerMs = 1_000;

/**
 * Tries until it is taken, at most `waitMsMax` milliseconds, or once. It sleeps with full jitter, and
 * never beyond the end of the holder's lease, or 4 seconds more where many wait: one of them comes in
 * time by chance. The last attempt is made when the time is up. One in 64 of those who wait says so in
 * the row, once for each fence.
 *
 * @param onWait is called before each pause
 */
async function untilTaken(
  table: LeaseTable,
  { key, signal, waiting }: Taking,
  onWait: () => void,
  attempt: TakeAttempt,
): Promise<HeldLock | undefined> {
  const { clock, random, skewToleranceMs } = table;
  const waitMsMax = waiting?.waitMsMax ?? Infinity;
  const startedMs = clock.monotonic();
  const leftMs = (): number => waitMsMax - (clock.monotonic() - startedMs);
  // One id for all attempts: a late copy of the first is recognised by the next.
  let id = random.id();
  let seen: number | undefined;
  for (let attempts = 0; ; attempts++) {
    const ms = Math.min(requestMsMax, Math.max(leftMs(), lastAnswerMs));
    let tried: LeaseAttempt;
    try {
      const bounds = { clock, ms, signal };
      tried = await attempt(id, bounds);
      if (waiting !== undefined && tried.outcome === 'contended' && tried.fence !== seen) {
        seen = tried.fence;
        await joinSometimes(key, id, tried, table, bounds);
      }
    } catch (cause) {
      const isOurs = cause instanceof DOMException && signal?.aborted !== true;
      if (!isOurs || leftMs() > 0) throw cause;
      throw new LockTimeoutError(key, waitMsMax - leftMs(), undefined, { cause });
    }
    if (tried.outcome === 'held') return tried.lock;
    if (waiting === undefined) return undefined;
    if (tried.outcome === 'returned') id = random.id();
    const { status } = tried;
    if (leftMs() <= 0) throw new LockTimeoutError(key, waitMsMax - leftMs(), status);
    const freeMs = status === undefined ? -1 : status.expiresAtMs + skewToleranceMs - clock.now();
    const isCrowded = tried.isCrowded === true;
    const pauseMs = leasePauseMs(attempts, waiting.retry, random, { freeMs, isCrowded });
    onWait();
    await clock.sleep(Math.min(pauseMs, leftMs()), { signal });
  }
}
