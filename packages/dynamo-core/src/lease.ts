import {
  LateAbort,
  attemptMsMax,
  backgroundSleep,
  deadline,
  leaseStart,
  remainsMs,
  whenAborted,
  type DynamoClock,
  type LeaseEnd,
} from './clock.js';
import type { ChannelMessages } from './diagnostics-channels.js';
import { beginning, tell, type Beginning } from './telling.js';
import { errorName } from './errors.js';
import type { LeaseRequest, TakeAttempt, Wait, Waiting, LeaseTable } from './lease-table.js';
import { onFirstUse } from './send.js';

/** Why a lease is lost for a reason of time: its end came, or no renewal got an answer before it. */
export type LeaseTimeout = 'expired' | 'unreachable';

/** The later of two ends, by each of the clocks. */
function later(one: LeaseEnd, other: LeaseEnd): LeaseEnd {
  return {
    rowMs: Math.max(one.rowMs, other.rowMs),
    monotonicMs: Math.max(one.monotonicMs, other.monotonicMs),
  };
}

/** Whose lease it is. */
export interface LeaseOptions<R extends string> {
  readonly clock: DynamoClock;
  readonly leaseMs: number;
  readonly end: LeaseEnd;
  /** What was asked for, where the lease itself has no end. @default end */
  readonly asked?: LeaseEnd | undefined;
  /** Makes the error that says why the lease is lost. */
  readonly toError: (reason: R | LeaseTimeout, cause: unknown) => Error;
}

/** Sends the renewal of a lease: see `Lease.extend`. */
export type Renew<R extends string> = (
  begin: (laterMs?: number) => number,
  signal: AbortSignal,
) => Promise<'renewed' | R>;

/** How a lease is kept. */
export interface HeartbeatOptions {
  /** Extends the lease. */
  readonly renew: () => Promise<void>;
  /** Gets each failure after which the heartbeat goes on. */
  readonly onFailure: (error: unknown) => void;
}

const beatsPerLease = 3;

/** After a failed renewal the next one comes this many times sooner. */
const hurry = 4;

/**
 * For how long something is ours, and whether it still is. It ends when the end that the row holds
 * may have come at DynamoDB, or when the monotonic clock says so. What is lost stays lost.
 */
export class Lease<R extends string = never> {
  readonly #options: LeaseOptions<R>;
  /** Aborts with the loss. */
  readonly #lost = new LateAbort();
  /** Aborts with the loss, too, and when nothing shall run in the background any more. */
  readonly #ended = new LateAbort();
  #leaseMs: number;
  #end: LeaseEnd;
  /** The latest that was asked for, also where no answer came. */
  #asked: LeaseEnd;
  #loss: (() => Error) | undefined;
  #isRenewing = false;
  /** The last failure of a renewal, while none has succeeded since. */
  #failure: unknown;
  #renewals: Promise<unknown> = Promise.resolve();
  #isWatched = false;
  /** All that waits for the time, until it has ended. */
  #background: Promise<unknown> | undefined;
  /** Those that `ending` gave, by their `beforeMs`: who asks in a loop gets one signal, not many. */
  readonly #warnings = new Map<number, AbortSignal>();
  #heartbeat: AbortController | undefined;

  constructor(options: LeaseOptions<R>) {
    this.#options = options;
    this.#leaseMs = options.leaseMs;
    this.#end = options.end;
    this.#asked = options.asked ?? options.end;
  }

  /** The end that the row holds, in DynamoDB's time. It moves with each renewal. */
  get endsAtMs(): number {
    return this.#end.rowMs;
  }

  /** How long the latest claim or renewal that succeeded asked for. */
  get leaseMs(): number {
    return this.#leaseMs;
  }

  /** 0 when the lease is lost. */
  get remainingMs(): number {
    return this.#loss === undefined ? remainsMs(this.#options.clock, this.#end) : 0;
  }

