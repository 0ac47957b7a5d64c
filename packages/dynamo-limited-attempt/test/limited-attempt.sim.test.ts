import { numberOf, S, type Item } from '@x/dynamo-core';
import {
  explore,
  expectNoViolation,
  isSimulatedNetworkError,
  sample,
  type FaultKind,
  type Scenario,
  type SimulatedClient,
} from '@x/simulation';
import { describe, expect, test } from 'vitest';

import { byName } from './algorithms.js';
import {
  LimitedAttempt,
  partitionedKeysTable,
  tokenBucket,
  type Algorithm,
  type AttemptLimit,
} from '../src/index.js';

const tableName = partitionedKeysTable.name;
const tables = [partitionedKeysTable];
const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
/** The beginning of an aligned window. */
const startMs = 1_700_000_000_000;
/** Faults after which the client still gets its answer. */
const answered: readonly FaultKind[] = ['repeat', 'duplicate'];

function limiterOf({ dynamo, clock, random }: SimulatedClient): LimitedAttempt {
  // A refund that gives up after 2 s is a case of its own.
  return new LimitedAttempt({ dynamo, tableName, clock, random, timeoutMs: Infinity });
}

async function peekAttempts(
  { store, nowMs }: Parameters<Scenario>[0],
  algorithm: Algorithm,
): Promise<number> {
  const clock = { now: () => nowMs, monotonic: () => nowMs, sleep: () => Promise.resolve() };
  const limiter = new LimitedAttempt({ dynamo: store, tableName, clock });
  // A limit that shows what is beyond the one under test; a bucket is only as large as its limit.
  const attemptsMax = algorithm === tokenBucket ? 2 : 100;
  const limit = { attemptsMax, validityTime: 1_000, algorithm };
  return (await limiter.peek(key, limit)).attempts;
}

/** Three clients attempt at once; two are admitted, and what is counted is what was answered. */
function racing(algorithm: Algorithm): Scenario {
  const limit = { attemptsMax: 2, validityTime: 1_000, algorithm };
  return (world) => {
    let [admitted, refused] = [0, 0];
    for (const name of ['A', 'B', 'C']) {
      const client = world.client(name);
      client.run(async () => {
        if (await limiterOf(client).tryAttempt(key, limit)) admitted++;
        else refused++;
      });
    }
    world.always(() => (admitted > 2 ? `admitted ${admitted}` : undefined));
    world.atEnd(async () => {
      if (admitted + refused < 3) return undefined;
      const counted = await peekAttempts(world, algorithm);
      if (admitted !== 2) return `admitted ${admitted} of 3`;
      return counted === 2 ? undefined : `counted ${counted}`;
    });
  };
}

/** Attempts before and after the end of a window: each window admits one. */
function rollingOver(algorithm: Algorithm, windows: number): Scenario {
  const limit = { attemptsMax: 1, validityTime: 1_000, algorithm };
  return (world) => {
    let admitted = 0;
    for (const name of ['A', 'B']) {
      const client = world.client(name);
      const limiter = limiterOf(client);
      client.run(async () => {
        for (let index = 0; index < 2; index++) {
          try {
            if (await limiter.tryAttempt(key, limit)) admitted++;
          } catch (error) {
            if (!isSimulatedNetworkError(error)) throw error;
          }
        }
      });
    }
    world.always(() => (admitted > windows ? `admitted ${admitted}` : undefined));
  };
}

/** One client gives its attempt back, or clears, while another one attempts. */
function givingBack(algorithm: Algorithm, how: 'refund' | 'clear' | 'clear of the key'): Scenario {
  const limit = { attemptsMax: 2, validityTime: 1_000_000, algorithm };
  return (world) => {
    let [admitted, given] = [0, 0];
    const [a, b] = [world.client('A'), world.client('B')];
    a.run(async () => {
      const result = await limiterOf(a).tryAttempt(key, limit);
      if (result === undefined) return;
      admitted++;
      // What is cleared is at most the two attempts of the window, what is given back is one.
      given = how === 'refund' ? 1 : 2;
      await (how === 'clear of the key' ? limiterOf(a).clear(key) : result[how]());
    });
    b.run(async () => {
      const limiter = limiterOf(b);
      for (let index = 0; index < 5; index++) {
        if (await limiter.tryAttempt(key, limit)) admitted++;
      }
    });
    world.always(() =>
      admitted > 2 + given ? `admitted ${admitted}, gave back ${given}` : undefined,
    );
  };
}

/** What two clients were admitted under limits of their own, and by how many answers. */
function differing(
  given: readonly (readonly AttemptLimit[])[],
  judge: (admitted: readonly number[], hasAll: boolean) => string | undefined,
): Scenario {
  return (world) => {
    const admitted = given.map(() => 0);
    let answers = 0;
    for (const [index, limits] of given.entries()) {
      const client = world.client('AB'.charAt(index));
      client.run(async () => {
        for (let times = 0; times < 2; times++) {
          const attempt = await limiterOf(client).tryAttempt(key, limits);
          if (attempt !== undefined) admitted[index] = (admitted[index] ?? 0) + 1;
          answers++;
        }
      });
    }
    world.always(() => judge(admitted, false));
    world.atEnd(() => judge(admitted, answers === 2 * given.length));
  };
}

