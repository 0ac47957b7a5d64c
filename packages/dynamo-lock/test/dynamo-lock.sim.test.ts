import type { TableDefinition } from '@x/dynamo-core';
import {
  expectNoViolation,
  expectViolation,
  explore,
  networkFaults,
  sample,
  type ClockDeviation,
  type ExploreOptions,
  type Violation,
} from '@x/simulation';
import { describe, expect, test } from 'vitest';

import { locksTable } from '../src/index.js';
import {
  fencedWrite,
  lateDelete,
  lockScenario,
  releasingUnconditionally,
  renewingWork,
  timeToLive,
  unfencedWrite,
} from './lock-scenario.js';

const resources: TableDefinition = {
  name: 'resources',
  partitionKey: { name: 'id', type: 'S' },
};
/** The clock may jump by more than the lease of two seconds and its rounding, anywhere. */
const bounds: ExploreOptions = {
  tables: [locksTable, resources],
  ticks: [4_000],
  preemptionsMax: 1,
  runsMax: 30_000,
};

/** Clocks that differ by at most 400 ms at the start, and by less than 500 at the end. */
const three: Record<string, ClockDeviation> = {
  A: { clockOffsetMs: 200, driftRate: 0.005 },
  B: { clockOffsetMs: -200, driftRate: -0.005 },
  C: {},
};
const two: Record<string, ClockDeviation> = {
  A: { clockOffsetMs: 200, driftRate: 0.005 },
  B: { clockOffsetMs: -200, driftRate: -0.005 },
};
const skewToleranceMs = 500;
const within = { skewToleranceMs, exclusive: true };

/** A client whose clock is a minute ahead finds every lease over. */
const apart: Record<string, ClockDeviation> = { A: {}, B: { clockOffsetMs: 60_000 } };
const beyond = { skewToleranceMs, exclusive: false };

/** Prints a counterexample, as it would stand in a failure. */
function show({ message, trace }: Violation): readonly string[] {
  process.stdout.write(`\n${message}\n  ${trace.join('\n  ')}\n`);
  return trace.map((line) => (line.length > 92 ? `${line.slice(0, 91)}…` : line));
}

describe('with clocks within the tolerance', { timeout: 120_000 }, () => {
  test('three clients never hold the lock together, whatever is paused', async () => {
    const scenario = lockScenario({ clients: three, ...within });
    // All orders of two clients are tried below; of three there are too many for every day.
    const options = { ...bounds, seed: 6, runs: 700 };
    expectNoViolation(await sample(scenario, options));
  });

  test('two clients that renew never hold the lock together', async () => {
    const scenario = lockScenario({ clients: two, work: renewingWork, ...within });
    expectNoViolation(await explore(scenario, bounds), { exhaustive: true });
  });

  test('two clients never hold the lock together, whatever one request meets', async () => {
    const scenario = lockScenario({ clients: two, ...within });
    const result = await explore(scenario, { ...bounds, preemptionsMax: 0, faultsMax: 1 });
    expectNoViolation(result, { exhaustive: true });
  });

  test('three clients never hold the lock together in random orders with three faults', async () => {
    const scenario = lockScenario({ clients: three, work: renewingWork, ...within });
    const faults = [...networkFaults, 'crash'] as const;
    const ticks = [1_500, 4_000];
    const options = { ...bounds, ticks, faults, faultsMax: 3, seed: 5, runs: 350 };
    expectNoViolation(await sample(scenario, options));
  });

  test('a write without the fence may be stale, though its holder looks at the clocks', async () => {
    // What is sent just before the end of a lease may arrive after it.
    const scenario = lockScenario({ clients: two, work: unfencedWrite, ...within });
    const violation = expectViolation(await explore(scenario, bounds), 'A stale write');
    expect(show(violation)).toMatchInlineSnapshot(`
      [
        "   +0ms  B      starts",
        "   +0ms  B      UpdateItem locks {key=k} SET expiresAt = 1700000002, heldUntil = 1700000002…",
        "   +0ms  B      UpdateItem -> answered",
        "   +0ms  B      HOLDS the lock with fence 1699999999800333",
        "   +0ms  clock  +4000ms",
        "+4000ms  A      starts",
        "+4000ms  A      UpdateItem locks {key=k} SET expiresAt = 1700000007, heldUntil = 1700000007…",
        "+4000ms  A      UpdateItem -> answered",
        "+4000ms  A      HOLDS the lock with fence 1699999999800334",
        "+4000ms  A      UpdateItem resources {id=r} SET writtenBy = 1699999999800334 -> applied: ok",
        "+4000ms  A      UpdateItem -> answered",
        "+4000ms  A      UpdateItem locks {key=k} SET expiresAt = 0, purgeAt = 1700604804, releasedB…",
        "+4000ms  A      UpdateItem -> answered",
        "+4000ms  B      UpdateItem resources {id=r} SET writtenBy = 1699999999800333 -> applied: ok",
      ]
    `);
  });

  test('a release without a condition lets two in', async () => {
    const mutate = releasingUnconditionally;
    const scenario = lockScenario({ clients: three, mutate, ...within });
    // It takes two preemptions: a random order finds it long before a list of all orders does.
    const violation = expectViolation(
      await sample(scenario, { ...bounds, seed: 5, runs: 1_000 }),
      'Held by',
    );
    expect(show(violation)).toMatchInlineSnapshot(`
      [
        "   +0ms  C      starts",
        "   +0ms  C      UpdateItem locks {key=k} SET expiresAt = 1700000002, heldUntil = 1700000002…",
        "   +0ms  C      UpdateItem -> answered",
        "   +0ms  C      HOLDS the lock with fence 1700000000000314",
        "   +0ms  C      works",
        "   +0ms  B      starts",
        "   +0ms  clock  +4000ms",
        "+4000ms  A      starts",
        "+4000ms  A      UpdateItem locks {key=k} SET expiresAt = 1700000007, heldUntil = 1700000007…",
        "+4000ms  C      UpdateItem locks {key=k} SET expiresAt = 0, purgeAt = 1700604800, releasedB…",
        "+4000ms  C      UpdateItem -> answered",
        "+4000ms  A      UpdateItem -> answered",
        "+4000ms  A      HOLDS the lock with fence 1700000000000315",
        "+4000ms  B      UpdateItem locks {key=k} SET expiresAt = 1700000002, heldUntil = 1700000002…",
        "+4000ms  B      UpdateItem -> answered",
        "+4000ms  B      UpdateItem locks {key=k} SET expiresAt = 1700000006, heldUntil = 1700000006…",
        "+4000ms  B      UpdateItem -> answered",
        "+4000ms  B      HOLDS the lock with fence 1700000000000316",
      ]
    `);
  });
});

