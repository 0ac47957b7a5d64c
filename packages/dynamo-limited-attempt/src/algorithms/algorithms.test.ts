import type { Item } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { fixedWindow } from './fixed-window.js';
import { slidingCounter } from './sliding-counter.js';
import { slidingLog } from './sliding-log.js';
import { tokenBucket } from './token-bucket.js';

const rule = { attemptsMax: 10, validityMs: 60_000 };
/** The beginning of an aligned window. */
const startMs = 1_700_000_040_000;

function remaining(
  algorithm: typeof tokenBucket,
  state: Item | undefined,
  nowMs: number,
  attemptsMax = 10,
): number {
  return algorithm.standing(state, { ...rule, attemptsMax }, { nowMs, cost: 1 }).remaining;
}

describe('tokenBucket', () => {
  test('giveBack() gives back the tokens that have not come back by themselves', () => {
    // Two attempts: the tokens of the second one come between 6 and 12 s later.
    const first = tokenBucket.admit(undefined, rule, { nowMs: startMs, cost: 1 });
    const taken = tokenBucket.admit(first, rule, { nowMs: startMs, cost: 1 });
    const attempt = { takenAtMs: startMs, cost: 1, taken };
    const after = (ms: number): Item | undefined =>
      tokenBucket.giveBack(taken, rule, { ...attempt, nowMs: startMs + ms });
    expect(after(0)).toEqual(first);
    expect(after(9_000)).toEqual({ fullAt: { N: String((startMs + 9_000) * 1e6) } });
    expect(after(12_000)).toBeUndefined();
    // Without the state of then, it is as if the bucket had been full: never too much.
    const unknown = { ...attempt, taken: undefined, nowMs: startMs + 6_000 };
    expect(tokenBucket.giveBack(taken, rule, unknown)).toBeUndefined();
  });

  test('standing() never has a token too early when they do not divide the time', () => {
    const three = { attemptsMax: 3, validityMs: 1_000 };
    const empty = tokenBucket.admit(undefined, three, { nowMs: startMs, cost: 3 });
    const at = (ms: number): number =>
      tokenBucket.standing(empty, three, { nowMs: startMs + ms, cost: 1 }).remaining;
    expect([333, 334, 666, 667, 1_000, 1_001].map(at)).toEqual([0, 1, 1, 2, 2, 3]);
  });
});

describe('slidingLog', () => {
  test('goes on when its limit grows and when it shrinks', () => {
    const log = slidingLog.admit(undefined, rule, { nowMs: startMs, cost: 7 });
    expect(remaining(slidingLog, log, startMs, 12)).toBe(5);
    expect(remaining(slidingLog, log, startMs, 5)).toBe(0);
    const moment = { nowMs: startMs + 1, cost: 1 };
    // Only the log of its own size is changed in place.
    expect(slidingLog.step(log, rule, moment)?.condition).toMatch(/^size\(#log\) = :max/);
    expect(slidingLog.step(log, { ...rule, attemptsMax: 12 }, moment)).toBeUndefined();
  });

  test('counts by time, not by place, when a clock was ahead', () => {
    const late = { log: { L: [{ N: String(startMs + 50) }, { N: String(startMs - 60_000) }] } };
    expect(remaining(slidingLog, late, startMs, 2)).toBe(1);
  });
});

describe('slidingCounter', () => {
  test('giveBack() takes an attempt out of the window in which it was counted', () => {
    const state = slidingCounter.admit(undefined, rule, { nowMs: startMs, cost: 3 });
    const attempt = { takenAtMs: startMs, cost: 1, taken: undefined };
    const after = (ms: number): Item | undefined =>
      slidingCounter.giveBack(state, rule, { ...attempt, nowMs: startMs + ms });
    expect(after(0)).toMatchObject({ attempts: { N: '2' }, before: { N: '0' } });
    expect(after(60_000)).toMatchObject({ attempts: { N: '0' }, before: { N: '2' } });
    expect(after(120_000)).toBeUndefined();
  });

  test('standing() counts the whole window before when the clock is behind', () => {
    const state = {
      attempts: { N: '2' },
      before: { N: '5' },
      windowStart: { N: String(startMs + 60_000) },
    };
    expect(remaining(slidingCounter, state, startMs)).toBe(3);
  });

  test('standing() stays exact with a million attempts in a year', () => {
    const large = { attemptsMax: 1_000_000, validityMs: 31_536_000_000 };
    const start = Math.floor(startMs / large.validityMs) * large.validityMs;
    const state = {
      attempts: { N: '0' },
      before: { N: '1000000' },
      windowStart: { N: String(start) },
    };
    const at = (ms: number): number =>
      slidingCounter.standing(state, large, { nowMs: start + ms, cost: 1 }).remaining;
    expect([0, 31_535, 31_536, 63_072].map(at)).toEqual([0, 0, 1, 2]);
  });
});

describe('fixedWindow', () => {
  test('giveBack() leaves a window that began after the attempt', () => {
    const state = { attempts: { N: '2' }, windowStart: { N: String(startMs) } };
    const attempt = { cost: 1, taken: undefined, nowMs: startMs };
    const given = { attempts: { N: '1' }, windowStart: { N: String(startMs) } };
    expect(fixedWindow.giveBack(state, rule, { ...attempt, takenAtMs: startMs })).toEqual(given);
    expect(fixedWindow.giveBack(state, rule, { ...attempt, takenAtMs: startMs - 1 })).toBe(
      undefined,
    );
  });

  test('step() replaces a window that is known to be over, if it still is', () => {
    const state = { attempts: { N: '2' }, windowStart: { N: String(startMs) } };
    const step = fixedWindow.step(state, rule, { nowMs: startMs + 60_000, cost: 1 });
    expect(step).toMatchObject({ condition: '#windowStart <= :floor', startsOver: true });
  });
});
