import type { Clock, SleepOptions } from '@x/dynamo-core';
import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, preload } from '@x/dynamo-core/mechanism';

import { macrotask, realMillisecond } from './event-loop.js';
import { firstSleeper, type Sleeper } from './sleepers.js';

/** How a {@link ManualClock} starts. */
export interface ManualClockOptions {
  /**
   * The wall-clock time at the start, in epoch milliseconds.
   *
   * @default 1735689600000 (2025-01-01T00:00:00Z)
   */
  readonly nowMs?: number | undefined;
  /**
   * How much faster the wall clock runs than the monotonic one: `0.01` gains ten milliseconds in
   * a second, `-0.01` loses them. Must be greater than -1.
   *
   * @default 0
   */
  readonly drift?: number | undefined;
}

/** What {@link ManualClock.drive} looks at. */
export interface DriveOptions {
  /**
   * Whether something other than the clock is being waited for (a request under way). Time stands
   * still meanwhile.
   *
   * @default never
   */
  readonly busy?: (() => boolean) | undefined;
}

/** No test has so many sleeps: beyond it, something sleeps for ever. */
const wakesMax = 100_000;
/** How long {@link ManualClock.drive} lets nothing at all happen, in real milliseconds. */
const idleMsMax = 5_000;

/**
 * A clock that a test moves by hand.
 *
 * Sleeps are measured on the monotonic time. Nothing waits for real: `advance()` ends the sleeps
 * that come due, in their order, and lets the code behind each go on before the next one ends.
 *
 * @example
 * ```ts
 * import { ManualClock } from '@x/dynamo-testing';
 *
 * const clock = new ManualClock();
 * let rang = false;
 * const alarm = clock.sleep(60_000).then(() => (rang = true));
 *
 * await clock.advance(59_999);
 * console.log(rang); // false
 * await clock.advance(1);
 * console.log(rang); // true
 * await alarm;
 * ```
 */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #drift: number;
  #paused = false;
  readonly #sleepers = new Set<Sleeper>();

  constructor(options: ManualClockOptions = {}) {
    const names = { nowMs: true, drift: true } as const;
    const { nowMs = Date.UTC(2025, 0, 1), drift = 0 } = checkedOptions(options, names);
    this.#wallMs = finite('nowMs', nowMs);
    this.#drift = checkedDrift(drift);
  }

  /** Wall-clock time in whole epoch milliseconds. */
  now(): number {
    // Time that went by at a drifting rate is not whole, and Date.now() always is.
    return Math.floor(this.#wallMs + 1e-6);
  }

  /** Milliseconds since the clock was made. It never goes back. */
  monotonic(): number {
    return this.#monotonicMs;
  }

  /**
   * Resolves once the monotonic time has moved by `ms`. At once for zero or less, but never
   * synchronously, and not while the clock is paused.
   *
   * @throws the signal's reason when the signal aborts first
   */
  sleep(ms: number, { signal, keepAlive = true }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (ms <= 0 && !this.#paused) return resolve();
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const sleeper: Sleeper = {
        dueMs: this.#monotonicMs + Math.max(ms, 0),
        keepAlive,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** How many sleeps have not ended yet. Zero at the end of a test says that nothing was left. */
  get pendingSleeps(): number {
    return this.#sleepers.size;
  }

  /** Milliseconds until the next sleep ends (zero: it is due already), `undefined` without one. */
  get nextSleepMs(): number | undefined {
    return this.#msUntil(firstSleeper(this.#sleepers));
  }

  /** How much faster the wall clock runs than the monotonic one. It may be changed at any time. */
  get drift(): number {
    return this.#drift;
  }

  set drift(drift: number) {
    this.#drift = checkedDrift(drift);
  }

  /**
   * Lets `ms` milliseconds go by. Sleeps end in the order in which they come due, each at its own
   * time; the code behind one goes on, and may sleep again, before the next one ends.
   *
   * While the clock is paused, time goes by and no sleep ends. What packages load on first use is
   * loaded before time moves: a call that waits for it would lose this time.
   */
  async advance(ms: number): Promise<void> {
    if (finite('ms', ms) < 0) throw new InvalidInputError('ms', ms, 'zero or more');
    await preload();
    const targetMs = this.#monotonicMs + ms;
    await macrotask();
    for (let wakes = 0; ; wakes += 1) {
      const next = this.#paused ? undefined : firstSleeper(this.#sleepers);
      if (next === undefined || next.dueMs > targetMs) break;
      if (wakes === wakesMax) throw endless('advance');
      this.#moveTo(next.dueMs);
      next.wake();
      await macrotask();
    }
    this.#moveTo(targetMs);
  }

  /**
   * Sets the wall clock forward (or back, below zero) by `ms`, as an administrator or a time server
   * does. The monotonic time stands still and no sleep ends.
   */
  jumpWall(ms: number): void {
    this.#wallMs += finite('ms', ms);
  }

  /**
   * Suspends the process, as a debugger, a container that is frozen or a long collection of garbage
   * does: time goes by (`advance`), and no sleep ends until {@link ManualClock.resume}.
   */
  pause(): void {
    this.#paused = true;
  }

  /** Ends a {@link ManualClock.pause}: all the sleeps that came due meanwhile end now, in order. */
  async resume(): Promise<void> {
    this.#paused = false;
    await this.advance(0);
  }

  /**
   * Waits for `promise` and moves the time by itself whenever nothing else can happen: to the end
   * of the next sleep, while `busy()` says that no request is under way. Background sleeps
   * (`keepAlive: false`) end when the time passes them, but time is never moved for their sake.
   *
   * @returns what `promise` resolves to
   * @throws what `promise` rejects with; an `Error` when nothing has happened for five real seconds
   */
  async drive<T>(promise: Promise<T>, options?: DriveOptions): Promise<T> {
    const { busy = () => false } = checkedOptions(options, { busy: 'function' });
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    const done = promise.then(settle, settle);
    await preload();
    let idleSinceMs = performance.now();
    for (let wakes = 0; ;) {
      await macrotask();
      if (settled) return promise;
      const foreground = [...this.#sleepers].filter((sleeper) => sleeper.keepAlive);
      const waitMs = busy() || this.#paused ? undefined : this.#msUntil(firstSleeper(foreground));
      if (waitMs !== undefined) {
        if (wakes++ === wakesMax) throw endless('drive');
        await this.advance(waitMs);
      } else {
        await Promise.race([done, realMillisecond()]);
      }
      if (waitMs !== undefined || busy()) idleSinceMs = performance.now();
      else if (performance.now() - idleSinceMs > idleMsMax) throw stuck();
    }
  }

  #msUntil(sleeper: Sleeper | undefined): number | undefined {
    return sleeper && Math.max(0, sleeper.dueMs - this.#monotonicMs);
  }

  #moveTo(monotonicMs: number): void {
    const ms = Math.max(0, monotonicMs - this.#monotonicMs);
    this.#monotonicMs += ms;
    this.#wallMs += ms * (1 + this.#drift);
  }
}

function stuck(): Error {
  return new Error(
    'Cannot drive the clock: the promise is pending, nothing sleeps and nothing is under way',
  );
}

function endless(verb: string): Error {
  return new Error(`Cannot ${verb} the clock: more than ${wakesMax} sleeps have ended`);
}

function finite(field: string, value: number): number {
  if (!Number.isFinite(value)) throw new InvalidInputError(field, value, 'a finite number');
  return value;
}

function checkedDrift(drift: number): number {
  if (finite('drift', drift) <= -1) {
    throw new InvalidInputError('drift', drift, 'greater than -1');
  }
  return drift;
}
