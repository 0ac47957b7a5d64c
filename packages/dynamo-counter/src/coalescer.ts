import { abortable } from '@x/dynamo-core/mechanism';

import type { ChangeOutcome } from './apply-change.js';
import type { Count } from './requests.js';

/** Sends one change of the last of these sums, and only where each of them leads to a count. */
type Send = (sums: readonly bigint[], signal: AbortSignal) => Promise<ChangeOutcome>;

/** Changes of one counter that go with one request. */
class Batch {
  readonly #amounts: bigint[] = [];
  readonly #given: (AbortSignal | undefined)[] = [];
  /** Of each amount and all before it. */
  #sums: readonly bigint[] = [];
  /** Aborts when all have given up. Before it is sent others may come behind those. */
  #nobody: AbortController | undefined;
  /** `undefined` where all had given up before. */
  readonly sent: Promise<ChangeOutcome | undefined>;

  /** Waits until `previous` has ended; those that come meanwhile go with it. */
  constructor(previous: Promise<unknown> | undefined, send: Send, onSent: (batch: Batch) => void) {
    this.sent = (previous ?? Promise.resolve()).then(() => {
      onSent(this);
      if (this.#given.every((signal) => signal?.aborted === true)) return undefined;
      let sum = 0n;
      // Who has given up before it is sent is left out of it.
      this.#sums = this.#amounts.map((amount, place) =>
        this.#given[place]?.aborted === true ? sum : (sum += amount),
      );
      this.#nobody = new AbortController();
      return send(this.#sums, this.#nobody.signal);
    });
    this.sent.catch(() => undefined);
  }

  /** Joins, and answers with the count up to the own amount. */
  async join(amount: bigint, signal: AbortSignal | undefined): Promise<ChangeOutcome> {
    const place = this.#amounts.push(amount);
    this.#given.push(signal);
    try {
      const outcome = await (signal === undefined ? this.sent : abortable(signal, () => this.sent));
      if (outcome === undefined) throw signal?.reason;
      if (outcome.outcome === 'refused') return outcome;
      const [own = 0n, all = 0n] = [this.#sums[place - 1], this.#sums.at(-1)];
      return { ...outcome, count: plus(outcome.count, own - all) };
    } finally {
      if (this.#given.every((other) => other?.aborted === true))
        this.#nobody?.abort(signal?.reason);
    }
  }
}

/**
 * Makes one request of the changes of one counter that come while another one is under way, or in
 * the same moment. Each caller gets its own count, and a failure reaches each.
 */
export class Coalescer {
  /** What is under way, and what gathers behind it. */
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #gathering = new Map<string, Batch>();

  /** Adds an amount. `send` sends the sum for all that came together for the same `target`. */
  async add(
    target: readonly unknown[],
    amount: bigint,
    signal: AbortSignal | undefined,
    send: Send,
  ): Promise<ChangeOutcome> {
    signal?.throwIfAborted();
    const id = JSON.stringify(target);
    let batch = this.#gathering.get(id);
    if (batch === undefined) {
      batch = new Batch(this.#running.get(id), send, () => this.#gathering.delete(id));
      this.#gathering.set(id, batch);
      const leave = (): void => {
        if (this.#running.get(id) === ended) this.#running.delete(id);
      };
      const ended: Promise<unknown> = batch.sent.then(leave, leave);
      this.#running.set(id, ended);
    }
    return batch.join(amount, signal);
  }
}

function plus(count: Count, amount: bigint): Count {
  return typeof count === 'bigint' ? count + amount : count + Number(amount);
}