  /** Aborts when the lease is lost, with the loss as its reason: from now on a timer watches it. */
  get signal(): AbortSignal {
    if (!this.#isWatched) this.#go(this.#watch(0));
    this.#isWatched = true;
    return this.#lost.signal;
  }

  /**
   * Aborts `beforeMs` milliseconds before the lease ends, or with its loss. Each renewal puts it off.
   */
  ending(beforeMs: number): AbortSignal {
    const known = this.#warnings.get(beforeMs);
    if (known?.aborted === false) return known;
    const ending = new AbortController();
    this.#warnings.set(beforeMs, ending.signal);
    this.#go(this.#warn(beforeMs, ending));
    return ending.signal;
  }

  /** Aborts `signal` with this reason, though the lease is not lost. */
  interrupt(reason: unknown): void {
    this.#lost.abort(() => reason);
  }

  /** Throws the loss unless the lease runs at this very moment. */
  assertHeld(): void {
    if (this.remainingMs === 0) this.#runOut();
    if (this.#loss !== undefined) throw this.#loss();
  }

  /**
   * Renews. Renewals go one after the other, and each is given up when the lease ends.
   *
   * @param renew writes the end that `begin()` gives, which is called when the request is built, and
   *   again when it is built anew: never earlier than all that were asked for, and `laterMs` later at
   *   least. It answers `'renewed'`, or why the lease is lost
   */
  async extend(leaseMs: number, renew: Renew<R>): Promise<void> {
    const renewal = this.#renewals.then(() => this.#extendOnce(leaseMs, renew));
    this.#renewals = Promise.allSettled([renewal]);
    await renewal;
  }

  /**
   * Renews after each third of the lease until it is lost or ends, and sooner after a failure. Never
   * rejects, and does not keep the process alive. At most one heartbeat runs.
   *
   * @returns what stops it
   */
  heartbeat(options: HeartbeatOptions): () => void {
    let running = this.#heartbeat;
    if (running === undefined || running.signal.aborted) {
      running = this.#heartbeat = new AbortController();
      if (this.#ended.reason) running.abort();
      this.#go(this.#beat(options, running.signal));
    }
    return () => running.abort();
  }

  /** Gives the lease up. The first reason counts; the error is made when somebody asks for it. */
  giveUp(reason: R | LeaseTimeout, cause?: unknown): void {
    if (this.#loss !== undefined) return;
    let error: Error | undefined;
    this.#loss = () => (error ??= this.#options.toError(reason, cause));
    this.#lost.abort(this.#loss);
    this.#stop(this.#loss);
  }

  /** Ends timers and a renewal under way. Nothing renews the lease after it. */
  async end(): Promise<void> {
    this.#stop(() => undefined);
    await Promise.all([this.#background, this.#renewals]);
  }

  #go(work: Promise<void>): void {
    this.#background = Promise.all([this.#background, work]);
  }

  async #extendOnce(leaseMs: number, renew: Renew<R>): Promise<void> {
    this.assertHeld();
    const { clock } = this.#options;
    const asked = this.#asked;
    let { end } = leaseStart(clock, leaseMs);
    const begin = (laterMs = 0): number => {
      ({ end } = leaseStart(clock, leaseMs));
      const byMs = Math.max(laterMs, Math.ceil(end.monotonicMs - asked.monotonicMs));
      if (end.rowMs < asked.rowMs + laterMs) end = { ...end, rowMs: asked.rowMs + byMs };
      this.#asked = later(asked, end);
      return end.rowMs;
    };
    this.#isRenewing = true;
    try {
      const bounds = { clock, ms: this.remainingMs, signal: this.#ended.signal };
      const answer = await deadline(bounds, (signal) => renew(begin, signal));
      this.#isRenewing = false;
      if (answer !== 'renewed') this.giveUp(answer);
      this.assertHeld();
      this.#failure = undefined;
      [this.#leaseMs, this.#end] = [leaseMs, later(this.#end, end)];
    } catch (error) {
      this.#isRenewing = false;
      if (this.#loss === undefined) this.#failure = error;
      this.assertHeld();
      throw error;
    }
  }

  async #beat({ renew, onFailure }: HeartbeatOptions, stopped: AbortSignal): Promise<void> {
    let pauseMs = this.#leaseMs / beatsPerLease;
    while (await backgroundSleep(this.#options.clock, pauseMs, stopped)) {
      try {
        await renew();
        pauseMs = this.#leaseMs / beatsPerLease;
      } catch (error) {
        if (stopped.aborted || this.remainingMs === 0) return;
        onFailure(error);
        pauseMs = this.#leaseMs / beatsPerLease / hurry;
      }
    }
  }

  /** Sleeps until no more than `beforeMs` of the lease are left, or it has ended. */
  async #watch(beforeMs: number): Promise<void> {
    const { signal } = this.#ended;
    let ms: number;
    do {
      ms = this.remainingMs - beforeMs;
      if (this.remainingMs === 0) this.#runOut();
    } while (ms > 0 && ms < Infinity && (await backgroundSleep(this.#options.clock, ms, signal)));
  }

  async #warn(beforeMs: number, ending: AbortController): Promise<void> {
    const { signal } = this.#ended;
    const unfollow = whenAborted(signal, () => ending.abort(signal.reason));
    // At once where it ends within that time.
    if (this.remainingMs === 0 || this.remainingMs > beforeMs) await this.#watch(beforeMs);
    unfollow();
    // Changes nothing where the end came first.
    ending.abort(new DOMException(`The lease ends within ${beforeMs} ms`, 'TimeoutError'));
  }

  #runOut(): void {
    const isUnreachable = this.#isRenewing || this.#failure !== undefined;
    this.giveUp(isUnreachable ? 'unreachable' : 'expired', this.#failure);
  }

  #stop(reason: () => Error | undefined): void {
    this.#ended.abort(reason);
    this.#heartbeat?.abort();
  }
}

/** What it gets: a call that does not wait gets none while others hold it. */
export type TakenLease<L, W> = L | (W extends undefined ? undefined : never);

/** What is said of a call that wants a lease. */
interface Taking<W> extends Pick<LeaseRequest, 'key' | 'signal' | 'heartbeat'> {
  /** How it waits; `undefined` for one attempt. */
  readonly waiting: W;
}

/** Takes a lease, and tells the channels how that ended. */
export async function takeLease<L extends { heartbeat(): unknown }, W extends Waiting | undefined>(
  table: LeaseTable,
  { key, signal, heartbeat, waiting }: Taking<W>,
  attempt: TakeAttempt<L>,
): Promise<TakenLease<L, W>> {
  const { clock, channels } = table;
  const begun = channels.acquire.hasSubscribers ? beginning(clock) : undefined;
  let waited: Beginning | undefined;
  const onWait = (): void => {
    if (channels.wait.hasSubscribers) waited ??= beginning(clock);
  };
  let outcome: ChannelMessages['x-dynamo:lock:acquire']['outcome'] = 'failed';
  try {
    const lock = await untilTaken(table, { key, signal, waiting, onWait }, attempt);
    outcome = lock === undefined ? 'contended' : 'acquired';
    if (heartbeat) lock?.heartbeat();
    return lock as TakenLease<L, W>;
  } catch (error) {
    if (errorName(error) === 'LockTimeoutError') outcome = 'timeout';
    else if (signal?.aborted === true) outcome = 'aborted';
    throw error;
  } finally {
    if (begun !== undefined) tell(channels.acquire, begun, key, outcome);
    if (outcome !== 'contended' && waited !== undefined) tell(channels.wait, waited, key, outcome);
  }
}

const inLine = /* @__PURE__ */ onFirstUse(() => import('./wait-for-lease.js'));

/** Tries once; a call that waits goes on where that took nothing. */
async function untilTaken<L>(
  table: LeaseTable,
  { waiting, ...wait }: Wait<Waiting | undefined>,
  attempt: TakeAttempt<L>,
): Promise<L | undefined> {
  const { signal } = wait;
  signal?.throwIfAborted();
  const { clock, random } = table;
  const id = random.id();
  const startedMs = clock.monotonic();
  const first = attempt(id, { clock, ms: attemptMsMax(waiting?.waitMsMax), signal });
  const tried = await (waiting === undefined ? first : first.catch(() => undefined));
  if (tried?.outcome === 'held') return tried.lock;
  if (waiting === undefined) return undefined;
  const { waitForLease } = await inLine();
  return await waitForLease(table, { ...wait, waiting, id, startedMs }, first, attempt);
}
