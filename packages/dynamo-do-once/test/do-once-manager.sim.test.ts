import { explore, expectNoViolation, sample, type Scenario } from '@x/simulation';
import { describe, expect, test } from 'vitest';

import { partitionedKeysTable } from '../src/index.js';
import { leaseMs, Witness } from './do-once-scenario.js';

const tables = [partitionedKeysTable];

/** Whoever waits does so until the others are done, or the lease of a dead one is over. */
const patient = { waitMsMax: 3 * leaseMs };

/** Nobody fails and nothing is lost. */
const untroubled: Scenario = (world) => {
  const witness = new Witness(world);
  for (const name of ['A', 'B', 'C']) witness.caller(name, patient);
  world.atEnd(() => {
    const { runs, told } = witness;
    return runs.length === 1 && told.length === 3 ? undefined : `${runs.length} runs`;
  });
};

/** Callers that do not wait meet more often. */
function hasty(...names: string[]): Scenario {
  return (world) => {
    const witness = new Witness(world);
    for (const name of names) witness.caller(name, { waitMsMax: 0 });
  };
}

/** One of them may die anywhere. */
const crashing: Scenario = (world) => {
  const witness = new Witness(world);
  for (const name of ['A', 'B', 'C']) witness.caller(name, patient);
  world.atEnd(() => {
    const { runs, told } = witness;
    if (told.length < 2) return `only ${told.length} are told`;
    return runs.length <= 2 ? undefined : `${runs.length} runs`;
  });
};

/** One stalls beyond its lease, one fails, and the clocks are apart as far as is tolerated. */
const troubled: Scenario = (world) => {
  const witness = new Witness(world);
  const options = { ...patient, skewToleranceMs: 300 };
  witness.caller('A', options, { stallsMs: leaseMs * 2, clockOffsetMs: -100, driftRate: -0.005 });
  witness.caller('B', options, { fails: true, clockOffsetMs: 100, driftRate: 0.005 });
  witness.caller('C', options);
};

const beating: Scenario = (world) => {
  const witness = new Witness(world);
  const options = { ...patient, heartbeat: true };
  witness.caller('A', options, { stallsMs: leaseMs * 2 });
  witness.caller('B', options, { fails: true });
  witness.caller('C', options);
};

/** No lease ends: an action that was begun is never begun again. */
const atMostOnce: Scenario = (world) => {
  const witness = new Witness(world);
  for (const name of ['A', 'B']) witness.caller(name, { takeover: false, waitMsMax: 0 });
  world.always(() => (witness.runs.length > 1 ? 'it ran twice' : undefined));
};

/** An owner stalls, others take over, the key is cleared, and late marks meet claims of strangers. */
const marksLate: Scenario = (world) => {
  const witness = new Witness(world);
  witness.caller('A', patient, { stallsMs: leaseMs * 2 });
  witness.caller('B', patient, { stallsMs: leaseMs * 2 });
  witness.caller('C', patient);
  witness.clearing();
};

/** Two payloads of one key: one is done, and nobody is told the result of the other. */
const payloads: Scenario = (world) => {
  const witness = new Witness(world);
  witness.caller('A', patient, { payload: 1, stallsMs: leaseMs * 2 });
  witness.caller('B', patient, { payload: 2 });
  witness.caller('C', patient, { payload: 1, fails: true });
  witness.caller('D', patient, { payload: 2 });
};

describe('doOnce() of three processes', { timeout: 120_000 }, () => {
  test('runs the action once in every schedule without faults', async () => {
    const result = await explore(untroubled, { name: 'untroubled', tables, preemptionsMax: 1 });
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(20);
  });

  test('never runs it twice at once, whatever is lost, late or repeated', async () => {
    const options = { tables, preemptionsMax: 0, faultsMax: 1, ticks: [leaseMs] };
    const two = await explore(hasty('A', 'B'), { ...options, name: 'two' });
    expectNoViolation(two, { exhaustive: true });
    expect(two.runs).toBeGreaterThan(100);
    const sampled = { tables, seed: 3, runs: 700, faultsMax: 2, ticks: [leaseMs] };
    expectNoViolation(await sample(hasty('A', 'B', 'C'), { ...sampled, name: 'three' }));
  });

  test('survives a crash at any point: the others finish it, with one more run at most', async () => {
    const options = { tables, preemptionsMax: 0, faultsMax: 1, faults: ['crash'] } as const;
    const result = await explore(crashing, { ...options, name: 'crashing' });
    expectNoViolation(result, { exhaustive: true });
    expect(result.runs).toBeGreaterThan(20);
  });

  test('keeps to one mark and one result through pauses, failures, drift and faults', async () => {
    const ticks = [leaseMs / 2, leaseMs, leaseMs];
    const options = { tables, seed: 1, runs: 700, faultsMax: 3, ticks };
    expectNoViolation(await sample(troubled, { ...options, name: 'troubled' }));
  });

  test('the same with heartbeats', async () => {
    const ticks = [leaseMs / 2, leaseMs];
    const options = { tables, seed: 2, runs: 500, faultsMax: 3, ticks };
    expectNoViolation(await sample(beating, { ...options, name: 'beating' }));
  });

  test('with takeover: false, runs it once at most, whoever crashes or stands still', async () => {
    const result = await explore(atMostOnce, {
      name: 'at most once',
      tables,
      preemptionsMax: 0,
      faultsMax: 1,
      faults: ['crash', 'lost-reply', 'late-request', 'repeat', 'duplicate'],
      ticks: [leaseMs * 2],
    });
    expectNoViolation(result, { exhaustive: true });
  });

  test('no late mark ends the claim of a stranger, whoever took over or cleared the key', async () => {
    const ticks = [leaseMs / 2, leaseMs, leaseMs];
    const options = { tables, seed: 4, runs: 500, faultsMax: 2, ticks };
    expectNoViolation(await sample(marksLate, { ...options, name: 'late marks' }));
  });

  test('answers two payloads of one key with one result, and only whose it is', async () => {
    const ticks = [leaseMs / 2, leaseMs, leaseMs];
    const options = { tables, seed: 5, runs: 500, faultsMax: 2, ticks };
    expectNoViolation(await sample(payloads, { ...options, name: 'payloads' }));
  });
});
