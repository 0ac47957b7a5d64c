import {
  keysTable,
  type CallOptions,
  type DynamoInput,
  type DynamoOperation,
  type DynamoOutput,
  type DynamoTransport,
} from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { KeyValueCounter, type CountMode } from '../src/index.js';

/** What the network does to one write. */
type Mishap =
  | { readonly kind: 'none' }
  /** Its response is lost, and the SDK repeats it at once. */
  | { readonly kind: 'repeated' }
  /** Another copy of it arrives after so many further changes of the counter. */
  | { readonly kind: 'late'; readonly after: number };

/** A network whose mishaps are dealt out one after the other. */
class Network implements DynamoTransport {
  readonly #memory: MemoryDynamo;
  readonly #mishaps: Mishap[];
  #late: { left: number; readonly send: () => Promise<unknown> }[] = [];

  constructor(memory: MemoryDynamo, mishaps: readonly Mishap[]) {
    this.#memory = memory;
    this.#mishaps = [...mishaps];
  }

  async call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
    options?: CallOptions,
  ): Promise<DynamoOutput<O>> {
    const mishap = operation === 'UpdateItem' ? this.#mishaps.shift() : undefined;
    const send = async (): Promise<DynamoOutput<O>> => this.#memory.call(operation, input, options);
    if (mishap?.kind === 'repeated') await ignored(send());
    if (mishap?.kind === 'late') this.#late.push({ left: mishap.after, send });
    return send();
  }

  /**
   * Drops the copies that are under way. One of a refused change could be applied after all, once
   * the bounds allow it: the row remembers changes, not refusals.
   */
  dropCopies(): void {
    this.#late = [];
  }

  /** The copies arrive that may arrive after as many changes as were made since. */
  async deliver(changes: number): Promise<void> {
    for (const { send } of this.#late.filter(({ left }) => left === 0)) await ignored(send());
    this.#late = this.#late
      .filter(({ left }) => left > 0)
      .map(({ left, send }) => ({ left: left - changes, send }));
  }
}

/** Nobody hears how a copy of a request ends. */
async function ignored(copy: Promise<unknown>): Promise<void> {
  await copy.catch(() => undefined);
}

type Step =
  | { readonly kind: 'incr' | 'decr' | 'set'; readonly amount: number }
  | { readonly kind: 'tryIncr'; readonly amount: number; readonly bounds: [number, number] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'get' | 'original' | 'delete' };

interface Run {
  readonly ttlSeconds: number | undefined;
  readonly steps: readonly (readonly [Step, Mishap])[];
}

const amount = fc.integer({ min: -5, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('incr' as const), amount }) },
  fc.record({ kind: fc.constantFrom('decr' as const, 'set' as const), amount }),
  fc.record({
    kind: fc.constant('tryIncr' as const),
    amount,
    bounds: fc.tuple(fc.integer({ min: -8, max: 0 }), fc.integer({ min: 0, max: 8 })),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
  fc.record({ kind: fc.constantFrom('get' as const, 'original' as const, 'delete' as const) }),
);

/** Fewer than 16 others may land before a copy: the edge of the promise, and all before it. */
const runUpTo = (othersMax: number): fc.Arbitrary<Run> =>
  fc.record({
    ttlSeconds: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    steps: fc.array(
      fc.tuple(
        step,
        fc.oneof(
          fc.constant<Mishap>({ kind: 'none' }),
          fc.constant<Mishap>({ kind: 'repeated' }),
          fc.record({
            kind: fc.constant('late' as const),
            after: fc.oneof(fc.nat(othersMax), fc.constant(othersMax)),
          }),
        ),
      ),
      { maxLength: 60 },
    ),
  });
const run = runUpTo(15);

/** One increment whose copy comes after so many others. */
const longRun = (others: number): fc.Arbitrary<Run> =>
  fc.array(amount, { minLength: others, maxLength: 2 * others }).map((amounts) => ({
    ttlSeconds: undefined,
    steps: [1, ...amounts].map((by, index) => [
      { kind: 'incr', amount: by },
      index === 0 ? { kind: 'late', after: others } : { kind: 'none' },
    ]),
  }));

/** A count as anyone would keep it. */
class Model {
  count: number | undefined;
  #expiresAt: number | undefined;
  readonly #ttlSeconds: number | undefined;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock, ttlSeconds: number | undefined) {
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
  }

  delete(): void {
    this.count = undefined;
    this.#expiresAt = undefined;
  }

  /** Expires what is over. */
  read(): number | undefined {
    const now = Math.floor(this.#clock.now() / 1000);
    if (this.#expiresAt !== undefined && this.#expiresAt <= now) {
      this.count = undefined;
      this.#expiresAt = undefined;
    }
    return this.count;
  }

  write(count: number, renews = false): number {
    this.read();
    this.count = count;
    if (this.#ttlSeconds !== undefined && (renews || this.#expiresAt === undefined)) {
      this.#expiresAt = Math.ceil(this.#clock.now() / 1000 + this.#ttlSeconds);
    }
    return count;
  }
}

interface Bench {
  readonly model: Model;
  readonly counter: KeyValueCounter;
  readonly network: Network;
  readonly memory: MemoryDynamo;
  readonly clock: ManualClock;
}

/** Takes a step and answers how many changes it made. */
async function take(
  step: Step,
  { model, counter, network, memory, clock }: Bench,
): Promise<number> {
  const current = model.read() ?? 0;
  switch (step.kind) {
    case 'incr':
      expect(await counter.incr('a', step.amount)).toBe(model.write(current + step.amount));
      return 1;
    case 'decr':
      expect(await counter.decr('a', step.amount)).toBe(model.write(current - step.amount));
      return 1;
    case 'set':
      await counter.set('a', step.amount);
      model.write(step.amount, true);
      return 1;
    case 'tryIncr': {
      const [min, max] = step.bounds;
      const next = current + step.amount;
      const allowed = next >= min && next <= max;
      const answer = await counter.tryIncr('a', step.amount, { min, max });
      expect(answer).toBe(allowed ? model.write(next) : undefined);
      if (!allowed) network.dropCopies();
      return allowed ? 1 : 0;
    }
    case 'wait':
      await clock.advance(step.ms);
      return 0;
    case 'get': {
      const count = model.read();
      expect(await counter.get(['a'])).toEqual([
        count === undefined ? { id: 'a' } : { id: 'a', count },
      ]);
      return 0;
    }
    case 'delete':
      await counter.delete('a');
      // What expired stays in its row, with its ids.
      if (memory.rows('keys').length === 0) network.dropCopies();
      model.delete();
      return 0;
    case 'original':
      // It knows no expiry: it counts on in a row that is over, which stays over.
      if (model.read() !== undefined) model.count = current + 1;
      if (memory.rows('keys').length === 0) model.count = 1;
      await memory.call('UpdateItem', {
        TableName: 'keys',
        Key: { key: { S: 'a' } },
        UpdateExpression: 'add #count :value',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':value': { N: '1' } },
      });
      return 0;
  }
}

