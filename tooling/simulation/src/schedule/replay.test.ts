import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, onTestFinished, test, vi } from 'vitest';

import { explore, expectNoViolation, expectViolation, sample, type Scenario } from '../index.js';

import { lockScenario, lockTables as tables } from './lock-scenario.js';

const scenario = lockScenario(['A', 'B', 'C'], false);
const blind = { tables, ticks: [11] };
const holding = lockScenario(['A', 'B'], true);
const explored = await explore(scenario, blind);

afterEach(() => {
  vi.unstubAllEnvs();
});

test('SIM_CHOICES repeats the schedule that explore() found', async () => {
  const found = expectViolation(explored);
  vi.stubEnv('SIM_CHOICES', found.choices);
  expect(await explore(scenario, blind)).toMatchObject({ runs: 1, violation: found });
});

test('SIM_CHOICES of another scenario of the same test is not used', async () => {
  const named = { tables, name: 'order' };
  const order: Scenario = (world) => {
    const came: string[] = [];
    for (const name of ['A', 'B']) world.client(name).run(async () => void came.push(name));
    world.atEnd(() => (came[0] === 'A' ? undefined : 'B came first'));
  };
  const found = expectViolation(await explore(order, named));
  expect(found.choices).toMatch(/^order=/);
  vi.stubEnv('SIM_CHOICES', found.choices);
  expect((await explore(order, named)).runs).toBe(1);
  expect((await explore(order, { ...named, name: 'other' })).runs).toBe(2);
});

test('SIM_CHOICES that cannot be read is refused', async () => {
  vi.stubEnv('SIM_CHOICES', '1,2');
  await expect(explore(scenario, { tables })).rejects.toThrow('Cannot use "1,2" as SIM_CHOICES');
});

test('sample() finds and shortens a failing schedule, and SIM_SEED finds it again', async () => {
  const options = { tables, ticks: [11, 3], seed: 5, runs: 5000, faultsMax: 2 };
  const found = expectViolation(await sample(scenario, options), 'Held by');
  expect(found.faults).toBe(0);
  expect(found.trace.length).toBeLessThan(18);
  vi.stubEnv('SIM_SEED', found.seed);
  expect(await sample(scenario, options)).toMatchObject({ runs: 1, violation: found });
});

test('SIM_CHOICES repeats the schedule that sample() shortened', async () => {
  const options = { tables, ticks: [11, 3], seed: 5, runs: 5000 };
  const found = expectViolation(await sample(scenario, options));
  vi.stubEnv('SIM_CHOICES', found.choices);
  const { violation } = await sample(scenario, options);
  expect(violation?.trace).toEqual(found.trace);
});

test('sample() finds nothing in a lock that checks its token', async () => {
  const safe = lockScenario(['A', 'B', 'C', 'D'], true);
  const result = await sample(safe, { tables, ticks: [11, 3], seed: 7, runs: 3000, faultsMax: 3 });
  expectNoViolation(result);
  expect(result.runs).toBe(3000);
});

test('SIM_SEED that cannot be read is refused', async () => {
  vi.stubEnv('SIM_SEED', 'x');
  const options = { tables, seed: 1, runs: 1 };
  await expect(sample(scenario, options)).rejects.toThrow('Cannot use "x" as SIM_SEED');
});

test('expectNoViolation() shows the trace and the command that repeats it', async () => {
  expect(() => expectNoViolation(explored)).toThrow(
    /Held by C and B \(found in run \d+ with 2 preemptions and 0 faults\)\n {3}\+0ms {2}A {6}starts\n/,
  );
  expect(() => expectNoViolation(explored)).toThrow(
    "SIM_CHOICES='0.0.0.0.3.2.0.0.2' npx vitest run tooling/simulation/src/schedule/replay.test.ts" +
      " -t 'expectNoViolation.. shows the trace and the command that repeats it'",
  );
});

test('expectViolation() fails without a violation, and on another one', async () => {
  const safe = await explore(lockScenario(['A'], true), { tables });
  expect(() => expectViolation(safe)).toThrow('No violation in 1 schedules');
  expect(() => expectViolation(explored, 'lost')).toThrow('Expected "lost", and found:\nHeld by');
});

test('SIM_SCALE multiplies the schedules of sample() and the bound of explore()', async () => {
  vi.stubEnv('SIM_SCALE', '3');
  expect((await sample(holding, { tables, seed: 1, runs: 5 })).runs).toBe(15);
  expect((await explore(holding, { tables, runsMax: 2 })).runs).toBe(6);
});

test('SIM_SCALE must be a whole number', async () => {
  vi.stubEnv('SIM_SCALE', 'ten');
  await expect(sample(holding, { tables, seed: 1, runs: 5 })).rejects.toThrow('SIM_SCALE');
});

test('SIM_FIGURES collects what was searched', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'figures-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'figures');
  vi.stubEnv('SIM_FIGURES', path);
  await sample(holding, { tables, seed: 1, runs: 5, name: 'some' });
  await explore(holding, { tables, runsMax: 2 });
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { kind: 'sample', name: 'some', count: 5, exhausted: false, found: false },
    { kind: 'explore', count: 2, exhausted: false, found: false },
  ]);
});
