import { checkMethods } from './input-checks.js';

/** How long to sleep, and what may end or outlive it. */
export interface SleepOptions {
  /** Ends the sleep early: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the pending sleep keeps the process alive. A background timer (a heartbeat) passes
   * `false`, so that a program which has nothing else to do can end.
   *
   * @default true
   */
  readonly keepAlive?: boolean | undefined;
}

/**
 * Where a primitive gets its time from. Injected everywhere, so that a test moves time by hand
 * instead of waiting for it (`ManualClock` in `@x/dynamo-testing`).
 */
export interface Clock {
  /** Wall-clock time in epoch milliseconds. It may jump either way. */
  now(): number;
  /** Milliseconds since an arbitrary origin. It never goes back and says nothing about the date. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds. At once for zero or less, but never synchronously. */
  sleep(ms: number, options?: SleepOptions): Promise<void>;
  /**
   * Calls back after `ms` milliseconds, never synchronously, unless the function that it returns is called
   * before. It does not keep the process alive. Bounds each request; where it is left out, `sleep` does, which takes
   * longer.
   */
  readonly after?: ((ms: number, then: () => void) => () => void) | undefined;
  /**
   * What DynamoDB's answers say of this clock. One that lacks it learns it anew with each primitive.
   */
  readonly serverBounds?: LearntTime | undefined;
}

/** What answers say of one machine's clock: a `ServerBounds`. */
export interface LearntTime {
  isReported: boolean;
  of(machine: Clock): ClockOffset | undefined;
  learn(machine: Clock, serverTimeMs: number, start: Instant, delayMs?: number): void;
}

/**
 * The clock that primitives work with: `now()` is the machine's time as long as it agrees with
 * DynamoDB's answers, and else the earliest time that they allow.
 */
export interface DynamoClock extends Clock {
  /** The machine's own clock, uncorrected. */
  readonly machine: Clock;
  /**
   * What has to be added to the machine's time to get the earliest and the latest time that it may
   * be at DynamoDB. Both are 0 while the machine's clock agrees with DynamoDB's answers.
   */
  offsetMs(): ClockOffset;
}

/** The latest time that it may be at DynamoDB: judges whether something of ours has ended. */
export function latestMs(clock: DynamoClock): number {
  return Math.floor(clock.machine.now() + clock.offsetMs().latest);
}

/** When a lease ends: with the first of the two. */
export interface LeaseEnd {
  /** The end that the row holds, in DynamoDB's time. */
  readonly rowMs: number;
  /** By the monotonic clock of whoever has it. */
  readonly monotonicMs: number;
}

/** The moment before the request that takes or renews a lease is sent: the lease counts from it. */
export interface LeaseStart {
  /** The earliest time that it may be at DynamoDB. */
  readonly nowMs: number;
  /** Where the lease ends if the request is applied. */
  readonly end: LeaseEnd;
}

/**
 * Begins a lease that lasts `leaseMs` milliseconds. Its end is written with the latest time that it
 * may be at DynamoDB, so that no other takes it over before its owner has stopped.
 */
export function leaseStart(clock: DynamoClock, leaseMs: number): LeaseStart {
  const end = {
    rowMs: latestMs(clock) + Math.ceil(leaseMs),
    monotonicMs: clock.monotonic() + leaseMs,
  };
  return { nowMs: clock.now(), end };
}

/** How long a lease runs from now on; 0 when its end may have come. */
export function remainsMs(clock: DynamoClock, { rowMs, monotonicMs }: LeaseEnd): number {
  return Math.max(0, Math.min(rowMs - latestMs(clock), monotonicMs - clock.monotonic()));
}

/** A request whose answer nobody waits for any longer is given up after that long. */
export const requestMsMax = 30_000;

/** How long one attempt may take while so much time is left for waiting: the last has a second. */
export function attemptMsMax(leftMs: number = Infinity): number {
  return Math.min(requestMsMax, Math.max(leftMs, 1_000));
}

const none: ClockOffset = { earliest: 0, latest: 0 };

/** A machine's clock as it is, in whole milliseconds. */
export function uncorrected(machine: Clock): DynamoClock {
  return correctedBy(machine, () => none);
}

/** A machine's clock, corrected while it lies outside of what is known of it. */
export function correctedBy(machine: Clock, known: () => ClockOffset | undefined): DynamoClock {
  const offsetMs = (): ClockOffset => {
    const offset = known() ?? none;
    return offset.earliest <= 0 && offset.latest >= 0 ? none : offset;
  };
  return {
    machine,
    now: () => Math.floor(machine.now() + offsetMs().earliest),
    monotonic: () => machine.monotonic(),
    sleep: (ms, options) => machine.sleep(ms, options),
    after: machine.after && ((ms, then) => after(machine, ms, then)),
    offsetMs,
  };
}

