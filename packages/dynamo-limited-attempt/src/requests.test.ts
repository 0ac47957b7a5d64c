import type { Item } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { byName } from '../test/algorithms.js';
import { dayMs, key, LimitsSetup, minuteMs, startMs } from '../test/limits-setup.js';
import {
  fixedWindow,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type AttemptLimit,
} from './index.js';

const month = { attemptsMax: 5, windowMs: 30 * dayMs };
const minute = { attemptsMax: 5, windowMs: minuteMs };

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

function expiresAt(): number {
  return Number(setup.row?.['expiresAt']?.N);
}

describe('the expiry of a row never goes back, so that Time to Live forgets nothing that counts:', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['an attempt by a shorter limit', () => setup.open().attempt(key, minute)],
    ['a log of a minute', () => setup.open().attempt(key, { ...minute, algorithm: slidingLog })],
    ['a record', () => setup.open().record(key, minute)],
    ['a block', () => setup.open().block(key, 1_000)],
    ['a refund', () => setup.open().refund(key, month)],
    ['an unblock', () => setup.open().unblock(key)],
    ['attemptAll', () => setup.open().attemptAll([{ key, limits: minute }])],
  ])('%s', async (_, change) => {
    const limiter = setup.open();
    for (let times = 0; times < 4; times++) await limiter.attempt(key, month);
    const before = expiresAt();
    await change();
    expect(expiresAt()).toBe(before);
    await setup.clock.advance(29 * dayMs);
    await setup.purge();
    const { attempts } = await setup.open().peek(key, month);
    expect(attempts).toBeGreaterThanOrEqual(3);
  });

  test.each([fixedWindow, slidingLog])('$name moves it on, once per window', async (algorithm) => {
    await setup.open().attempt(key, { ...minute, algorithm });
    await setup.open().attempt(key, { ...month, algorithm });
    expect(expiresAt()).toBeGreaterThan((startMs + 31 * dayMs) / 1_000);
    const limiter = setup.open();
    await setup.clock.advance(10 * dayMs);
    setup.sent.length = 0;
    await limiter.attempt(key, { ...month, algorithm });
    expect(setup.sent).toHaveLength(1);
  });

  test('a debt is not forgotten before it is paid', async () => {
    const limit = { attemptsMax: 10, windowMs: dayMs, algorithm: tokenBucket };
    await setup.open().record(key, limit, { cost: 1_000 });
    await setup.open().record(key, limit, { cost: 1_000 });
    await setup.clock.advance(199 * dayMs);
    await setup.purge();
    expect(await setup.open().tryAttempt(key, limit)).toBeUndefined();
  });
});

describe('a row that expires holds one thing:', () => {
  test.each<[string, Item]>([
    ['a count', { count: { N: '3' } }],
    ['a count that expires', { count: { N: '3' }, expiresAt: { N: String(startMs / 1000 + 9) } }],
    // As the original counts, which asks for nothing.
    ['a count over attempts', { count: { N: '3' }, began: { S: 'x' }, r0: { S: 'x' } }],
    ['a claim of do-once', { lease: { N: '9' } }],
  ])('attempt() leaves %s alone, and says so', async (_, row) => {
    await setup.put(row);
    const before = setup.row;
    const error = { name: 'KeyCollisionError', key: 'login/attempts.user-1' };
    const limiter = setup.open();
    await expect(limiter.attempt(key, minute)).rejects.toMatchObject(error);
    await expect(limiter.record(key, minute)).rejects.toMatchObject(error);
    await expect(limiter.block(key, 1_000)).rejects.toMatchObject(error);
    await expect(limiter.peek(key, minute)).rejects.toMatchObject(error);
    await expect(limiter.clear(key)).rejects.toMatchObject(error);
    await expect(limiter.attemptAll([{ key, limits: minute }])).rejects.toMatchObject(error);
    expect(setup.row).toEqual(before);
  });

  const expired = { expiresAt: { N: String(startMs / 1000) } };
  test.each<[string, Item]>([
    ['a count', { count: { N: '3' }, ns: { S: 'other' }, c0: { S: 'count' } }],
    ['a value', { data: { S: '{"a":1}' }, md5: { S: 'version' }, v1: { S: 'older' } }],
    ['a claim', { lease: { N: '9' }, owner: { S: 'me' }, result: { S: '1' } }],
    ['attempts', { began: { S: 'x' }, attempts: { N: '5' }, windowStart: { N: `${startMs}` } }],
    ['a block', { began: { S: 'x' }, blockedUntil: { N: `${startMs + 9}` }, r0: { S: 'x' } }],
  ])('attempt() replaces %s that has expired, and keeps the ids', async (_, row) => {
    await setup.put({ ...row, ...expired });
    const attempt = await setup.open().attempt(key, minute, 'context');
    expect(attempt).toMatchObject({ attempts: 1, context: 'context' });
    const left = setup.row ?? {};
    for (const name of ['count', 'ns', 'data', 'lease', 'owner', 'result', 'blockedUntil']) {
      expect(left[name]).toBeUndefined();
    }
    for (const name of ['c0', 'v1', 'md5']) expect(left[name]).toEqual(row[name]);
    expect(await setup.open().peek(key, minute)).toMatchObject({ attempts: 1 });
  });

  test('block() replaces what has expired', async () => {
    await setup.put({ count: { N: '3' }, ...expired });
    await setup.open().block(key, 1_000);
    expect(setup.row?.['count']).toBeUndefined();
    expect(await setup.open().peek(key, minute)).toMatchObject({ isBlocked: true, attempts: 0 });
  });
});

