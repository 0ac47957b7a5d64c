import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  DoOnceManager,
  DoOnceInProgressError,
  partitionedKeysTable,
  type DoOnceManagerOptions,
} from '../src/index.js';

const tableName = partitionedKeysTable.name;
const startMs = Date.UTC(2030, 0, 1);

/** What is known of one key, by a model that has no rows, leases or owners. */
interface Known {
  doneAt?: number;
  result?: number;
  /** When the mark stops to count. */
  overMs?: number;
  /** When a dead claim may be taken over. */
  claimedUntilMs?: number;
}

class Real {
  readonly clock = new ManualClock({ nowMs: startMs });
  readonly memory = new MemoryDynamo({ clock: this.clock });
  #managers = 0;

  constructor() {
    this.memory.createTable(partitionedKeysTable, tableName);
  }

  /** A process of its own, so that nothing is shared but the table. */
  open(options: DoOnceManagerOptions = {}): DoOnceManager {
    const { memory: dynamo, clock } = this;
    const random = seededRandom(++this.#managers);
    return new DoOnceManager(
      { dynamo, tableName, clock, random },
      { skewToleranceMs: 0, storeResult: true, onInProgress: 'throw', ...options },
    );
  }
}

type Model = Map<string, Known>;

/** What counts at this moment. */
function standing(model: Model, key: string, nowMs: number): Known {
  const known = model.get(key) ?? {};
  if (known.overMs !== undefined && known.overMs <= nowMs) return {};
  return known;
}

function expiryMs(nowMs: number, ttl: number | undefined): number | undefined {
  // Whole seconds are stored, rounded up.
  return ttl === undefined ? undefined : Math.ceil(nowMs / 1000 + ttl) * 1000;
}

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #run: (model: Model, real: Real) => Promise<void>;

  constructor(name: string, run: (model: Model, real: Real) => Promise<void>) {
    this.#name = name;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): Promise<void> {
    return this.#run(model, real);
  }

  toString(): string {
    return this.#name;
  }
}

function isClaimed({ doneAt, claimedUntilMs }: Known, nowMs: number): boolean {
  return doneAt === undefined && claimedUntilMs !== undefined && claimedUntilMs > nowMs;
}

function doOnce(key: string, result: number, ttlSeconds: number | undefined): Command {
  return new Command(`doOnce(${key}, ${result}, ${ttlSeconds})`, async (model, real) => {
    const nowMs = real.clock.now();
    const known = standing(model, key, nowMs);
    const answer = real.open().doOnce('ann', key, () => result, { ttlSeconds });
    if (known.doneAt !== undefined) {
      const actionResponse = known.result === undefined ? {} : { actionResponse: known.result };
      expect(await answer).toEqual({ didAction: false, at: known.doneAt, ...actionResponse });
    } else if (isClaimed(known, nowMs)) {
      await expect(answer).rejects.toBeInstanceOf(DoOnceInProgressError);
    } else {
      expect(await answer).toEqual({ didAction: true, at: nowMs, actionResponse: result });
      model.set(key, { doneAt: nowMs, result, ...over(expiryMs(nowMs, ttlSeconds)) });
    }
  });
}

function over(overMs: number | undefined): { overMs?: number } {
  return overMs === undefined ? {} : { overMs };
}

function fail(key: string, keep: boolean): Command {
  return new Command(`fail(${key}, ${keep})`, async (model, real) => {
    const nowMs = real.clock.now();
    const known = standing(model, key, nowMs);
    const onError = keep ? 'keep' : 'release';
    const failing = real
      .open({ onError, leaseMs: 5_000 })
      .doOnce('ann', key, () => Promise.reject(new RangeError('broken')));
    if (known.doneAt !== undefined) {
      expect(await failing).toMatchObject({ didAction: false });
    } else if (isClaimed(known, nowMs)) {
      await expect(failing).rejects.toBeInstanceOf(DoOnceInProgressError);
    } else {
      await expect(failing).rejects.toBeInstanceOf(RangeError);
      model.set(key, keep ? { claimedUntilMs: nowMs + 5_000 } : {});
    }
  });
}

function markDone(key: string, ttlSeconds: number | undefined): Command {
  return new Command(`markDone(${key}, ${ttlSeconds})`, async (model, real) => {
    const nowMs = real.clock.now();
    const known = standing(model, key, nowMs);
    const answer = real.open().markDone('ann', key, { ttlSeconds });
    expect(await answer).toBe(known.doneAt ?? nowMs);
    if (known.doneAt === undefined)
      model.set(key, { doneAt: nowMs, ...over(expiryMs(nowMs, ttlSeconds)) });
  });
}

function clearKey(key: string): Command {
  return new Command(`clearKey(${key})`, async (model, real) => {
    await real.open().clearKey('ann', key);
    model.delete(key);
  });
}

function haveAlreadyDone(key: string): Command {
  return new Command(`haveAlreadyDone(${key})`, async (model, real) => {
    const { doneAt } = standing(model, key, real.clock.now());
    const expected = doneAt === undefined ? undefined : { done: true, at: doneAt };
    expect(await real.open().haveAlreadyDone('ann', key)).toEqual(expected);
  });
}

function transact(key: string, ttlSeconds: number | undefined): Command {
  return new Command(`transact(${key}, ${ttlSeconds})`, async (model, real) => {
    const nowMs = real.clock.now();
    const known = standing(model, key, nowMs);
    const Key = { partitionKey: { S: 'other' }, sortKey: { S: 'row' } };
    const items = [{ Delete: { TableName: tableName, Key } }];
    const answer = real
      .open()
      .transact('ann', key, items, { marshall: (item) => item, ttlSeconds });
    if (known.doneAt !== undefined) {
      expect(await answer).toEqual({ didAction: false, at: known.doneAt });
    } else if (isClaimed(known, nowMs)) {
      await expect(answer).rejects.toBeInstanceOf(DoOnceInProgressError);
    } else {
      expect(await answer).toEqual({ didAction: true, at: nowMs });
      model.set(key, { doneAt: nowMs, ...over(expiryMs(nowMs, ttlSeconds)) });
    }
  });
}

const key = fc.constantFrom('a', 'b');
const ttl = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
const commands = [
  fc.tuple(key, fc.nat(), ttl).map((args) => doOnce(...args)),
  fc.tuple(key, fc.boolean()).map((args) => fail(...args)),
  fc.tuple(key, ttl).map((args) => markDone(...args)),
  key.map(clearKey),
  key.map(haveAlreadyDone),
  fc.tuple(key, ttl).map((args) => transact(...args)),
  fc
    .integer({ min: 0, max: 6_000 })
    .map((ms) => new Command(`wait ${ms}ms`, async (_model, { clock }) => clock.advance(ms))),
];

test('every sequence of calls answers as a model without rows and leases does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 30 }), async (sequence) => {
      const real = new Real();
      await fc.asyncModelRun(() => ({ model: new Map<string, Known>(), real }), sequence);
      expect(real.clock.pendingSleeps).toBe(0);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('payloads with the same JSON are the same, whatever the order of their keys', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (payload) => {
      const real = new Real();
      await real.open().doOnce('ann', 'a', () => 1, { payload });
      const again = real.open().doOnce('ann', 'a', () => 2, { payload: shuffled(payload) });
      expect(await again).toMatchObject({ didAction: false });
    }),
    { numRuns: 100, seed: 1 },
  );
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, part]) => [name, shuffled(part)] as const);
  return Object.fromEntries(entries.toReversed());
}
