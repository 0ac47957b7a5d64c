import { describe, expect, test } from 'vitest';

import { runClockSchedules, type ClockConditions, type ClockDesign } from './server-clock.js';

const chosen: ClockDesign = { learns: 'bounds', checksAnswer: true, restoresPrior: true };
const scope = { seed: 7, runs: 10_000 };
const fewer = { ...scope, runs: 3_000 };
const minute = 60_000;
const day = 1_440 * minute;

const farOff = [4 * minute, -4 * minute, 2 * day, -2 * day];
const off: ClockConditions = { offsets: [3_000, -3_000, ...farOff], lateMsMax: 1_000 };
const late: ClockConditions = { offsets: farOff, lateMsMax: 3_000 };
const right: ClockConditions = { offsets: [0], lateMsMax: 3_000 };

describe('a lock by the clock of core', { timeout: 300_000 }, () => {
  test.each<readonly [string, ClockConditions]>([
    ['is seconds, minutes and days off', off],
    ['is minutes and days off, and gets answers three seconds late', late],
    ['is off, while half of its acquisitions are given up', { ...late, abortProbability: 0.5 }],
    ['is set by a minute in mid-life', { ...right, stepMs: minute }],
    ['is set by two days in mid-life', { ...right, stepMs: 2 * day }],
    ['stands still for a minute in mid-life', { ...right, suspendMs: minute }],
  ])('is never held by two where a clock %s', (_, conditions) => {
    expect(runClockSchedules(chosen, conditions, scope).overlaps).toBe(0);
  });

  test('sends no request more where clocks are right', () => {
    const figures = runClockSchedules(chosen, right, fewer);
    expect(figures).toEqual(runClockSchedules({ ...chosen, learns: 'nothing' }, right, fewer));
    expect(figures).toMatchObject({ overlaps: 0, returned: 0 });
  });
});

// What an answer does not contradict is the tolerance's part: two seconds, and what it took to come.
test('the bound: a clock three seconds behind is not seen in an answer three seconds late', () => {
  const unseen = { offsets: [-3_000], lateMsMax: 3_000 };
  expect(runClockSchedules(chosen, unseen, scope).overlaps).toBeGreaterThan(0);
}, 300_000);

describe('rejected', { timeout: 300_000 }, () => {
  test.each<readonly [string, Partial<ClockDesign>, ClockConditions]>([
    ["the machine's clock as it is", { learns: 'nothing' }, off],
    ['the largest of thirty samples, for a clock that is off', { learns: 'samples' }, late],
    [
      'the largest of thirty samples, for a clock that is set',
      { learns: 'samples' },
      { ...right, stepMs: minute },
    ],
    ['an acquisition that does not check its answer', { checksAnswer: false }, late],
    ['an acquisition that is given back as a free lock', { restoresPrior: false }, late],
    [
      'one that its caller gives up and that is given back as a free lock',
      { restoresPrior: false },
      { ...late, abortProbability: 1 },
    ],
  ])('%s', (_, change, conditions) => {
    const { overlaps } = runClockSchedules({ ...chosen, ...change }, conditions, fewer);
    expect(overlaps).toBeGreaterThan(50);
  });
});
