import type { DynamoInput, DynamoOperation, DynamoTransport, Item } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import {
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  type Algorithm,
  type AttemptResult,
  type SuccessfulAttempt,
} from '../src/index.js';
import { byName } from './algorithms.js';

const tableName = 'attempts';
const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
const other = { ...key, sort: 'user-2' };
const ample = { attemptsMax: 1_000_000, windowMs: 1_000_000 };

type Write = (send: () => Promise<unknown>, id: string) => Promise<void>;

/** A network that may lose the answer of a write, and repeats it after others have acted. */
class Lossy implements DynamoTransport {
  readonly usesSockets = false;
  /** What comes between the next write and its repeat. */
  between: Write | undefined;
  readonly #memory: MemoryDynamo;

  constructor(memory: MemoryDynamo) {
    this.#memory = memory;
  }

  async call<O extends DynamoOperation>(operation: O, input: DynamoInput<O>) {
    const send = () => this.#memory.call(operation, input);
    const { between } = this;
    if (between === undefined || !/Update|Transact/.test(operation)) return send();
    this.between = undefined;
    const { TransactItems, ...update } = input as DynamoInput<'TransactWriteItems'>;
    const { ExpressionAttributeValues } = (TransactItems?.[0]?.Update ?? update) as Item;
    await between(send, (ExpressionAttributeValues as unknown as Item)[':id']?.S ?? '');
    return send();
  }
}

/** A table with a process and two others, and the attempts that the process was admitted. */
class Side {
  readonly memory = new MemoryDynamo();
  readonly network = new Lossy(this.memory);
  readonly own: LimitedAttempt;
  readonly others: readonly LimitedAttempt[];
  attempts: SuccessfulAttempt[] = [];

  constructor(clock: ManualClock, seed: number) {
    this.memory.createTable(partitionedKeysTable, tableName);
    const open = (dynamo: DynamoTransport, process: number): LimitedAttempt => {
      const rememberedKeysMax = (seed + process) % 2 === 0 ? 1_000 : 0;
      const random = seededRandom(seed * 10 + process);
      const options = { dynamo, tableName, clock, random, rememberedKeysMax };
      return new LimitedAttempt({ ...options, timeoutMs: Infinity });
    };
    this.own = open(this.network, 0);
    this.others = [open(this.memory, 1), open(this.memory, 2)];
  }

  /** Whether the row of the key remembers the change. */
  knows(id: string): boolean {
    const row = this.memory.rows(tableName).find(({ sortKey }) => sortKey?.S?.endsWith(key.sort));
    return Object.entries(row ?? {}).some(([name, { S }]) => /^r\d+$/.test(name) && S === id);
  }
}

interface Limit {
  readonly attemptsMax: number;
  readonly windowMs: number;
  readonly algorithm: Algorithm;
  readonly blockMs?: number;
}

interface Step {
  readonly name: string;
  readonly run: (limiter: LimitedAttempt, side: Side) => Promise<unknown>;
}

class History {
  readonly #below: (max: number) => number;
  readonly #limits: readonly Limit[];