/** DynamoDB's time less a machine's, in milliseconds: at least, and at most. */
export interface ClockOffset {
  readonly earliest: number;
  readonly latest: number;
}

/** The longest delay that `setTimeout` keeps: above it, it fires at once. */
const timerMsMax = 2_147_483_647;

/** The machine's own clocks and timers. What it knows of DynamoDB's time, the process knows. */
export const systemClock: Clock & { serverBounds?: LearntTime } = {
  now: () => Date.now(),
  monotonic() {
    // The first use of `performance` in Node.js loads a module: it takes half a millisecond.
    const time = globalThis.process?.hrtime?.();
    return time ? time[0] * 1e3 + time[1] / 1e6 : performance.now();
  },
  sleep: (ms, { signal, keepAlive = true } = {}) =>
    abortable<void>(signal, undefined, (_, succeed) => timer(ms, keepAlive, succeed)),
  after: (ms, then) => timer(ms, false, then),
};

/** The machine's clock where none is given. Throws an `InvalidInputError` for what is no clock. */
export function checkedClock(clock: Clock = systemClock): Clock {
  checkMethods('clock', clock, 'now', 'monotonic', 'sleep');
  return clock;
}

/** Returns what cancels it. */
function timer(ms: number, keepAlive: boolean, then: () => void): () => void {
  let left = ms;
  let handle: { readonly unref?: () => unknown };
  const next = (): void => {
    const part = Math.min(Math.max(left, 0), timerMsMax);
    left -= part;
    handle = setTimeout(left > 0 ? next : then, part);
    // Browsers, Electron's renderer and fake timers have numbers for timers: those keep nothing alive.
    if (!keepAlive) handle.unref?.();
  };
  next();
  return () => clearTimeout(handle as NodeJS.Timeout);
}

/** A moment on both clocks: a lease counts from one, and has expired when either clock says so. */
export interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * Where a primitive gets its randomness from. Injected like the clock, so that a simulation with a
 * seed repeats itself (`seededRandom` in `@x/dynamo-testing`).
 */
export interface Random {
  /** A number in `[0, 1)`, for jitter. */
  unit(): number;
  /**
   * A fresh operation id: 12 characters of `A-Z a-z 0-9 - _`, 72 random bits. Ids are only ever
   * compared within one row, so that this many bits never meet by chance.
   */
  id(): string;
}

/** The platform's cryptographic generator for ids, `Math.random` for jitter. */
export const systemRandom: Random = { unit: () => Math.random(), id: /* @__PURE__ */ pooledIds() };

/** Asking for random bytes takes ten times as long as to make an id of them. */
function pooledIds(): () => string {
  const size = 1_152;
  let pool!: Uint8Array;
  let used = size;
  return () => {
    if (used === size) {
      // The platform's own is everywhere; in Node.js, its first use takes half a millisecond.
      const node = globalThis.process?.getBuiltinModule?.('node:crypto');
      pool = node?.randomBytes(size) ?? crypto.getRandomValues(new Uint8Array(size));
      used = 0;
    }
    return Buffer.from(pool.subarray(used, (used += 9))).toString('base64url');
  };
}

/**
 * Sleeps without keeping the process alive, for work in the background. Answers whether the time
 * went by: `false` when the signal ended the sleep.
 */
