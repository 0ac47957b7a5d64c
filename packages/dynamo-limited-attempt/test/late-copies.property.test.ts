import type { DynamoInput, DynamoOperation, DynamoOutput, DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import {
  alignedWindow,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type Algorithm,
  type AttemptLimit,
  type SuccessfulAttempt,
} from '../src/index.js';

const tableName = 'attempts';
const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
const other = { ...key, sort: 'user-2' };
/** A row remembers 16 changes: a copy that comes behind 15 others is known. */
const othersMax = 15;
const stepsPerRun = 40;
const runs = 12;

/** A copy of a request that the network holds back. */
interface Copy {
  left: number;
  readonly send: () => Promise<unknown>;
}

/** A network that repeats requests at once, and delivers copies of them late. */
class Network implements DynamoTransport {
  readonly #memory: MemoryDynamo;
  readonly #unit: () => number;
  /** Of the call that is under way. */
  #copies: Copy[] = [];
  #late: Copy[] = [];

  constructor(memory: MemoryDynamo, unit: () => number) {
    this.#memory = memory;
    this.#unit = unit;
  }

  async call<O extends DynamoOperation>(
    operation: O,
    input: DynamoInput<O>,
  ): Promise<DynamoOutput<O>> {
    const send = (): Promise<DynamoOutput<O>> => this.#memory.call(operation, input);
    const isWrite = operation === 'UpdateItem' || operation === 'TransactWriteItems';
    if (isWrite && this.#unit() < 0.2) await ignored(send());
    if (isWrite && this.#unit() < 0.4) {
      this.#copies.push({ left: Math.floor(this.#unit() * othersMax), send });
    }
    return send();
  }

  /** The call is over. Copies of one that changed nothing are dropped: nothing can remember it. */
  async end(hasChanged: boolean): Promise<void> {
    if (hasChanged) {
      for (const copy of this.#late) copy.left--;
      this.#late.push(...this.#copies);
    }
    this.#copies = [];
    const due = this.#late.filter(({ left }) => left <= 0 || this.#unit() < 0.2);
    this.#late = this.#late.filter((copy) => !due.includes(copy));
    for (const { send } of due) await ignored(send());
  }

  /** A `clear()` forgets: copies that come behind it are new, as is stated. */
  forget(): void {
    this.#late = [];
  }
}

async function ignored(copy: Promise<unknown>): Promise<void> {
  await copy.catch(() => undefined);
}

/** One table, two processes, and the attempts that were admitted. */
interface Side {
  readonly limiters: readonly LimitedAttempt[];
  readonly memory: MemoryDynamo;
  readonly admitted: SuccessfulAttempt[];
}

/** What is done at a step, the same on both sides; `false`, and `undefined`, changed nothing. */
type Step = (limiter: LimitedAttempt, side: Side) => Promise<unknown>;

function stepsOf(limits: AttemptLimit[], durationMs: number): Step[] {
  const attempt: Step = async (limiter, { admitted }) => {
    const made = await limiter.tryAttempt(key, limits);
    if (made !== undefined) admitted.push(made);
    return made !== undefined;
  };
  const entries = [
    { key, limits },
    { key: other, limits: { attemptsMax: 1_000, windowMs: 1_000_000 } },
  ];
  return [
    attempt,
    attempt,
    attempt,
    async (limiter) => (await limiter.record(key, limits)).attempts,
    (limiter) => limiter.refund(key, limits),
    async (_, { admitted }) => (await admitted.shift()?.refund()) ?? false,
    async (limiter) => (await limiter.block(key, durationMs), 'blocked'),
    async (limiter) => (await limiter.unblock(key), 'unblocked'),
    async (limiter) => (await limiter.attemptAll(entries)).isAdmitted,
  ];
}

async function run(algorithm: Algorithm, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random.unit() * below);
  const clock = new ManualClock({ nowMs: 1_700_000_000_000 });
  const networks: Network[] = [];
  const [exact, faulty] = [false, true].map((isFaulty): Side => {
    const memory = new MemoryDynamo({ clock });
    memory.createTable(partitionedKeysTable, tableName);
    const network = new Network(memory, seededRandom(seed + 1).unit);
    if (isFaulty) networks.push(network);
    const limiters = [0, 1].map((process) => {
      const own = { random: seededRandom(seed * 10 + process), timeoutMs: Infinity };
      return new LimitedAttempt({ dynamo: isFaulty ? network : memory, tableName, clock, ...own });
    });
    return { limiters, memory, admitted: [] };
  }) as [Side, Side];
  const [network] = networks as [Network];
  const limits = [
    { attemptsMax: 1 + pick(3), windowMs: 3_000, algorithm },
    { attemptsMax: 4, windowMs: 8_000, algorithm },
  ].slice(0, 1 + pick(2));
  let expiresAt = 0;

  for (let index = 0; index < stepsPerRun; index++) {
    const place = pick(12);
    const process = pick(2);
    const step = stepsOf(limits, 1_000 + pick(4_000))[place];
    if (step !== undefined) {
      await network.end((await alike(step, process, `step ${index}: ${place}`)) !== false);
    } else if (place === 9 && pick(4) === 0) {
      network.forget();
      await alike((limiter) => limiter.clear(key), process, `step ${index}: clear()`);
      expiresAt = 0;
    } else {
      await clock.advance(pick(1_500));
      await network.end(false);
    }
    await alike((limiter) => limiter.peek(key, limits), 0, `after step ${index}: ${place}`);
    const row = faulty.memory.rows(tableName).find(({ sortKey }) => sortKey?.S?.endsWith('user-1'));
    const end = Number(row?.['expiresAt']?.N ?? expiresAt);
    expect(end, 'the expiry never goes back').toBeGreaterThanOrEqual(expiresAt);
    expiresAt = end;
  }

  /** Takes the step on both sides, which must answer the same. */
  async function alike(step: Step, process: number, what: string): Promise<unknown> {
    const expected = await step(exact.limiters[process] as LimitedAttempt, exact);
    const actual = await step(faulty.limiters[process] as LimitedAttempt, faulty);
    expect(actual, what).toEqual(expected);
    return actual;
  }
}

describe('every method comes out as without faults, whatever is repeated or comes late', () => {
  test.each([fixedWindow, alignedWindow, slidingLog, slidingCounter, tokenBucket])(
    '$name',
    async (algorithm) => {
      for (let seed = 1; seed <= runs; seed++) {
        await expect(run(algorithm, seed), `seed ${seed}`).resolves.toBeUndefined();
      }
    },
  );
});
