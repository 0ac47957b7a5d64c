import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { explore, sample } from '../index.js';

import { lockScenario, lockTables as tables } from './lock-scenario.js';

const scenario = lockScenario(['A', 'B'], true);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scale-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('SIM_SCALE multiplies the schedules of sample() and the bound of explore()', async () => {
  vi.stubEnv('SIM_SCALE', '3');
  expect((await sample(scenario, { tables, seed: 1, runs: 5 })).runs).toBe(15);
  expect((await explore(scenario, { tables, runsMax: 2 })).runs).toBe(6);
});

test('SIM_SCALE must be a whole number', async () => {
  vi.stubEnv('SIM_SCALE', 'ten');
  await expect(sample(scenario, { tables, seed: 1, runs: 5 })).rejects.toThrow('SIM_SCALE');
});

test('SIM_FIGURES collects what was searched', async () => {
  const path = join(folder, 'figures');
  vi.stubEnv('SIM_FIGURES', path);
  await sample(scenario, { tables, seed: 1, runs: 5, name: 'some' });
  await explore(scenario, { tables, runsMax: 2 });
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { kind: 'sample', name: 'some', count: 5, exhausted: false, found: false },
    { kind: 'explore', count: 2, exhausted: false, found: false },
  ]);
});
