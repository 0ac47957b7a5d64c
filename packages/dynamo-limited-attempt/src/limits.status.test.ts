import { beforeEach, describe, expect, test } from 'vitest';

import { byName } from '../test/algorithms.js';
import { dayMs, key, LimitsSetup, minuteMs, startMs } from '../test/limits-setup.js';
import {
  alignedWindow,
  AttemptsError,
  calendarWindow,
  fixedWindow,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type Algorithm,
  type AttemptLimit,
} from './index.js';

const limit = { attemptsMax: 2, windowMs: minuteMs };

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

describe('consume()', () => {
  test('answers with plain data what a 429 needs, refused or not', async () => {
    const admitted = {
      isAdmitted: true,
      attempts: 1,
      remaining: 1,
      limit: 2,
      resetAtMs: startMs + minuteMs,
      retryAfterMs: 0,
      reason: undefined,
      isBlocked: false,
    };
    const first = await setup.open().consume(key, limit);
    expect(first).toEqual({ ...admitted, limits: [admitted], refusedBy: [] });
    expect(structuredClone(first)).toEqual(first);
    await setup.open().consume(key, limit);
    const refused = {
      ...admitted,
      isAdmitted: false,
      attempts: 2,
      remaining: 0,
      retryAfterMs: minuteMs,
      reason: 'attempts',
    };
    expect(await setup.open().consume(key, limit)).toEqual({
      ...refused,
      limits: [refused],
      refusedBy: [0],
    });
  });

  test('says of a list which limits refuse, and leads with the one that does so longest', async () => {
    const limits = [
      { attemptsMax: 9, windowMs: minuteMs },
      limit,
      { attemptsMax: 2, windowMs: dayMs },
    ];
    await setup.open().consume(key, limits, { cost: 2 });
    const result = await setup.open().consume(key, limits);
    expect(result).toMatchObject({ refusedBy: [1, 2], limit: 2, retryAfterMs: dayMs });
    expect(result.limits.map(({ isAdmitted, retryAfterMs }) => [isAdmitted, retryAfterMs])).toEqual(
      [
        [true, 0],
        [false, minuteMs],
        [false, dayMs],
      ],
    );
    const error: unknown = await setup
      .open()
      .attempt(key, limits)
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(AttemptsError);
    const { context: _, ...peeked } = await setup.open().peek(key, limits);
    expect(peeked).toEqual(result);
    expect(error).toMatchObject(result);
  });

  test.each<[string, object, number, string]>([
    ['a cost above the limit', limit, 3, 'cost'],
    ['a cost above burst', { ...limit, burst: 1, algorithm: tokenBucket }, 2, 'cost'],
    ['attemptsMax 0', { ...limit, attemptsMax: 0 }, 1, 'attempts'],
    [
      'attemptsMax 0 of a bucket',
      { ...limit, attemptsMax: 0, algorithm: tokenBucket },
      1,
      'attempts',
    ],
  ])('refuses %s without a request, and for good', async (_, refusing, cost, reason) => {
    const limits = [{ attemptsMax: 9, windowMs: 1 }, refusing as typeof limit];
    const result = await setup.open().consume(key, limits, { cost });
    expect(result).toMatchObject({ isAdmitted: false, reason, refusedBy: [1] });
    expect(result).not.toHaveProperty('retryAfterMs');
    expect(result.limits[1]).not.toHaveProperty('retryAfterMs');
    await expect(setup.open().attempt(key, limits, { cost })).rejects.toMatchObject({ reason });
    expect(await setup.open().tryAttempt(key, limits, { cost })).toBeUndefined();
    expect(setup.sent).toEqual([]);
  });

  test('a bucket has its burst at once, and its rate after that', async () => {
    const bucket = { attemptsMax: 7, windowMs: 1_000, burst: 10, algorithm: tokenBucket };
    const limiter = setup.open();
    expect(await limiter.consume(key, bucket, { cost: 10 })).toMatchObject({
      limit: 10,
      remaining: 0,
    });
    expect(await limiter.consume(key, bucket)).toMatchObject({ retryAfterMs: 143 });
    await setup.clock.advance(1_001);
    expect(await limiter.consume(key, bucket)).toMatchObject({ remaining: 6 });
    await setup.clock.advance(10_000);
    expect(await limiter.peek(key, bucket)).toMatchObject({ remaining: 10 });
  });

  test('an aligned window begins where offsetMs says', async () => {
    const week = { attemptsMax: 1, windowMs: 7 * dayMs, algorithm: alignedWindow };
    const monday = { ...week, offsetMs: 4 * dayMs };
    // 2030 began on a Tuesday.
    expect((await setup.open().consume(key, monday)).resetAtMs).toBe(startMs + 6 * dayMs);
    const { resetAtMs } = await setup.open().consume({ ...key, sort: 'x' }, week);
    expect(resetAtMs).toBe(startMs + 2 * dayMs);
    const back = { ...key, sort: 'y' };
    expect(await setup.open().consume(back, { ...week, offsetMs: -3 * dayMs })).toMatchObject({
      resetAtMs: startMs + 6 * dayMs,
    });
  });
});

