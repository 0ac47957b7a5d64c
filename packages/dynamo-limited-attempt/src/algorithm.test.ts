import type { Item } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import type { Algorithm, OwnAttempt, Rule } from './algorithm.js';
import { calendarWindow } from './algorithms/calendar-window.js';
import { slidingCounter } from './algorithms/sliding-counter.js';
import { slidingLog } from './algorithms/sliding-log.js';
import { tokenBucket } from './algorithms/token-bucket.js';
import { fixedWindow } from './limits.js';

const rule: Rule = { attemptsMax: 10, windowMs: 60_000, capacity: 10, offsetMs: 0 };
/** The beginning of an aligned window. */
const startMs = 1_700_000_040_000;
const id = 'a-change-id-';

function ruleOf(change: Partial<Rule>): Rule {
  return { ...rule, ...change, capacity: change.attemptsMax ?? 10 };
}

function remaining(
  algorithm: Algorithm,
  state: Item | undefined,
  nowMs: number,
  limit = rule,
): number {
  const { attempts } = algorithm.standing(state, limit, { nowMs, cost: 1, id });
  return Math.max(0, limit.capacity - attempts);
}

test.each([fixedWindow, calendarWindow('day'), slidingLog, slidingCounter, tokenBucket])(
  '$name standing() answers a cost that never fits, and takes it past the limit',
  (algorithm) => {
    for (const cost of [11, 1_000_000_000]) {
      const moment = { nowMs: startMs, cost, id };
      const past = algorithm.take(undefined, rule, moment);
      const given = algorithm.giveBack(past, rule, moment, undefined);
      for (const state of [undefined, past, given]) {
        const { admitsAtMs, attempts } = algorithm.standing(state, rule, moment);
        expect(Number.isSafeInteger(admitsAtMs)).toBe(true);
        expect(attempts >= 10).toBe(state === past);
      }
    }
  },
);

describe('tokenBucket', () => {
  const first = tokenBucket.take(undefined, rule, { nowMs: startMs, cost: 1, id });
  const taken = tokenBucket.take(first, rule, { nowMs: startMs, cost: 1, id: 'other' });
  const own: OwnAttempt = { began: id, takenAtMs: startMs, taken };

  function after(ms: number, attempt: OwnAttempt = own): Item | undefined {
    return tokenBucket.giveBack(taken, rule, { nowMs: startMs + ms, cost: 1, id }, attempt);
  }

  test('giveBack() gives back the tokens that have not come back by themselves', () => {
    // Two attempts: the tokens of the second one come between 6 and 12 s later.
    expect(after(0)).toEqual(first);
    expect(after(9_000)).toMatchObject({ fullAt: { N: String((startMs + 9_000) * 1e6) } });
    expect(after(12_000)).toBeUndefined();
    // Without the state of then, it is as if the bucket had been full: never too much.
    expect(after(6_000, { ...own, taken: undefined })).toBeUndefined();
    expect(after(0, { ...own, began: 'another' })).toBeUndefined();
  });

  test('standing() never has a token too early when they do not divide the time', () => {
    const three = ruleOf({ attemptsMax: 3, windowMs: 1_000 });
    const empty = tokenBucket.take(undefined, three, { nowMs: startMs, cost: 3, id });
    const at = (ms: number): number => remaining(tokenBucket, empty, startMs + ms, three);
    expect([333, 334, 666, 667, 1_000, 1_001].map(at)).toEqual([0, 1, 1, 2, 2, 3]);
  });

  test('standing() converts what is missing in tokens when the rate has changed', () => {
    const day = ruleOf({ attemptsMax: 100, windowMs: 86_400_000 });
    const minute = ruleOf({ attemptsMax: 100, windowMs: 60_000 });
    const used = tokenBucket.take(undefined, day, { nowMs: startMs, cost: 40, id });
    const moment = { nowMs: startMs, cost: 1, id };
    expect(tokenBucket.standing(used, minute, moment)).toMatchObject({ attempts: 40 });
    expect(tokenBucket.step(used, minute, moment, 'within')).toBeUndefined();
    const converted = tokenBucket.take(used, minute, moment);
    expect(tokenBucket.standing(converted, minute, moment)).toMatchObject({ attempts: 41 });
    expect(tokenBucket.step(converted, minute, moment, 'within')).toBeDefined();
  });
});

