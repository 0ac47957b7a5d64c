import { beforeEach, describe, expect, test } from 'vitest';

import {
  alignedWindow,
  AttemptsError,
  slidingCounter,
  tokenBucket,
  type LimitedAttempt,
} from '../src/index.js';
import { key, LimitsSetup, minuteMs, startMs } from './limits-setup.js';

// What the documentation of other limiters says that they do, done with this one. The table in
// docs/limits.md says what is the same and what differs.

const tenSeconds = 10_000;
let setup: LimitsSetup;
let limiter: LimitedAttempt;

beforeEach(() => {
  setup = new LimitsSetup();
  limiter = setup.open();
});

describe('Upstash', () => {
  test('fixed window: limit() says success, limit, remaining and reset of a window of the clock', async () => {
    const limit = { attemptsMax: 2, windowMs: tenSeconds, algorithm: alignedWindow };
    await setup.clock.advance(4_000);
    const answers = [];
    for (let times = 0; times < 3; times++) answers.push(await limiter.consume(key, limit));
    expect(answers).toMatchObject([
      { isAdmitted: true, limit: 2, remaining: 1, resetAtMs: startMs + tenSeconds },
      { isAdmitted: true, limit: 2, remaining: 0, resetAtMs: startMs + tenSeconds },
      { isAdmitted: false, limit: 2, remaining: 0, retryAfterMs: 6_000 },
    ]);
    await setup.clock.advance(6_000);
    expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: true, remaining: 1 });
  });

  test('sliding window: what is left of the window before counts in part', async () => {
    const limit = { attemptsMax: 10, windowMs: minuteMs, algorithm: slidingCounter };
    await limiter.consume(key, limit, { cost: 10 });
    await setup.clock.advance(1.25 * minuteMs);
    // Three quarters of ten: there is room for two.
    expect(await limiter.peek(key, limit)).toMatchObject({ remaining: 2 });
    const answers = [];
    for (let times = 0; times < 3; times++) answers.push(await limiter.consume(key, limit));
    expect(answers.map(({ isAdmitted }) => isAdmitted)).toEqual([true, true, false]);
  });

  test('token bucket: a burst up to maxTokens, then refillRate in each interval', async () => {
    const limit = { attemptsMax: 5, windowMs: tenSeconds, burst: 10, algorithm: tokenBucket };
    expect(await limiter.consume(key, limit, { cost: 10 })).toMatchObject({ isAdmitted: true });
    expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: false });
    // Differs: tokens come evenly, one every two seconds, and not five after ten.
    await setup.clock.advance(2_000);
    expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: true, remaining: 0 });
    await setup.clock.advance(tenSeconds);
    expect(await limiter.peek(key, limit)).toMatchObject({ remaining: 5 });
  });

  test('ephemeral cache: a key that is refused sends no more requests until reset', async () => {
    const shielded = setup.open({ shield: true });
    const limit = { attemptsMax: 1, windowMs: tenSeconds };
    await shielded.consume(key, limit);
    await shielded.consume(key, limit);
    setup.sent.length = 0;
    expect(await shielded.consume(key, limit)).toMatchObject({ isAdmitted: false });
    expect(setup.sent).toEqual([]);
    await setup.clock.advance(tenSeconds);
    expect(await shielded.consume(key, limit)).toMatchObject({ isAdmitted: true });
  });

  test('getRemaining() counts nothing, resetUsedTokens() gives all back', async () => {
    const limit = { attemptsMax: 5, windowMs: tenSeconds };
    await limiter.consume(key, limit, { cost: 3 });
    for (let times = 0; times < 2; times++) {
      expect(await limiter.peek(key, limit)).toMatchObject({ remaining: 2 });
    }
    await limiter.clear(key);
    expect(await limiter.peek(key, limit)).toMatchObject({ remaining: 5 });
  });

  test('limit(id, { rate }) takes several; differs: a refusal takes nothing', async () => {
    const limit = { attemptsMax: 5, windowMs: tenSeconds };
    await limiter.consume(key, limit, { cost: 3 });
    expect(await limiter.consume(key, limit, { cost: 3 })).toMatchObject({ isAdmitted: false });
    expect(await limiter.consume(key, limit, { cost: 2 })).toMatchObject({ remaining: 0 });
  });

  test('blockUntilReady() waits, and gives up at its timeout', async () => {
    const limit = { attemptsMax: 1, windowMs: tenSeconds };
    await limiter.attempt(key, limit);
    await expect(limiter.wait(key, limit, { waitMsMax: 5_000 })).rejects.toThrow(AttemptsError);
    const waiting = limiter.wait(key, limit, { waitMsMax: 20_000 });
    expect(await setup.clock.drive(waiting)).toMatchObject({ isAdmitted: true });
  });

  test('timeout: admits where the store does not answer in time', async () => {
    const open = setup.open({ onStoreError: 'allow', timeoutMs: 5_000 });
    setup.isSilent = true;
    const deciding = open.consume(key, { attemptsMax: 1, windowMs: tenSeconds });
    await setup.clock.advance(5_000);
    expect(await deciding).toMatchObject({ isAdmitted: true, counted: false });
  });
});