export async function backgroundSleep(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await clock.sleep(ms, { signal, keepAlive: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return !signal.aborted;
}

/** Calls back after `ms` milliseconds, with the clock's error if it failed, unless that is cancelled. */
function after(clock: Clock, ms: number, then: (failure?: Error) => void): () => void {
  if (clock.after !== undefined) return clock.after(ms, () => then());
  const cancelled = new AbortController();
  backgroundSleep(clock, ms, cancelled.signal).then((hasPassed) => {
    if (hasPassed) then();
  }, then);
  // A reason of its own saves the making of an error.
  return () => cancelled.abort(null);
}

/** What bounds a call. */
export interface DeadlineOptions {
  readonly clock: Clock;
  /** How long the call may take, in milliseconds. */
  readonly ms: number;
  /** Ends it earlier. */
  readonly signal?: BoundedSignal | undefined;
}

/** Says within how many milliseconds it aborts, where that is the signal of a `deadline()`. */
export interface BoundedSignal extends AbortSignal {
  boundMs?: number | undefined;
}

/**
 * Calls with a signal that aborts after `ms` milliseconds, with a `TimeoutError`, or with `signal`,
 * and rejects at that moment. Leaves no timer, and its timer does not keep the process alive. The
 * signal is the call's only until that has settled. Within a deadline that is no longer, it only calls.
 */
export function deadline<T>(
  { clock, ms, signal }: DeadlineOptions,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted === false && (signal.boundMs ?? Infinity) <= ms) return call(signal);
  const bound: Bound<T> = (end) =>
    after(clock, ms, (failure) =>
      end(failure ?? new DOMException(`No answer within ${ms} ms`, 'TimeoutError')),
    );
  return abortable(signal, call, bound, ms);
}

/**
 * Those of calls that have settled, for the next ones: to make a signal takes longer than all else that
 * is ours in a request. Each serves so many calls, as a transport may leave its listeners there.
 */
const spare: Limit[] = [];

const callsMax = 64;

class Limit extends AbortController {
  declare readonly signal: BoundedSignal;
  calls = 0;
}

/** Those who follow one signal. As on the platform: where one of them throws, the others hear of it, too. */
export class Followers extends Set<(event: Event) => void> {
  handleEvent(event: Event): void {
    for (const then of this) {
      try {
        // Not `currentTarget`: behind another listener, Node.js says that it is `null`, and `fetch` throws for that.
        then.call(event.target, event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

const followers = /* @__PURE__ */ new WeakMap<AbortSignal, Followers>();

/**
 * Calls back when a signal aborts, and at once where it has. Returns what ends that. One listener stands for
 * all who follow a signal: a server has one for all of its calls, and Node.js warns of more than ten.
 *
 * @example
 * ```ts
 * import { whenAborted } from '@x/dynamo-core/mechanism';
 *
 * const stop = whenAborted(AbortSignal.timeout(1_000), () => console.log('too late'));
 * stop();
 * ```
 */
export function whenAborted(signal: BoundedSignal | undefined, then: () => void): () => void {
  if (signal?.aborted) then();
  if (!signal || signal.aborted) return () => {};
  const all = followers.get(signal) ?? new Followers();
  followers.set(signal, all);
  if (all.add(then).size === 1) signal.addEventListener('abort', all);
  return () => {
    // On one of ours it stays, for the next calls: with each call, that would take longer than all else here.
    if (all.delete(then) && !all.size && !signal.boundMs) {
      signal.removeEventListener('abort', all);
    }
  };
}

/** Ends a call later, unless what it returns is called before. */
type Bound<T> = (end: (reason: Error) => void, succeed: (value: T) => void) => () => void;

/**
 * Calls with a signal that aborts with `signal`, and rejects with its reason at the very moment when
 * it does: the SDK looks at a signal only between its attempts, and may sleep for seconds before the
 * next one. Nothing is sent after it. The signal is the call's only until that has settled.
 *
 * By hand, as every request passes here: a race takes three times as long. `bound` may end it, too, and need no call.
 */
export function abortable<T>(
  signal: AbortSignal | undefined,
  call: ((signal: AbortSignal) => Promise<T>) | undefined,
  bound?: Bound<T>,
  boundMs?: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const limit = spare.pop() ?? new Limit();
    limit.signal.boundMs = boundMs;
    let hasEnded = false;
    let cancel: (() => void) | undefined = undefined;
    const stop = whenAborted(signal, () => end(signal?.reason as Error));
    const settle = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      cancel?.();
      stop();
      if (++limit.calls < callsMax && spare.length < 64) spare.push(limit);
    };
    const succeed = (value: T): void => {
      settle();
      resolve(value);
    };
    const end = (reason: Error): void => {
      // A clock may call back late: another call may have the signal by then.
      if (hasEnded) return;
      limit.calls = callsMax;
      settle();
      reject(reason);
      limit.abort(reason);
    };
    cancel = bound?.(end, succeed);
    call?.(limit.signal).then(succeed, (error: Error) => (settle(), reject(error)));
  });
}

/**
 * What `call` resolves to, or `undefined` when it has not settled within `ms` milliseconds: it then
 * goes on, and has to have a bound of its own. Rejects with the reason of `signal` when that aborts.
 */
export function settledWithin<T>(
  { clock, ms, signal }: DeadlineOptions,
  call: Promise<T>,
): Promise<T | undefined> {
  const bound: Bound<T | undefined> = (end, succeed) =>
    after(clock, ms, (failure) => (failure === undefined ? succeed(failure) : end(failure)));
  return abortable(signal, () => call, bound);
}

/** An `AbortController` that is made when somebody asks for its signal: most never do. */
export class LateAbort {
  /** Makes the reason, as soon as it has aborted. */
  reason: (() => unknown) | undefined;
  #controller: AbortController | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.reason !== undefined) this.#controller.abort(this.reason());
    }
    return this.#controller.signal;
  }

  /** The first reason counts. */
  abort(reason: () => unknown): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#controller?.abort(reason());
  }
}
