import { backgroundSleep, type Clock, type Instant } from '@x/dynamo-core';

import { LockLostError, type LockLossReason } from './errors.js';
import { latest, msUntil } from './instant.js';

/** Whose tenure it is. */
export interface TenureOf {
  readonly key: string;
  readonly fence: number;
  readonly clock: Clock;
  /** Until when the lock is held. */
  readonly deadline: Instant;
}

/**
 * For how long a lock is held, and whether it still is: the part of a held lock that sends nothing.
 * Once it is lost it stays lost.
 */
export class Tenure {
  readonly #of: TenureOf;
  readonly #end = new AbortController();
  #deadline: Instant;
  #lost: LockLostError | undefined;
  #isRenewing = false;
  /** The last failure of a renewal, while none has succeeded since. */
  #failure: unknown;
  #watcher: Promise<void> | undefined;

  constructor(of: TenureOf) {
    this.#of = of;
    this.#deadline = of.deadline;
  }

  get deadline(): Instant {
    return this.#deadline;
  }

  /** Whether something said that the lock is lost. The clocks may know better by now. */
  get isOver(): boolean {
    return this.#lost !== undefined;
  }

  /** Aborts when the lock is lost for a reason other than time. For what runs in the background. */
  get end(): AbortSignal {
    return this.#end.signal;
  }

  /** Like `end`, and aborts when the time is up as well: from now on a timer watches it. */
  get signal(): AbortSignal {
    this.#watcher ??= this.#watch();
    return this.#end.signal;
  }

  remainingMs(): number {
    return this.#lost === undefined ? Math.max(0, msUntil(this.#deadline, this.#of.clock)) : 0;
  }

  assertHeld(): void {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.remainingMs() === 0) throw this.#runOut();
  }

  /** Says that the answer of a renewal is awaited: should the time be up first, this is why. */
  renewalBegins(): void {
    this.#isRenewing = true;
  }

  /** Keeps what went wrong with a renewal, and throws when nothing can be tried any more. */
  renewalFailed(error: unknown): void {
    this.#isRenewing = false;
    if (this.#lost === undefined) this.#failure = error;
    this.assertHeld();
  }

  /** Throws when the time was up before the answer came: what was lost is not revived. */
  renewalAnswered(deadline: Instant | undefined): void {
    this.#isRenewing = false;
    this.assertHeld();
    this.#failure = undefined;
    if (deadline !== undefined) this.#deadline = latest(this.#deadline, deadline);
  }

  /** Ends it. The first reason counts. */
  lose(reason: LockLossReason, cause?: unknown): LockLostError {
    if (this.#lost !== undefined) return this.#lost;
    const options = cause === undefined ? undefined : { cause };
    this.#lost = new LockLostError(this.#of.key, this.#of.fence, reason, options);
    this.#end.abort(this.#lost);
    return this.#lost;
  }

  /** Resolves when no timer is left, which is soon after the end. */
  async settled(): Promise<void> {
    await this.#watcher;
  }

  #runOut(): LockLostError {
    const isUnreachable = this.#isRenewing || this.#failure !== undefined;
    return this.lose(isUnreachable ? 'unreachable' : 'expired', this.#failure);
  }

  async #watch(): Promise<void> {
    while (this.#lost === undefined) {
      const ms = this.remainingMs();
      if (ms > 0) await backgroundSleep(this.#of.clock, ms, this.#end.signal);
      else this.#runOut();
    }
  }
}
