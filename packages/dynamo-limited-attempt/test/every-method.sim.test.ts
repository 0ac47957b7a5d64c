import { numberOf, type Item } from '@x/dynamo-core';
import {
  explore,
  expectNoViolation,
  sample,
  type FaultKind,
  type Scenario,
  type SimulatedClient,
} from '@x/simulation';
import { describe, expect, test } from 'vitest';

import {
  alignedWindow,
  calendarWindow,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type Algorithm,
  type AttemptLimit,
} from '../src/index.js';

const tableName = partitionedKeysTable.name;
const tables = [partitionedKeysTable];
const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
const other = { ...key, sort: 'user-2' };
/** The beginning of an aligned window. */
const startMs = 1_700_000_000_000;
const algorithms = [
  fixedWindow,
  alignedWindow,
  calendarWindow('day', { timeZone: 'Europe/Berlin' }),
  slidingLog,
  slidingCounter,
  tokenBucket,
];
const byName = algorithms.map((algorithm) => [algorithm.name, algorithm] as const);
/** Faults after which the client still gets its answer. */
const answered: readonly FaultKind[] = ['repeat', 'duplicate'];

function limiterOf({ dynamo, clock, random }: SimulatedClient): LimitedAttempt {
  // A refund that gives up after 2 s is a case of its own.
  return new LimitedAttempt({ dynamo, tableName, clock, random, timeoutMs: Infinity });
}

function limitOf(algorithm: Algorithm, attemptsMax: number): AttemptLimit {
  const window = algorithm.fields.includes('windowMs') ? { windowMs: 1_000_000 } : {};
  return { attemptsMax, ...window, algorithm };
}

async function counted(
  { store, nowMs }: Parameters<Scenario>[0],
  limit: AttemptLimit,
): Promise<number> {
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
  return (await new LimitedAttempt({ dynamo: store, tableName, clock }).peek(key, limit)).attempts;
}

/** Two clients attempt while one records: what is counted is what was answered. */
function recording(algorithm: Algorithm): Scenario {
  const limit = limitOf(algorithm, 2);
  return (world) => {
    let [admitted, done] = [0, 0];
    for (const name of ['A', 'B']) {
      const client = world.client(name);
      client.run(async () => {
        if (await limiterOf(client).tryAttempt(key, limit)) admitted++;
        done++;
      });
    }
    const c = world.client('C');
    c.run(async () => {
      const { attempts } = await limiterOf(c).record(key, limit);
      if (attempts < 1) world.fail(`a record answered ${attempts}`);
      done++;
    });
    world.atEnd(async () => {
      if (done < 3) return undefined;
      // A log that keeps no more than its newest `attemptsMax` times shows those.
      const expected = algorithm === slidingLog ? Math.min(2, admitted + 1) : admitted + 1;
      const attempts = await counted(world, limit);
      return attempts === expected ? undefined : `admitted ${admitted}, counted ${attempts}`;
    });
  };
}

/** One client gives back by key what it attempted, while another one attempts. */
function refunding(algorithm: Algorithm): Scenario {
  // With room for both: one may come between what the other reads and what it writes.
  const limit = limitOf(algorithm, 2);
  return (world) => {
    let [admitted, refused, given, done] = [0, 0, 0, 0];
    const [a, b] = [world.client('A'), world.client('B')];
    a.run(async () => {
      const limiter = limiterOf(a);
      if (await limiter.tryAttempt(key, limit)) admitted++;
      else refused++;
      if (await limiter.refund(key, limit)) given++;
      done++;
    });
    b.run(async () => {
      const limiter = limiterOf(b);
      for (let index = 0; index < 2; index++) {
        if (await limiter.tryAttempt(key, limit)) admitted++;
        else refused++;
      }
      done++;
    });
    world.atEnd(async () => {
      if (done < 2) return undefined;
      const attempts = await counted(world, limit);
      const left = admitted - given;
      // A late copy of an attempt that was refused may take what was given back since: stated.
      if (attempts >= left && attempts <= Math.min(2, left + refused)) return undefined;
      return `admitted ${admitted}, gave back ${given}, counted ${attempts}`;
    });
  };
}

