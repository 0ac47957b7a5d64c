import {
  partitionedKeysTable,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
} from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { HitStore, type Hits } from '../src/hit-store.js';

const tableName = 'hits';
const windowMs = 1_000;
const stepsPerRun = 60;
/** A row remembers 16 changes: a copy that comes behind 15 others is known. */
const othersMax = 15;

/** A network that repeats writes at once, and delivers copies of them behind later ones. */
class Network implements DynamoTransport {
  readonly #memory: MemoryDynamo;
  readonly #unit: () => number;
  #copies: { left: number; readonly send: () => Promise<unknown> }[] = [];

  constructor(memory: MemoryDynamo, unit: () => number) {
    this.#memory = memory;
    this.#unit = unit;
  }

  async call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
  ): Promise<DynamoOutput<O>> {
    const send = (): Promise<DynamoOutput<O>> => this.#memory.call(operation, input);
    if (operation !== 'UpdateItem') return send();
    if (this.#unit() < 0.2) await ignored(send());
    if (this.#unit() < 0.5) this.#copies.push({ left: this.#unit() * othersMax, send });
    return send();
  }

  /** One more change of the row was made. */
  async deliver(): Promise<void> {
    const due = this.#copies.filter((copy) => --copy.left <= 0);
    this.#copies = this.#copies.filter(({ left }) => left > 0);
    for (const { send } of due) await ignored(send());
  }
}

async function ignored(copy: Promise<unknown>): Promise<void> {
  await copy.catch(() => undefined);
}

/** What the hits of one client should be. */
class Model {
  #beganMs = -Infinity;
  #hits = 0;

  at(nowMs: number): Hits | undefined {
    if (nowMs >= this.#beganMs + windowMs) return undefined;
    return { totalHits: this.#hits, resetTime: new Date(this.#beganMs + windowMs) };
  }

  increment(nowMs: number): Hits | undefined {
    if (this.at(nowMs) === undefined) [this.#beganMs, this.#hits] = [nowMs, 0];
    this.#hits++;
    return this.at(nowMs);
  }

  decrement(nowMs: number): void {
    if (this.at(nowMs) !== undefined) this.#hits = Math.max(0, this.#hits - 1);
  }
}

test.each([1, 2, 3, 4])(
  'hits of two processes are counted and given back once, with repeats and late copies: seed %i',
  async (seed) => {
    const random = seededRandom(seed);
    const clock = new ManualClock();
    const memory = new MemoryDynamo({ clock });
    memory.createTable(partitionedKeysTable, tableName);
    const dynamo = new Network(memory, () => random.unit());
    const stores = [1, 2].map(() => {
      const store = new HitStore({ dynamo, clock, tableName });
      store.init({ windowMs });
      return store;
    });
    const model = new Model();
    for (let step = 0; step < stepsPerRun; step++) {
      const store = stores[random.unit() < 0.5 ? 0 : 1] as HitStore;
      const nowMs = clock.now();
      const change = random.unit() < 0.6 ? 'increment' : 'decrement';
      expect(await store[change]('ann'), `step ${step}`).toEqual(model[change](nowMs));
      await dynamo.deliver();
      expect(await store.get('ann'), `step ${step}`).toEqual(model.at(nowMs));
      await clock.advance(Math.floor(random.unit() * 120));
    }
  },
);