describe('slidingLog', () => {
  test('goes on when its limit grows and when it shrinks', () => {
    const log = slidingLog.take(undefined, rule, { nowMs: startMs, cost: 7, id });
    expect(remaining(slidingLog, log, startMs, ruleOf({ attemptsMax: 12 }))).toBe(5);
    expect(remaining(slidingLog, log, startMs, ruleOf({ attemptsMax: 5 }))).toBe(0);
  });

  test('counts by time, not by place, when a clock was ahead', () => {
    const times = [startMs - 60_000, startMs + 50].map((timeMs) => ({ N: String(timeMs) }));
    const late = { times: { L: times }, began: { S: id } };
    expect(remaining(slidingLog, late, startMs, ruleOf({ attemptsMax: 2 }))).toBe(1);
    const moment = { nowMs: startMs, cost: 1, id };
    expect(slidingLog.step(late, ruleOf({ attemptsMax: 2 }), moment, 'within')).toBeUndefined();
  });

  test('step() asks for every place that the attempt takes', () => {
    const moment = { nowMs: startMs, cost: 2, id };
    const step = slidingLog.step(undefined, rule, moment, 'within');
    expect(step?.condition).toContain(
      'NOT times[8] > :floor AND NOT times[9] > :floor AND attribute_not_exists(times[25])',
    );
    expect(slidingLog.step(undefined, rule, moment, 'past')?.condition).not.toContain('NOT');
  });

  test('take() past the limit keeps the newest, so that standing() tells the excess', () => {
    const past = slidingLog.take(undefined, rule, { nowMs: startMs, cost: 30, id });
    const moment = { nowMs: startMs, cost: 0, id };
    expect(slidingLog.standing(past, rule, moment)).toMatchObject({
      attempts: 10,
      admitsAtMs: startMs + 60_000,
    });
    const without = slidingLog.giveBack(past, rule, { ...moment, cost: 1 }, undefined);
    expect(remaining(slidingLog, without, startMs)).toBe(1);
  });
});

describe('slidingCounter', () => {
  test('giveBack() takes an attempt out of the window in which it was counted', () => {
    const state = slidingCounter.take(undefined, rule, { nowMs: startMs, cost: 3, id });
    const own = { began: id, takenAtMs: startMs - 5, taken: state };
    const after = (ms: number): Item | undefined =>
      slidingCounter.giveBack(state, rule, { nowMs: startMs + ms, cost: 1, id: 'refund' }, own);
    expect(after(0)).toMatchObject({ attempts: { N: '2' }, earlier: { N: '0' } });
    expect(after(60_000)).toMatchObject({ attempts: { N: '0' }, earlier: { N: '2' } });
    expect(after(120_000)).toBeUndefined();
    const next = slidingCounter.take(state, rule, { nowMs: startMs + 60_000, cost: 1, id: 'next' });
    expect(next['began']).toEqual({ S: `next,${id}` });
    const moment = { nowMs: startMs + 60_000, cost: 1, id: 'refund' };
    expect(slidingCounter.giveBack(next, rule, moment, own)).toMatchObject({
      attempts: { N: '1' },
      earlier: { N: '2' },
    });
    const another = { ...own, began: 'another' };
    expect(slidingCounter.giveBack(next, rule, moment, another)).toBeUndefined();
  });

  test('giveBack() by key takes from the current window first', () => {
    const state = {
      attempts: { N: '2' },
      earlier: { N: '3' },
      windowStart: { N: String(startMs) },
      began: { S: id },
    };
    const moment = { nowMs: startMs, cost: 4, id: 'refund' };
    expect(slidingCounter.giveBack(state, rule, moment, undefined)).toMatchObject({
      attempts: { N: '0' },
      earlier: { N: '1' },
    });
  });

  test('standing() counts the whole window before when the clock is behind', () => {
    const state = {
      attempts: { N: '2' },
      earlier: { N: '5' },
      windowStart: { N: String(startMs + 60_000) },
    };
    expect(remaining(slidingCounter, state, startMs)).toBe(3);
  });

  test('standing() stays exact with a million attempts in a year', () => {
    const large = ruleOf({ attemptsMax: 1_000_000, windowMs: 31_536_000_000 });
    const start = Math.floor(startMs / large.windowMs) * large.windowMs;
    const state = {
      attempts: { N: '0' },
      earlier: { N: '1000000' },
      windowStart: { N: String(start) },
    };
    const at = (ms: number): number => remaining(slidingCounter, state, start + ms, large);
    expect([0, 31_535, 31_536, 63_072].map(at)).toEqual([0, 0, 1, 2]);
  });
});

describe('fixedWindow', () => {
  const state = { attempts: { N: '2' }, windowStart: { N: String(startMs) }, began: { S: id } };

  test('giveBack() goes by the id of the window, not by the time of the attempt', () => {
    const moment = { nowMs: startMs, cost: 1, id: 'refund' };
    const own = { began: id, takenAtMs: startMs - 100, taken: undefined };
    const given = { ...state, attempts: { N: '1' } };
    expect(fixedWindow.giveBack(state, rule, moment, own)).toEqual(given);
    const another = { ...own, began: 'another' };
    expect(fixedWindow.giveBack(state, rule, moment, another)).toBeUndefined();
    const late = { ...moment, nowMs: startMs + 60_000 };
    expect(fixedWindow.giveBack(state, rule, late, own)).toBeUndefined();
  });
});

test('tokenBucket step() goes on only in a bucket that is not full', () => {
  const step = tokenBucket.step(undefined, rule, { nowMs: startMs, cost: 1, id }, 'within');
  expect(step?.condition).toBe(
    '(attribute_not_exists(fullAt) OR ' +
      '(tokenNs = :token AND fullAt > :now AND fullAt <= :latest))',
  );
});
