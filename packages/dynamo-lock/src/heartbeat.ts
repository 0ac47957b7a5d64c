import { backgroundSleep, type Clock } from '@x/dynamo-core';

/** What a heartbeat does and when. */
export interface HeartbeatTask {
  readonly clock: Clock;
  /** From the end of one renewal to the next one. */
  readonly intervalMs: () => number;
  /** Ends the heartbeat for good. */
  readonly end: AbortSignal;
  readonly renew: () => Promise<void>;
  /** Whether the lock is still held: a heartbeat ends with it. */
  readonly isHeld: () => boolean;
  /** Gets each failure after which the heartbeat goes on. */
  readonly onFailure: (error: unknown) => void;
}

/** After a failed renewal the next one comes this many times sooner. */
const hurry = 4;

/**
 * Renews again and again until it is stopped, or the lock is lost. A renewal that fails never makes
 * it reject, and its sleeps do not keep the process alive.
 */
export class Heartbeat {
  readonly #task: HeartbeatTask;
  readonly #stopped = new AbortController();
  readonly #beating: Promise<void>;

  /** Starts. */
  constructor(task: HeartbeatTask) {
    this.#task = task;
    task.end.addEventListener('abort', this.stop, { once: true });
    if (task.end.aborted) this.stop();
    this.#beating = this.#beat();
  }

  get isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Ends it; a renewal under way goes on to its end. */
  readonly stop = (): void => {
    this.#task.end.removeEventListener('abort', this.stop);
    this.#stopped.abort();
  };

  /** Resolves when no timer is left, which is soon after it was stopped. */
  settled(): Promise<void> {
    return this.#beating;
  }

  async #beat(): Promise<void> {
    const { clock, intervalMs, renew, isHeld, onFailure } = this.#task;
    let pauseMs = intervalMs();
    while (await backgroundSleep(clock, pauseMs, this.#stopped.signal)) {
      try {
        await renew();
        pauseMs = intervalMs();
      } catch (error) {
        if (this.isStopped || !isHeld()) break;
        onFailure(error);
        pauseMs = intervalMs() / hurry;
      }
    }
    this.stop();
  }
}