describe.each(byName)('record() with %s', (name, algorithm) => {
  const rule = { attemptsMax: 5, windowMs: minuteMs, algorithm };

  test('counts past the limit, in one request, and answers where that leaves the key', async () => {
    const limiter = setup.open();
    expect(await limiter.record(key, rule, { cost: 5 })).toMatchObject({
      isAdmitted: true,
      remaining: 0,
      attempts: 5,
      retryAfterMs: 0,
    });
    const past = await limiter.record(key, rule, { cost: 3 });
    expect(past).toMatchObject({ isAdmitted: false, remaining: 0, reason: 'attempts' });
    expect(past.attempts).toBe(name === 'slidingLog' ? 5 : 8);
    expect(past.retryAfterMs).toBeGreaterThan(0);
    expect(setup.sent).toHaveLength(2);
    expect(await setup.open().tryAttempt(key, rule)).toBeUndefined();
    await setup.clock.advance(Number(past.retryAfterMs));
    expect(await setup.open().tryAttempt(key, rule)).toBeDefined();
  });

  test('answers with moments that a Date can hold, however much is counted', async () => {
    const slow = { ...rule, attemptsMax: 1, windowMs: 1e12 };
    const cost = 1_000_000_000;
    for (let times = 0; times < 3; times++) {
      const { resetAtMs, retryAfterMs = -1 } = await setup.open().record(key, slow, { cost });
      expect(new Date(resetAtMs).getTime()).toBe(resetAtMs);
      expect(new Date(setup.clock.now() + retryAfterMs).getTime()).toBeGreaterThan(startMs);
    }
    // Seconds, and never what would be milliseconds.
    expect(Number(setup.row?.['expiresAt']?.N)).toBeLessThan(1e10);
    setup.sent.length = 0;
    for (const tooMuch of [cost + 1, Number.MAX_SAFE_INTEGER]) {
      await expect(setup.open().record(key, slow, { cost: tooMuch })).rejects.toThrow(`${tooMuch}`);
    }
    await expect(setup.open().record(key, slow, { cost: cost + 1 })).rejects.toThrow(
      /cost.*1000000000/,
    );
    expect(setup.sent).toEqual([]);
    // A cost that cannot be admitted is data: it is refused.
    const most = { cost: Number.MAX_SAFE_INTEGER };
    expect(await setup.open().consume(key, slow, most)).toMatchObject({ reason: 'cost' });
    expect(await setup.open().refund(key, slow, most)).toBe(true);
    expect(await setup.open().peek(key, slow)).toMatchObject({ attempts: 0 });
  });

  test('counts a cost above the limit, and begins no block', async () => {
    const blocking = { ...rule, blockMs: dayMs };
    expect(await setup.open().record(key, blocking, { cost: 12 })).toMatchObject({
      isAdmitted: false,
      isBlocked: false,
      remaining: 0,
    });
    const { retryAfterMs } = await setup.open().peek(key, rule);
    // The counter fades in the next window.
    const owed = { tokenBucket: 8 * 12_000, slidingCounter: minuteMs + 40_000 }[name] ?? minuteMs;
    expect(retryAfterMs).toBe(owed);
  });

  test('100 clients at once: all records are counted, and no attempt passes', async () => {
    const limits = { ...rule, attemptsMax: 50 };
    const all = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0
        ? setup.open().record(key, limits)
        : setup.open().tryAttempt(key, limits).then(Boolean),
    );
    const answers = await setup.clock.drive(Promise.all(all));
    const admitted = answers.filter((answer) => answer === true).length;
    const { attempts } = await setup.open().peek(key, limits);
    const used = 50 + (name === 'slidingLog' ? 0 : admitted);
    // Tokens come back while others pause.
    const backMax =
      name === 'tokenBucket' ? Math.ceil((setup.clock.now() - startMs) / 1_200) + 1 : 0;
    expect(attempts).toBeGreaterThanOrEqual(used - backMax);
    expect(attempts).toBeLessThanOrEqual(used);
  }, 60_000);
});