  constructor(algorithms: readonly Algorithm[], below: (max: number) => number) {
    this.#below = below;
    this.#limits = algorithms.map((algorithm) => ({
      attemptsMax: 1 + below(4),
      windowMs: below(3) === 0 ? 8_000 : 3_000,
      algorithm,
      ...(below(5) === 0 && { blockMs: 1_000 + below(5_000) }),
    }));
  }

  get limits(): readonly Limit[] {
    return this.#limits;
  }

  /** One or two limits, one of them perhaps with other numbers. */
  #drawn(): Limit[] {
    return this.#limits.slice(0, 1 + this.#below(2)).map((limit) => {
      if (this.#below(7) > 0) return limit;
      const attemptsMax = 1 + this.#below(6);
      // A sliding counter keeps what its window asks for.
      return limit.algorithm === slidingCounter
        ? { ...limit, attemptsMax }
        : { ...limit, attemptsMax, windowMs: this.#below(2) === 0 ? 1_000 : 8_000 };
    });
  }

  step(): Step {
    const limits = this.#drawn();
    const cost = this.#below(3) > 0 ? 1 : 1 + this.#below(3);
    const [durationMs, back] = [500 + this.#below(4_000), -1 - this.#below(6)];
    const attempt: Step = {
      name: `attempt of ${cost} by ${limits.map((one) => `${one.attemptsMax}/${one.windowMs}`).join()}`,
      run: async (limiter, { attempts }) => {
        const made = await limiter.tryAttempt(key, limits, { cost });
        if (made !== undefined) attempts.push(made);
        return made !== undefined;
      },
    };
    const entries = [
      { key, limits, cost },
      { key: other, limits: ample },
    ];
    const steps: readonly Step[] = [
      attempt,
      attempt,
      attempt,
      attempt,
      { name: `record ${cost}`, run: async (by) => void (await by.record(key, limits, { cost })) },
      { name: `refund ${cost}`, run: (by) => by.refund(key, limits, { cost }) },
      { name: 'refund of an attempt', run: async (_, side) => side.attempts.at(back)?.refund() },
      { name: 'clear of an attempt', run: async (_, side) => side.attempts.at(back)?.clear() },
      { name: 'clear', run: (by) => by.clear(key) },
      { name: `block ${durationMs}`, run: (by) => by.block(key, durationMs) },
      { name: 'unblock', run: (by) => by.unblock(key) },
      { name: 'attemptAll', run: async (by) => (await by.attemptAll(entries)).isAdmitted },
    ];
    return steps[this.#below(steps.length)] as Step;
  }
}

/**
 * The same is done to two tables. On one of them the answer of a write is lost, and others act before
 * its repeat; on the other, all come one after the other.
 */
async function run(algorithms: readonly Algorithm[], seed: number): Promise<void> {
  const random = seededRandom(seed);
  const below = (max: number): number => Math.floor(random.unit() * max);
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) + below(100_000) });
  const [exact, lossy] = [new Side(clock, seed), new Side(clock, seed)];
  const history = new History(algorithms, below);
  const answer = ({ run }: Step, side: Side, limiter = side.own): Promise<unknown> =>
    run(limiter, side).catch((error: Error) => error.name);
  const log: string[] = [];
  for (let index = 0; index < 30; index++) {
    const afterMs = [0, 0, below(800), below(3_000), 9_000][below(5)] as number;
    await clock.advance(afterMs);
    const step = history.step();
    const seen: unknown[] = [];
    const between = Array.from({ length: 1 + below(3) }, () => history.step());
    // Handles of attempts that others make meanwhile are in another order.
    const others = between.filter(({ name }) => !name.includes('of an attempt'));
    let [isApplied, isKnown, isRepeated] = [false, false, false];
    // A handle that is asked again answers as before, and a clear takes what has come since: stated.
    if (below(3) > 0 && !/of an attempt|^clear/.test(step.name)) {
      lossy.network.between = async (send, id) => {
        isRepeated = true;
        if (below(6) > 0) await send().catch(() => undefined);
        isApplied = lossy.knows(id);
        for (const [at, one] of others.entries()) {
          seen.push(await answer(one, lossy, lossy.others[at % 2]));
        }
        // A transaction is known by its token.
        isKnown = lossy.knows(id) || (isApplied && step.name === 'attemptAll');
      };
    }
    const last = await answer(step, lossy);
    lossy.network.between = undefined;
    const expected: unknown[] = [];
    let first = !isRepeated || isApplied ? await answer(step, exact) : undefined;
    if (isRepeated) {
      for (const [at, one] of others.entries()) {
        expected.push(await answer(one, exact, exact.others[at % 2]));
      }
      // What was cleared is forgotten: the repeat is new, as is stated.
      if (!isApplied || !isKnown) first = await answer(step, exact);
      exact.attempts = [];
      lossy.attempts = [];
    }
    log.push(
      `after ${afterMs} ms: ${[step, ...(isRepeated ? others : [])].map(({ name }) => name).join(', ')}`,
    );
    const text = `seed ${seed}:\n${log.slice(-8).join('\n')}`;
    expect([last, ...seen], text).toEqual([first, ...expected]);
    const [left, right] = await Promise.all(
      [exact, lossy].map(({ others: [by] }) => (by as LimitedAttempt).peek(key, history.limits)),
    );
    expect(standing(right), text).toEqual(standing(left));
  }
}

function standing(result: AttemptResult | undefined): unknown {
  return result && { ...result, context: undefined };
}

describe('what others do between a send and its repeat', () => {
  test.each(byName)('comes out as if they came after it: %s', async (_, algorithm) => {
    for (let seed = 1; seed <= 15; seed++) await run([algorithm, algorithm], seed);
  });

  test('comes out as if they came after it: limits of two algorithms', async () => {
    const all = byName.map(([, algorithm]) => algorithm);
    for (let seed = 1; seed <= 25; seed++) {
      await run([all[seed % 5] as Algorithm, all[(seed * 2 + 1) % 5] as Algorithm], seed);
    }
  });
});