describe('with clocks beyond the tolerance', { timeout: 120_000 }, () => {
  test('two hold the lock together', async () => {
    const scenario = lockScenario({ clients: apart, ...beyond, exclusive: true });
    expectViolation(await explore(scenario, bounds), 'Held by');
  });

  test('nobody writes after a later holder under its fence', async () => {
    const scenario = lockScenario({ clients: apart, work: fencedWrite, ...beyond });
    const result = await explore(scenario, { ...bounds, preemptionsMax: 2 });
    expectNoViolation(result, { exhaustive: true });
  });

  test('nobody writes after a later holder under its fence, whatever one request meets', async () => {
    const scenario = lockScenario({ clients: apart, work: fencedWrite, ...beyond });
    const result = await explore(scenario, { ...bounds, ticks: [], faultsMax: 1 });
    expectNoViolation(result, { exhaustive: true });
  });

  test('a write without the fence is stale', async () => {
    const scenario = lockScenario({ clients: apart, work: unfencedWrite, ...beyond });
    expectViolation(await explore(scenario, bounds), 'A stale write');
  });
});

describe('fences never come twice', { timeout: 120_000 }, () => {
  test('when an original client deletes the row', async () => {
    const scenario = lockScenario({ clients: three, ...beyond, begins: lateDelete });
    expectNoViolation(await explore(scenario, { ...bounds, ticks: [] }), { exhaustive: true });
  });

  test('when Time to Live deletes the row', async () => {
    const scenario = lockScenario({
      clients: { A: { clockOffsetMs: 200 }, B: { clockOffsetMs: -200 } },
      ...within,
      work: fencedWrite,
      begins: timeToLive,
    });
    const result = await explore(scenario, { ...bounds, ticks: [], preemptionsMax: 2 });
    expectNoViolation(result, { exhaustive: true });
  });

  test('when clients are suspended beyond the lease', async () => {
    const scenario = lockScenario({
      clients: three,
      ...within,
      work: async (lock, client) => {
        if (client.name === 'A') await client.pauseFor(5_000);
        await fencedWrite(lock, client);
      },
    });
    expectNoViolation(await explore(scenario, { ...bounds, ticks: [] }), { exhaustive: true });
  });
});