test('record() beside a limit that admits nothing, the first of the list, is kept', async () => {
  const none = { attemptsMax: 0, windowMs: minuteMs };
  const limits = [none, { attemptsMax: 3, windowMs: minuteMs }];
  const limiter = setup.open();
  await limiter.record(key, limits, { cost: 2 });
  expect((await limiter.record(key, limits)).limits[1]).toMatchObject({ attempts: 3 });
  expect((await setup.open().peek(key, limits)).limits[1]).toMatchObject({ attempts: 3 });
  expect(await limiter.refund(key, limits, { cost: 3 })).toBe(true);
  expect((await limiter.peek(key, limits)).limits[1]).toMatchObject({ attempts: 0 });
});

test('the counts of an algorithm that keeps no `began` are found again', async () => {
  const counting: Algorithm = {
    ...fixedWindow,
    name: 'counting',
    attributes: ['hits'],
    standing: (state, { attemptsMax }, { nowMs, cost }) => {
      const attempts = Number(state?.['hits']?.N ?? 0);
      const admitsAtMs = attempts + cost <= attemptsMax ? nowMs : nowMs + 1;
      return {
        attempts,
        resetAtMs: nowMs + 1,
        admitsAtMs,
      };
    },
    take: (state, _, { cost }) => ({ hits: { N: String(Number(state?.['hits']?.N ?? 0) + cost) } }),
    step: () => undefined,
    giveBack: () => undefined,
  };
  const limit = { attemptsMax: 2, windowMs: minuteMs, algorithm: counting };
  for (const isAdmitted of [true, true, false]) {
    expect(await setup.open().consume(key, limit)).toMatchObject({ isAdmitted });
  }
});

test('record() of a limit that admits nothing sends nothing', async () => {
  const none = { attemptsMax: 0, windowMs: minuteMs };
  expect(await setup.open().record(key, none)).toMatchObject({ isAdmitted: false });
  expect(setup.sent).toEqual([]);
  expect(await setup.open().record(key, [none, limit])).toMatchObject({ refusedBy: [0] });
  expect(setup.row).toMatchObject({ attempts_2: { N: '1' } });
});

