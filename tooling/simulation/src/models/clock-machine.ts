import type { Clock, Instant } from '@x/dynamo-core';
import {
  correctedBy,
  instantOf,
  ServerBounds,
  type ClockOffset,
  type DynamoClock,
} from '@x/dynamo-core/mechanism';

/** What is kept of the time that answers carry: nothing, the largest of thirty samples, or bounds. */
export type Learning = 'nothing' | 'samples' | 'bounds';

const signatureMsMax = 300_000;

/** One machine: its clocks, and what it learns of DynamoDB's. */
export class ClockMachine {
  readonly name: string;
  /** By how much its wall clock is ahead. */
  offsetMs: number;
  readonly #clock: Clock;
  readonly #learning: Learning;
  readonly #bounds = new ServerBounds();
  readonly #samples: number[] = [];
  #suspendedMs = 0;
  /** By how much the SDK corrects its signatures. */
  #signatureOffsetMs = 0;

  constructor(name: string, offsetMs: number, trueMs: () => number, learning: Learning) {
    this.name = name;
    this.offsetMs = offsetMs;
    this.#learning = learning;
    this.#clock = {
      now: () => trueMs() + this.offsetMs,
      monotonic: () => trueMs() - this.#suspendedMs,
      sleep: () => Promise.reject(new Error('Cannot sleep in a model')),
    };
  }

  /** What its programs go by. */
  get clock(): DynamoClock {
    return correctedBy(this.#clock, () => this.#known());
  }

  get instant(): Instant {
    return instantOf(this.#clock);
  }

  /** It stood still, with both clocks, until now. */
  suspend(ms: number): void {
    this.offsetMs -= ms;
    this.#suspendedMs += ms;
  }

  /** Whether DynamoDB refuses a signature of the machine's time. The SDK then corrects the next one. */
  isRefused(): boolean {
    if (Math.abs(this.offsetMs + this.#signatureOffsetMs) <= signatureMsMax) return false;
    this.#signatureOffsetMs = -this.offsetMs;
    return true;
  }

  /** An answer comes, to a request that was sent at `start`. */
  learn(serverTimeMs: number, start: Instant): void {
    this.#samples.push(serverTimeMs - this.#clock.now());
    this.#bounds.learn(this.#clock, serverTimeMs, start);
  }

  #known(): ClockOffset | undefined {
    if (this.#learning === 'bounds') return this.#bounds.of(this.#clock);
    if (this.#learning === 'nothing' || this.#samples.length === 0) return undefined;
    const largest = Math.max(...this.#samples.slice(-30));
    return Math.abs(largest) > 2_000 ? { earliest: largest, latest: largest } : undefined;
  }
}
