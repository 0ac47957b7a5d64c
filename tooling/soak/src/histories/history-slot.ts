import type { Worker } from '../client/worker.js';

/** A key is worked on for so long, by all clients, and then never again. */
const slotMs = 300;
/** How many calls one client may make in it: a history of over a hundred cannot be judged. */
const callsMax = 12;
const pauseMsMax = 12;

/**
 * Hands out the keys of histories: all clients work on the same one at the same time, and each key
 * gets so few calls that their order can be judged.
 */
export class HistorySlot {
  readonly #worker: Worker;
  #slot = -1;
  #calls = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** The key for the next call or two; waits until there is one that may take more. */
  async next(): Promise<string> {
    const worker = this.#worker;
    do await worker.pause(pauseMsMax);
    while (this.#calls >= callsMax && worker.slot(slotMs) === this.#slot);
    const current = worker.slot(slotMs);
    if (current !== this.#slot) this.#calls = 0;
    this.#slot = current;
    this.#calls++;
    return `r${worker.round}-${current}`;
  }

  /** Counts a further call of the same key. */
  another(): void {
    this.#calls++;
  }
}