describe('rate-limiter-flexible', () => {
  const limit = { attemptsMax: 2, windowMs: tenSeconds };

  test('consume() answers remainingPoints, msBeforeNext and consumedPoints, refused or not', async () => {
    const { remaining, attempts, resetAtMs } = await limiter.consume(key, limit);
    expect({ remaining, attempts, msBeforeNext: resetAtMs - setup.clock.now() }).toEqual({
      remaining: 1,
      attempts: 1,
      msBeforeNext: tenSeconds,
    });
    await limiter.consume(key, limit);
    await setup.clock.advance(1_000);
    const refused = await limiter.consume(key, limit);
    // Differs: what is refused is not consumed; theirs says 3.
    expect(refused).toMatchObject({ remaining: 0, attempts: 2, retryAfterMs: 9_000 });
  });

  test('penalty() takes points past the limit, reward() gives them back', async () => {
    expect(await limiter.record(key, limit, { cost: 3 })).toMatchObject({ attempts: 3 });
    expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: false });
    await limiter.refund(key, limit, { cost: 2 });
    expect(await limiter.peek(key, limit)).toMatchObject({ attempts: 1, remaining: 1 });
    // Differs: never below 0, where theirs saves points up.
    expect(await limiter.refund(key, limit, { cost: 5 })).toBe(true);
    expect(await limiter.peek(key, limit)).toMatchObject({ attempts: 0, remaining: 2 });
  });

  test('block() refuses for so long, get() says so, delete() frees', async () => {
    await limiter.block(key, 30_000);
    expect(await limiter.consume(key, limit)).toMatchObject({ isBlocked: true, remaining: 0 });
    await setup.clock.advance(1_000);
    expect(await limiter.peek(key, limit)).toMatchObject({ retryAfterMs: 29_000 });
    await limiter.clear(key);
    expect(await limiter.consume(key, limit)).toMatchObject({ isAdmitted: true });
  });

  test('differs: unblock() keeps the counts, and a shorter block() does not end a longer one', async () => {
    await limiter.consume(key, limit);
    await limiter.block(key, 30_000);
    await limiter.block(key, 1_000);
    expect(await limiter.peek(key, limit)).toMatchObject({ retryAfterMs: 30_000 });
    await limiter.unblock(key);
    expect(await limiter.peek(key, limit)).toMatchObject({ isBlocked: false, attempts: 1 });
  });

  test('inMemoryBlockOnConsumed: who is refused sends nothing more until then', async () => {
    const shielded = setup.open({ shield: true });
    const blocking = { ...limit, blockMs: minuteMs };
    for (let times = 0; times < 3; times++) await shielded.consume(key, blocking);
    setup.sent.length = 0;
    await setup.clock.advance(minuteMs - 1);
    expect(await shielded.consume(key, blocking)).toMatchObject({ isBlocked: true });
    expect(setup.sent).toEqual([]);
  });

  test('execEvenly and the queue: calls wait for their turn, in no order', async () => {
    const second = { attemptsMax: 1, windowMs: 1_000 };
    const doneAtMs: number[] = [];
    const waiting = Array.from({ length: 4 }, async () => {
      await limiter.wait(key, second);
      doneAtMs.push(setup.clock.now());
    });
    await setup.clock.drive(Promise.all(waiting));
    for (const [index, atMs] of doneAtMs.slice(1).entries()) {
      expect(atMs - Number(doneAtMs[index])).toBeGreaterThanOrEqual(1_000);
    }
  });

  test('get() of a key without points; differs: no null, but nothing used', async () => {
    expect(await limiter.peek(key, limit)).toMatchObject({ attempts: 0, remaining: 2 });
  });

  test('set() is clear() and record()', async () => {
    await limiter.consume(key, limit);
    await limiter.clear(key);
    await limiter.record(key, limit, { cost: 7 });
    expect(await limiter.peek(key, limit)).toMatchObject({ attempts: 7, isAdmitted: false });
  });

  test('blockDuration begins with the refusal', async () => {
    const blocking = { ...limit, blockMs: minuteMs };
    for (let times = 0; times < 3; times++) await limiter.consume(key, blocking);
    await setup.clock.advance(tenSeconds);
    expect(await limiter.peek(key, limit)).toMatchObject({ isBlocked: true });
  });

  test('union: each key has its limit; differs: a refusal consumes of none', async () => {
    const other = { ...key, sort: 'user-2' };
    const entries = [
      { key, limits: { attemptsMax: 1, windowMs: tenSeconds } },
      { key: other, limits: { attemptsMax: 9, windowMs: tenSeconds } },
    ];
    expect(await limiter.attemptAll(entries)).toMatchObject({ isAdmitted: true });
    expect(await limiter.attemptAll(entries)).toMatchObject({ isAdmitted: false, refusedBy: [0] });
    expect(await limiter.peek(other, { attemptsMax: 9, windowMs: tenSeconds })).toMatchObject({
      attempts: 1,
    });
  });

  test('bursty: two a second, and five more at times', async () => {
    const bursty = { attemptsMax: 2, windowMs: 1_000, burst: 7, algorithm: tokenBucket };
    expect(await limiter.consume(key, bursty, { cost: 7 })).toMatchObject({ isAdmitted: true });
    expect(await limiter.consume(key, bursty)).toMatchObject({ isAdmitted: false });
    await setup.clock.advance(1_000);
    expect(await limiter.peek(key, bursty)).toMatchObject({ remaining: 2 });
  });

  test('insurance: the same limits in memory while the store is unavailable', async () => {
    const insured = setup.open({ fallback: true });
    setup.failure = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const answers = [];
    for (let times = 0; times < 3; times++) answers.push(await insured.consume(key, limit));
    expect(answers.map(({ isAdmitted }) => isAdmitted)).toEqual([true, true, false]);
    setup.failure = undefined;
    expect(await insured.consume(key, limit)).toMatchObject({ isAdmitted: true, attempts: 1 });
  });
});