/** Who attempts between a block and its end is refused. */
const blocking: Scenario = (world) => {
  const limit = { attemptsMax: 100, windowMs: 1_000_000 };
  let [isBlocked, hasEnded] = [false, false];
  const [a, b] = [world.client('A'), world.client('B')];
  a.run(async () => {
    const limiter = limiterOf(a);
    await limiter.block(key, 1_000_000);
    isBlocked = true;
    await limiter.peek(key, limit);
    isBlocked = false;
    await limiter.unblock(key);
    hasEnded = true;
  });
  b.run(async () => {
    const limiter = limiterOf(b);
    for (let index = 0; index < 3; index++) {
      const wasBlocked = isBlocked;
      const attempt = await limiter.tryAttempt(key, limit);
      if (wasBlocked && isBlocked && attempt) world.fail('admitted while it is blocked');
    }
  });
  world.atEnd(() => {
    // A repeat of the block that comes after its end does not begin it again.
    const isStill = world.rows(tableName)[0]?.['blockedUntil'] !== undefined;
    return hasEnded && isStill ? 'blocked again after its end' : undefined;
  });
};

/** Two clients wait for the same limit of one: each has a window of its own. */
const waiting: Scenario = (world) => {
  const limit = { attemptsMax: 1, windowMs: 1_000 };
  const ends: number[] = [];
  for (const name of ['A', 'B']) {
    const client = world.client(name);
    client.run(async () => {
      try {
        const { resetAtMs } = await limiterOf(client).wait(key, limit, { waitMsMax: 60_000 });
        ends.push(resetAtMs);
      } catch (error) {
        // An answer may take longer than it waits.
        if (!['AttemptsError', 'TimeoutError'].includes((error as Error).name)) throw error;
      }
    });
  }
  world.atEnd(() => {
    const [first = 0, second] = ends.toSorted((a, b) => a - b);
    if (second === undefined || second - first >= limit.windowMs) return undefined;
    return `two were admitted within ${second - first} ms`;
  });
};

/** Two clients decide about two keys at once, and one about the first of them. */
const deciding: Scenario = (world) => {
  const [two, one] = [2, 1].map((attemptsMax) => ({ attemptsMax, windowMs: 1_000_000 }));
  let [both, alone, done] = [0, 0, 0];
  for (const name of ['A', 'B']) {
    const client = world.client(name);
    client.run(async () => {
      const entries = [
        { key, limits: two as AttemptLimit },
        { key: other, limits: one as AttemptLimit },
      ];
      if ((await limiterOf(client).attemptAll(entries)).isAdmitted) both++;
      done++;
    });
  }
  const c = world.client('C');
  c.run(async () => {
    if (await limiterOf(c).tryAttempt(key, two as AttemptLimit)) alone++;
    done++;
  });
  world.always(() => (both > 1 ? `admitted ${both} beyond the second key` : undefined));
  world.atEnd(() => {
    if (done < 3) return undefined;
    const attemptsOf = (sort: string): number => {
      const isRow = (row: Item): boolean => row['sortKey']?.S === `attempts.${sort}`;
      return numberOf(world.rows(tableName).find(isRow), 'attempts') ?? 0;
    };
    const [first, second] = [attemptsOf('user-1'), attemptsOf('user-2')];
    if (first === both + alone && second === both && both === 1) return undefined;
    return `admitted ${both} for both and ${alone}, counted ${first} and ${second}`;
  });
};

const bounds = { tables, startMs, preemptionsMax: 1, faultsMax: 1, runsMax: 20_000 };

describe.each(byName)('%s', { timeout: 120_000 }, (name, algorithm) => {
  test('record() counts once, and no attempt passes the limit', async () => {
    const options = { ...bounds, name: `${name} record`, faults: answered };
    const result = await explore(recording(algorithm), options);
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(100);
  });

  test('refund() by key gives back once what was counted', async () => {
    const options = { ...bounds, name: `${name} refund`, faults: answered };
    const result = await explore(refunding(algorithm), options);
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(50);
  });
});

test('block() refuses until unblock()', { timeout: 120_000 }, async () => {
  const options = { ...bounds, name: 'block', faults: answered };
  expectNoViolation(await explore(blocking, options), { exhaustive: true });
});

test('wait() admits each in a window of its own', { timeout: 120_000 }, async () => {
  const options = { name: 'wait', tables, startMs, seed: 5, runs: 200, faults: answered };
  expectNoViolation(await sample(waiting, { ...options, faultsMax: 2 }));
});

test('attemptAll() counts all or none, once', { timeout: 120_000 }, async () => {
  const options = { ...bounds, name: 'attemptAll', faults: answered };
  const result = await explore(deciding, options);
  expectNoViolation(result, { exhaustive: true });
  expect(result.runs).toBeGreaterThan(100);
  const random = { name: 'attemptAll at random', tables, startMs, seed: 4, runs: 250 };
  expectNoViolation(await sample(deciding, { ...random, faultsMax: 4 }));
});