// docs/limits.md has this as a table.
describe('a limit that is changed under a running key: 5 of 10 used,', () => {
  const calendars = (['day', 'week'] as const).map((unit) => [
    `calendarWindow('${unit}')`,
    { attemptsMax: 10, algorithm: calendarWindow(unit) },
  ]);
  const rules = byName.map(([name, algorithm]) => [
    name,
    { attemptsMax: 10, windowMs: minuteMs, algorithm },
  ]);

  test.each([...rules, ...calendars] as [string, AttemptLimit][])(
    '%s: 95 left of 100, none of 3 until the end',
    async (_, rule) => {
      await setup.open().consume(key, rule, { cost: 5 });
      const peek = async (attemptsMax: number): Promise<number> =>
        (await setup.open().peek(key, { ...rule, attemptsMax })).remaining;
      expect([await peek(100), await peek(3)]).toEqual([95, 0]);
      const hundred = await setup.open().consume(key, { ...rule, attemptsMax: 100 });
      expect(hundred).toMatchObject({ isAdmitted: true, remaining: 94 });
      const three = { ...rule, attemptsMax: 3 };
      const { isAdmitted, retryAfterMs } = await setup.open().consume(key, three);
      expect(isAdmitted).toBe(false);
      await setup.clock.advance(Number(retryAfterMs) - 1);
      expect(await setup.open().consume(key, three)).toMatchObject({ isAdmitted: false });
      await setup.clock.advance(1);
      expect(await setup.open().consume(key, three)).toMatchObject({ isAdmitted: true });
    },
  );

  test.each([
    [fixedWindow, 5, 10],
    [alignedWindow, 5, 10],
    [slidingLog, 5, 10],
    [slidingCounter, 5, 5],
    [tokenBucket, 5, 5],
  ] as const)(
    '$0.name, with a window of 30 minutes, and then of a second',
    async (algorithm, longer, shorter) => {
      const rule = { attemptsMax: 10, windowMs: minuteMs, algorithm };
      await setup.open().consume(key, rule, { cost: 5 });
      const peek = async (windowMs: number): Promise<number> =>
        (await setup.open().peek(key, { ...rule, windowMs })).remaining;
      expect(await peek(30 * minuteMs)).toBe(longer);
      await setup.clock.advance(1_000);
      // A bucket has a sixth of a token more: what is missing is counted in tokens.
      expect(await peek(1_000)).toBe(shorter);
    },
  );

  test('a window of the clock counts in a longer one if it began there', async () => {
    const rule = { attemptsMax: 10, windowMs: minuteMs, algorithm: alignedWindow };
    await setup.clock.advance(29 * minuteMs);
    await setup.open().consume(key, rule, { cost: 5 });
    await setup.clock.advance(minuteMs);
    const longer = { ...rule, windowMs: 30 * minuteMs };
    expect(await setup.open().peek(key, longer)).toMatchObject({ remaining: 10 });
    await setup.open().consume(key, rule, { cost: 5 });
    await setup.clock.advance(29 * minuteMs);
    expect(await setup.open().peek(key, longer)).toMatchObject({ remaining: 5 });
  });

  test('a window of the calendar counts in another unit if it began there', async () => {
    const of = (unit: 'day' | 'month'): AttemptLimit => ({
      attemptsMax: 10,
      algorithm: calendarWindow(unit),
    });
    await setup.open().consume(key, of('month'), { cost: 5 });
    expect(await setup.open().peek(key, of('day'))).toMatchObject({ remaining: 5 });
    await setup.clock.advance(dayMs);
    expect(await setup.open().peek(key, of('day'))).toMatchObject({ remaining: 10 });
    expect(await setup.open().peek(key, of('month'))).toMatchObject({ remaining: 5 });
  });

  test.each([
    [fixedWindow, alignedWindow, 5],
    [alignedWindow, fixedWindow, 5],
    [slidingCounter, fixedWindow, 5],
    [fixedWindow, slidingCounter, 10],
    [fixedWindow, tokenBucket, 10],
    [slidingLog, fixedWindow, 10],
    [tokenBucket, slidingLog, 10],
  ])('$0.name, by $1.name', async (before, after, left) => {
    const rule = { attemptsMax: 10, windowMs: minuteMs };
    await setup.open().consume(key, { ...rule, algorithm: before }, { cost: 5 });
    const changed = { ...rule, algorithm: after };
    expect(await setup.open().consume(key, changed)).toMatchObject({ remaining: left - 1 });
  });
});
