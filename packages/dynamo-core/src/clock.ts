import { ServerBounds, type ClockOffset } from './server-bounds.js';

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
   * What DynamoDB's answers say of this clock. One that lacks it learns it anew with each primitive.
   */
  readonly serverBounds?: ServerBounds | undefined;
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
    offsetMs,
  };
}

/** The longest delay that `setTimeout` keeps: above it, it fires at once. */
const timerMsMax = 2_147_483_647;

/** The machine's own clocks and timers. What it knows of DynamoDB's time, the process knows. */
export const systemClock: Clock = {
  serverBounds: new ServerBounds(),
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, { signal, keepAlive = true } = {}) => {
    for (let left = ms; ; left -= timerMsMax) {
      await timer(Math.min(Math.max(left, 0), timerMsMax), signal, keepAlive);
      // Not `left <= timerMsMax`: that is never true of NaN.
      if (!(left > timerMsMax)) return;
    }
  },
};

function timer(ms: number, signal: AbortSignal | undefined, keepAlive: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(handle);
      reject(signal?.reason as Error);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (!keepAlive) unref(handle);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Browsers, Electron's renderer and fake timers have numbers for timers: those keep nothing alive. */
function unref(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'unref' in handle) {
    (handle as NodeJS.Timeout).unref();
  }
}