describe('requests', () => {
  test.each(byName)(
    '%s takes one for the first attempt, the next, and a refusal',
    async (_, algorithm) => {
      const limiter = setup.open();
      const limit = { ...minute, algorithm };
      for (let times = 0; times < 7; times++) await limiter.tryAttempt(key, limit);
      expect(setup.sent.map(({ operation }) => operation)).toEqual(Array(7).fill('UpdateItem'));
    },
  );

  test.each(byName)(
    '%s takes one for each of 60 attempts by two processes',
    async (_, algorithm) => {
      const [a, b] = [setup.open(), setup.open()];
      const limit = { attemptsMax: 100, windowMs: 3_600_000, algorithm };
      for (let times = 0; times < 30; times++) {
        await a.attempt(key, limit);
        await setup.clock.advance(1_000);
        await b.attempt(key, limit);
      }
      expect(setup.sent).toHaveLength(60);
    },
  );

  test('a log takes out what no longer counts, in one request by who changed it last', async () => {
    const limiter = setup.open();
    const limit = { attemptsMax: 5, windowMs: 10_000, algorithm: slidingLog };
    for (let times = 0; times < 100; times++) {
      await limiter.attempt(key, limit);
      await setup.clock.advance(3_000);
    }
    expect(setup.sent).toHaveLength(100);
    expect(setup.row?.['times']?.L?.length).toBeLessThanOrEqual(21);
  });

  test('a sliding counter takes a second one where it has not seen the window before', async () => {
    const limit = { attemptsMax: 10, windowMs: minuteMs, algorithm: slidingCounter };
    await setup.open().attempt(key, limit, { cost: 8 });
    await setup.clock.advance(minuteMs);
    const limiter = setup.open();
    setup.sent.length = 0;
    await limiter.attempt(key, limit);
    expect(setup.sent).toHaveLength(2);
    await limiter.attempt(key, limit);
    expect(setup.sent).toHaveLength(3);
    await setup.open().tryAttempt(key, limit);
    expect(setup.sent).toHaveLength(4 + 0);
  });

  test.each(byName)('%s asks with less than 1,300 bytes in a full row', async (_, algorithm) => {
    const limiter = setup.open();
    const limit: AttemptLimit = { attemptsMax: 100, windowMs: 3_600_000, algorithm };
    for (let times = 0; times < 20; times++) await limiter.attempt(key, limit);
    const bytes = JSON.stringify(setup.sent.at(-1)?.input).length;
    expect(bytes).toBeLessThan(1_300);
    // The first one of a process, which does not know that the row is full:
    expect(JSON.stringify(setup.sent[0]?.input).length).toBeLessThan(1_900);
  });
});

test('attempt() copies what it was given', async () => {
  const given = { ...key };
  const limits = [{ ...minute }];
  const options = { cost: 2, context: 'mine' };
  const promise = setup.open().attempt(given, limits, options);
  given.sort = 'user-2';
  limits[0] = { attemptsMax: 1, windowMs: 1 };
  limits.push(month);
  options.cost = 5;
  expect(await promise).toMatchObject({ attempts: 2, remaining: 3, context: 'mine' });
  expect(setup.row?.['sortKey']).toEqual({ S: 'attempts.user-1' });
});

test.each(['\ud800', 'x\udc00y', '\udc00\ud800'])(
  'attempt() refuses half of a pair',
  async (context) => {
    const error = { name: 'InvalidInputError', field: 'context' };
    await expect(setup.open().attempt(key, minute, context)).rejects.toMatchObject(error);
    expect(setup.sent).toEqual([]);
    expect(await setup.open().attempt(key, minute, '😀')).toMatchObject({ context: '😀' });
  },
);

test('a bucket that is loosened from a day to a minute converts its debt, once', async () => {
  const day = { attemptsMax: 100, windowMs: dayMs, algorithm: tokenBucket };
  const loose = { ...day, windowMs: minuteMs };
  const limiter = setup.open();
  await limiter.record(key, day, { cost: 100 });
  const { retryAfterMs } = await limiter.consume(key, loose);
  expect(retryAfterMs).toBe(600);
  await setup.clock.advance(600);
  setup.sent.length = 0;
  await limiter.attempt(key, loose);
  await setup.clock.advance(1_200);
  await limiter.attempt(key, loose);
  await limiter.attempt(key, loose);
  expect(setup.sent.length).toBeLessThanOrEqual(4);
  expect(await limiter.tryAttempt(key, loose)).toBeUndefined();
});