/** One has a second limit, for longer: both stay within the first. */
function ofTwoLengths(algorithm: Algorithm): Scenario {
  const [first, second] = [1, 2].map((times) => ({
    attemptsMax: 2 + times,
    windowMs: times * 1_000_000,
    algorithm,
  })) as [AttemptLimit, AttemptLimit];
  return differing([[first], [first, second]], ([a = 0, b = 0], hasAll) =>
    a + b > 3 || (hasAll && a + b < 3) ? `admitted ${a} and ${b}` : undefined,
  );
}

/** A deploy under way: one has the limit as it was, the other as it will be. */
function loosened(algorithm: Algorithm): Scenario {
  const limits = [1, 3].map((attemptsMax) => [{ attemptsMax, windowMs: 1_000_000, algorithm }]);
  return differing(limits, ([a = 0, b = 0], hasAll) =>
    a > 1 || a + b > 3 || (hasAll && a + b < 2) ? `admitted ${a} and ${b}` : undefined,
  );
}

/** Two clients go on with a row of the original in which one attempt is left. */
const goingOn: Scenario = async (world) => {
  const state = { created: startMs - 10, attempts: 1 };
  const row: Item = {
    partitionKey: S('login'),
    sortKey: S('attempts.user-1'),
    data: S(JSON.stringify(state)),
  };
  await world.store.call('PutItem', { TableName: tableName, Item: row });
  let [admitted, refused] = [0, 0];
  for (const name of ['A', 'B']) {
    const client = world.client(name);
    client.run(async () => {
      const limit = { attemptsMax: 2, validityTime: 1_000 };
      if (await limiterOf(client).tryAttempt(key, limit)) admitted++;
      else refused++;
    });
  }
  world.always(() => (admitted > 1 ? `admitted ${admitted}` : undefined));
  world.atEnd(() => {
    if (admitted + refused < 2) return undefined;
    const attempts = numberOf(world.rows(tableName)[0], 'attempts');
    return admitted === 1 && attempts === 2 ? undefined : `${admitted} admitted, ${attempts} kept`;
  });
};

describe.each(byName)('%s', (name, algorithm) => {
  test(
    'attempt() admits and counts the limit, whatever is repeated',
    { timeout: 120_000 },
    async () => {
      const result = await explore(racing(algorithm), {
        name,
        tables,
        startMs,
        preemptionsMax: 1,
        faultsMax: 1,
        faults: answered,
        runsMax: 20_000,
      });
      expectNoViolation(result, { exhaustive: true });
      expect(result.runs).toBeGreaterThan(100);
    },
  );

  test(
    'attempt() never passes the limit in random schedules with faults',
    { timeout: 120_000 },
    async () => {
      const result = await sample(racing(algorithm), {
        name: `${name} at random`,
        tables,
        startMs,
        seed: 1,
        runs: 125,
        faultsMax: 4,
      });
      // A client whose request is lost for good has no answer: only the limit is checked then.
      expectNoViolation(result);
    },
  );

  test.each([
    ['limits of two lengths', ofTwoLengths],
    ['a limit as it was, and as it will be', loosened],
  ])('attempt() keeps %s of one key', { timeout: 120_000 }, async (what, scenario) => {
    const options = { name: `${name}, ${what}`, tables, startMs };
    const faults = { faultsMax: 1, faults: answered, preemptionsMax: 1, runsMax: 20_000 };
    const result = await explore(scenario(algorithm), { ...options, ...faults });
    expectNoViolation(result, { exhaustive: true });
    const random = { ...options, seed: 6, runs: 75, faultsMax: 4 };
    expectNoViolation(await sample(scenario(algorithm), random));
  });

  test('attempt() admits one in each window', { timeout: 120_000 }, async () => {
    // A sliding counter still counts a part of the window before.
    const result = await sample(rollingOver(algorithm, 2), {
      name: `${name} rolls over`,
      tables,
      startMs,
      ticks: [1_000],
      seed: 2,
      runs: 125,
      faultsMax: 3,
    });
    expectNoViolation(result);
  });

  test.each(['refund', 'clear', 'clear of the key'] as const)(
    'a %s gives back no more than there was',
    { timeout: 120_000 },
    async (how) => {
      const result = await sample(givingBack(algorithm, how), {
        name: `${name} ${how}`,
        tables,
        startMs,
        seed: 3,
        runs: 125,
        faultsMax: 3,
        // A clear that is repeated forgets also what came in between, as is stated.
        faults:
          how === 'clear of the key'
            ? ['lost-reply', 'late-request']
            : ['repeat', 'duplicate', 'lost-reply', 'late-request'],
      });
      expectNoViolation(result);
    },
  );
});

test('attempt() goes on with a row of the original once', { timeout: 120_000 }, async () => {
  const result = await explore(goingOn, {
    name: 'original',
    tables,
    startMs,
    preemptionsMax: 2,
    faultsMax: 1,
    faults: answered,
    runsMax: 20_000,
  });
  expectNoViolation(result, { exhaustive: true });
});