describe('a store of express-rate-limit', () => {
  const limit = { attemptsMax: 2, windowMs: minuteMs };
  const increment = async (): Promise<{ totalHits: number; resetTime: Date }> => {
    const { attempts, resetAtMs } = await limiter.record(key, limit);
    return { totalHits: attempts, resetTime: new Date(resetAtMs) };
  };

  test('increment() counts hits beyond the limit in a window from the first one', async () => {
    await increment();
    await setup.clock.advance(1_000);
    await increment();
    expect(await increment()).toEqual({ totalHits: 3, resetTime: new Date(startMs + minuteMs) });
    await setup.clock.advance(minuteMs - 1_000);
    expect(await increment()).toMatchObject({ totalHits: 1 });
  });

  test('decrement() takes one back, not below 0; resetKey() all', async () => {
    await increment();
    await increment();
    await limiter.refund(key, limit);
    expect(await increment()).toMatchObject({ totalHits: 2 });
    await limiter.clear(key);
    await limiter.refund(key, limit);
    expect(await increment()).toMatchObject({ totalHits: 1 });
  });

  test('limit 0 refuses everybody', async () => {
    const none = { ...limit, attemptsMax: 0 };
    expect(await limiter.consume(key, none)).toMatchObject({ isAdmitted: false });
    expect(setup.sent).toEqual([]);
  });

  test('skipFailedRequests: the attempt of a request that failed is given back', async () => {
    const attempt = await limiter.attempt(key, limit);
    expect(await attempt.refund()).toBe(true);
    expect(await limiter.peek(key, limit)).toMatchObject({ remaining: 2 });
    // Differs: a request that outlasts its window gives the next one nothing.
    const slow = await limiter.attempt(key, limit);
    await setup.clock.advance(minuteMs);
    await limiter.attempt(key, limit);
    expect(await slow.refund()).toBe(false);
    expect(await limiter.peek(key, limit)).toMatchObject({ remaining: 1 });
  });

  test('get() says the hits and when they reset', async () => {
    await increment();
    const { attempts, resetAtMs } = await limiter.peek(key, limit);
    expect([attempts, resetAtMs]).toEqual([1, startMs + minuteMs]);
  });

  test('passOnStoreError: admits while the store fails', async () => {
    const open = setup.open({ onStoreError: 'allow' });
    setup.failure = Object.assign(new Error('throttled'), { name: 'ThrottlingException' });
    expect(await open.consume(key, limit)).toMatchObject({ isAdmitted: true, counted: false });
    // Differs: what is configured wrongly is thrown.
    setup.failure = Object.assign(new Error('no table'), { name: 'ResourceNotFoundException' });
    await expect(open.consume(key, limit)).rejects.toBe(setup.failure);
  });
});
