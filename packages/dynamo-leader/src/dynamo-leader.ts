import { AsyncLocalStorage } from 'node:async_hooks';

import { type CallOptions, type Clock, type Logger } from '@x/dynamo-core';
import {
  abortable,
  whenAborted,
  callOptionNames,
  checkedClock,
  checkKeyText,
  checkMethods,
  checkLease,
  checkedOptions,
  guarded,
  leaseMsMax,
  type AcquireOptions,
  type HeldLock,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

/** What elects: a `DynamoLock` of `@x/dynamo-lock`. */
export interface LeaderLock {
  acquire(key: string, options: AcquireOptions): Promise<HeldLock>;
}

/** What a leader works with. */
export interface Leadership {
  /** Aborts when this process leads no longer. */
  readonly signal: AbortSignal;
  /** Larger than that of every leader before: see `fenceCondition` of `@x/dynamo-lock`. */
  readonly fence: number;
}

/** How a leadership ended. */
export interface LostLeadership {
  readonly fence: number;
  /** A `LockLostError`, whose `reason` is `'released'` after `resign()` and `stop()`. */
  readonly reason: unknown;
}

/** What a `DynamoLeader` is constructed with. */
export interface DynamoLeaderOptions {
  /** How long after a crash of the leader nobody leads, in milliseconds. @default 30000 */
  readonly leaseMs?: number | undefined;
  /** Called when this process leads. What it rejects with is reported, and it resigns. */
  readonly onElected?: ((leadership: Leadership) => unknown) | undefined;
  /** Called after each leadership, also after a resignation. What it rejects with is reported. */
  readonly onLost?: ((lost: LostLeadership) => unknown) | undefined;
  /** Gets the failures of elections and of what was called. @default none */
  readonly logger?: Logger | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

const optionNames: OptionNames<DynamoLeaderOptions> = {
  leaseMs: true,
  onElected: 'function',
  onLost: 'function',
  logger: true,
  clock: true,
};

/** In which `onLost` the code runs. */
const calling = /* @__PURE__ */ new AsyncLocalStorage<LostLeadership>();

/**
 * Elects one of many processes to lead, by a lock that the leader keeps: while it lives, the others
 * wait; when it dies or resigns, another leads within two leases.
 *
 * A leader whose process was stopped may act for a moment after another was elected. What must never
 * be written by two needs the `fence`.
 *
 * @example
 * ```ts
 * import { DynamoLeader } from '@x/dynamo-leader';
 * import { DynamoLock } from '@x/dynamo-lock';
 *
 * const leader = new DynamoLeader(new DynamoLock({ tableName: 'locks' }), 'scheduler', {
 *   onElected: ({ fence }) => console.log(`leads with fence ${fence}`),
 * });
 * leader.start();
 * await leader.stop();
 * ```
 */
export class DynamoLeader implements AsyncDisposable {
  readonly #lock: LeaderLock;
  readonly #key: string;
  readonly #options: DynamoLeaderOptions & { readonly leaseMs: number; readonly clock: Clock };
  #stopped: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #held: HeldLock | undefined;
  /** What `onLost` works on at present; not `undefined`, which `calling` holds elsewhere. */
  #losing: LostLeadership | null = null;

  /** Checks what it gets and sends nothing. */
  constructor(lock: LeaderLock, key: string, options?: DynamoLeaderOptions) {
    const { leaseMs = 30_000, clock, logger, ...calls } = checkedOptions(options, optionNames);
    checkMethods('lock', lock, 'acquire');
    checkKeyText('key', key);
    checkLease(leaseMs, leaseMsMax);
    this.#lock = lock;
    this.#key = key;
    // Like what goes to the `monitoring` of a primitive: it may fail, and gets nothing that is stored.
    this.#options = { ...calls, ...guarded({ logger }), leaseMs, clock: checkedClock(clock) };
  }

  /** Whether this process leads at this very moment. Reads the clocks and sends nothing. */
  get isLeader(): boolean {
    return (this.#held?.remainingMs ?? 0) > 0;
  }

  /**
   * Becomes a candidate, in the background, until `stop()`. Calling it again changes nothing; after a
   * `stop()` that has not ended yet, it begins when that has.
   *
   * Sends one UpdateItem (one write unit) about every sixth of a lease while another leads, and one
   * for each third of a lease while this process leads. A failure is reported, and it tries again.
   * A candidate keeps the process alive until it leads; a leader does not: what it does has to.
   */
  start(): void {
    if (this.#stopped !== undefined) return;
    const stopped = new AbortController();
    this.#stopped = stopped;
    // After what was stopped before: one leadership ends before the next begins.
    this.#running = this.#running.then(() => this.#run(stopped.signal));
  }

  /**
   * Gives the leadership up, and stays a candidate: others have a third of a lease to be elected
   * first. Does nothing where another leads. Sends one UpdateItem (one write unit), for whose answer it
   * waits at most 1.5 s.
   */
  async resign(options?: CallOptions): Promise<void> {
    const given = checkedOptions(options, callOptionNames);
    given.signal?.throwIfAborted();
    await this.#held?.release(given);
  }

  /**
   * Gives the leadership up and is no candidate any more. Resolves when `onLost` has ended. Sends
   * one UpdateItem (one write unit) where this process leads, for whose answer it waits at most 1.5 s.
   * `start()` begins anew. A `signal` ends the waiting, and the rest goes on. Within `onLost` it does not
   * wait for the end of that.
   */
  async stop(options?: CallOptions): Promise<void> {
    const { signal } = checkedOptions(options, callOptionNames);
    signal?.throwIfAborted();
    this.#stopped?.abort(new DOMException('Stopped', 'AbortError'));
    this.#stopped = undefined;
    // Each would wait for the other.
    if (calling.getStore() === this.#losing) return;
    await (signal === undefined ? this.#running : abortable(signal, () => this.#running));
  }

  /** Stops at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const { clock, leaseMs } = this.#options;
    while (!stopped.aborted) {
      try {
        const lock = await this.#lock.acquire(this.#key, {
          leaseMs,
          heartbeat: true,
          waitMsMax: Infinity,
          retry: { firstMs: leaseMs / 12, maxMs: leaseMs / 3 },
          signal: stopped,
        });
        await this.#lead(lock, stopped);
      } catch (error) {
        if (!stopped.aborted) this.#report('Cannot be elected yet', error);
      }
      // The others go first after a resignation, and a failure is not repeated at once.
      await clock.sleep(leaseMs / 3, { signal: stopped }).catch(() => undefined);
    }
  }

  async #lead(lock: HeldLock, stopped: AbortSignal): Promise<void> {
    const { signal, fence } = lock;
    const lost = new Promise<void>((resolve) => whenAborted(signal, resolve));
    const release = (): void => {
      lock.release().catch((error: unknown) => this.#report('Cannot resign', error));
    };
    const unfollow = whenAborted(stopped, release);
    this.#held = lock;
    this.#call('onElected', { signal, fence }).then(
      (isDone) => isDone || release(),
      () => undefined,
    );
    await lost;
    unfollow();
    // What was released is free before anybody hears of it; the release has a bound of its own.
    await lock.release().catch(() => undefined);
    this.#held = undefined;
    const event = { fence, reason: signal.reason as unknown };
    this.#losing = event;
    await calling.run(event, () => this.#call('onLost', event));
    this.#losing = null;
  }

  /** Whether it ended well. */
  async #call(name: 'onElected' | 'onLost', event: object): Promise<boolean> {
    try {
      await this.#options[name]?.(event as Leadership & LostLeadership);
      return true;
    } catch (error) {
      this.#report(`${name} failed`, error);
      return false;
    }
  }

  #report(message: string, error: unknown): void {
    this.#options.logger?.warn(`Leader "${this.#key}": ${message}`, error);
  }
}
