import type { Clock, SleepOptions } from '@x/dynamo-core';
import { ServerBounds } from '@x/dynamo-core/mechanism';

import type { Kernel } from './kernel.js';
import type { PendingEvent, Sleeper } from './pending-event.js';

/** How a client's clock differs from the world's. */
export interface ClockDeviation {
  /**
   * How far ahead of the world's wall clock the client's is at the start; negative is behind.
   *
   * @default 0
   */
  readonly clockOffsetMs?: number | undefined;
  /**
   * How much faster than the world the client's clocks run: `0.01` gains 10 ms in each second.
   *
   * @default 0
   */
  readonly driftRate?: number | undefined;
}

/** Makes the event of this client that `wake` belongs to. */
export type LocalEvent = (text: string, wake: () => void) => PendingEvent;

/** The clock of one client: it stands still unless the scheduler moves time. */
export class ClientClock implements Clock {
  /** A machine's own: all that run on this client share it. */
  readonly serverBounds = new ServerBounds();
  readonly #kernel: Kernel;
  readonly #localEvent: LocalEvent;
  readonly #rate: number;
  #offsetMs: number;
  #suspendedMs = 0;

  constructor(kernel: Kernel, deviation: ClockDeviation, localEvent: LocalEvent) {
    this.#kernel = kernel;
    this.#localEvent = localEvent;
    this.#rate = 1 + (deviation.driftRate ?? 0);
    this.#offsetMs = deviation.clockOffsetMs ?? 0;
  }

  now(): number {
    return Math.floor(this.#kernel.startMs + this.#offsetMs + this.monotonic());
  }

  monotonic(): number {
    return (this.#kernel.nowMs - this.#kernel.startMs - this.#suspendedMs) * this.#rate;
  }

  /** Sets the wall clock forward or, below zero, back. The monotonic clock does not notice. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Both clocks stand still for the next `ms` of the world: call it with a pause of the process. */
  suspend(ms: number): void {
    this.#suspendedMs += ms;
  }

  sleep(ms: number, { signal, keepAlive = true }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = {
        dueMs: this.#kernel.nowMs + Math.ceil(Math.max(ms, 0) / this.#rate),
        keepAlive,
        event: this.#localEvent(`wakes after ${ms}ms`, wake),
      };
      const onAbort = (): void => {
        this.#kernel.removeSleeper(sleeper);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#kernel.addSleeper(sleeper);
    });
  }
}