async function follow({ ttlSeconds, steps }: Run, exactlyOnce = true): Promise<void> {
  const clock = new ManualClock();
  const memory = new MemoryDynamo({ clock });
  memory.createTable(keysTable);
  const mishaps = steps.map(([, mishap]) => mishap);
  const network = new Network(memory, mishaps);
  const model = new Model(clock, ttlSeconds);
  const counter = new KeyValueCounter({
    namespace: '',
    dynamo: network,
    tableName: 'keys',
    clock,
    random: seededRandom(1),
    ttlSeconds,
    exactlyOnce,
  });
  for (const [step] of steps) {
    const changes = await take(step, { model, counter, network, memory, clock });
    await network.deliver(changes);
    expect(memory.rows('keys').every((row) => 'count' in row)).toBe(true);
  }
  const count = model.read();
  const expected = count === undefined ? [{ id: 'a' }] : [{ id: 'a', count }];
  expect(await counter.get(['a'])).toEqual(expected);
}

describe('a counter under repeated, late and lost requests', () => {
  test('equals its model, to the edge of what it remembers', async () => {
    await fc.assert(
      fc.asyncProperty(run, async (given) => follow(given)),
      { numRuns: 1_000, seed: 1 },
    );
  });

  test('equals its model where a copy comes after 15 others', async () => {
    await fc.assert(
      fc.asyncProperty(longRun(15), async (given) => follow(given)),
      { numRuns: 100, seed: 1 },
    );
  });

  test('does not without ids: the property sees it', async () => {
    const bare = fc.asyncProperty(run, async (given) => follow(given, false));
    expect((await fc.check(bare, { numRuns: 1_000, seed: 1 })).failed).toBe(true);
  });

  test('does not beyond what it remembers: the property sees it', async () => {
    const property = fc.asyncProperty(longRun(16), async (given) => follow(given));
    expect((await fc.check(property, { numRuns: 20, seed: 1 })).failed).toBe(true);
  });
});

describe('the numbers of a counter', () => {
  const limits: Record<CountMode, bigint> = {
    number: BigInt(Number.MAX_SAFE_INTEGER),
    bigint: 10n ** 38n - 1n,
  };

  test.each<CountMode>(['number', 'bigint'])(
    'are exact to the limit of mode %s, which nothing passes',
    async (mode) => {
      const limit = limits[mode];
      const near = fc.oneof(
        fc.bigInt({ min: -limit, max: limit }),
        fc.bigInt({ min: limit - 3n, max: limit }),
        fc.bigInt({ min: -3n, max: 3n }),
      );
      const property = fc.asyncProperty(fc.array(near, { maxLength: 8 }), async (amounts) => {
        const memory = new MemoryDynamo();
        memory.createTable(keysTable);
        const counter = new KeyValueCounter({ dynamo: memory, tableName: 'keys', mode });
        let model = 0n;
        for (const by of amounts) {
          const given = mode === 'number' ? Number(by) : by;
          const next = model + by;
          const passes = next > limit || next < -limit;
          const outcome = await counter.incr('a', given).then(String, (error: Error) => error.name);
          expect(outcome).toBe(passes ? 'CounterOutOfBoundsError' : String(next));
          if (!passes) model = next;
        }
      });
      await fc.assert(property, { numRuns: 200, seed: 1 });
    },
  );
});
