import type { DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { byName } from '../test/algorithms.js';
import {
  AttemptsError,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type CompoundKey,
  type LimiterOptions,
  type ResetState,
} from './index.js';

const tableName = 'attempts';
const key: CompoundKey<string, ResetState> = {
  partition: 'login',
  namespace: 'attempts',
  sort: 'user-1',
};
const startMs = Date.UTC(2030, 0, 1);

/** A hundred clients, each with expressions of its own, take their time on a busy machine. */
const many = { timeout: 30_000 };

let memory: MemoryDynamo;
let clock: ManualClock;
let requests: string[];

beforeEach(() => {
  memory = new MemoryDynamo();
  memory.createTable(partitionedKeysTable, tableName);
  clock = new ManualClock({ nowMs: startMs });
  requests = [];
});

function open(options: LimiterOptions = {}, seed = 1): LimitedAttempt {
  const dynamo: DynamoTransport = {
    call: (operation, input, callOptions) => {
      requests.push(operation);
      return memory.call(operation, input, callOptions);
    },
  };
  return new LimitedAttempt({ dynamo, tableName, clock, random: seededRandom(seed) }, options);
}

/** Of how many attempts how many are admitted. */
async function admitted(
  limiter: LimitedAttempt,
  times: number,
  limits: Parameters<LimitedAttempt['attempt']>[1],
): Promise<number> {
  let count = 0;
  for (let index = 0; index < times; index++) {
    if (await limiter.tryAttempt(key, limits)) count++;
  }
  return count;
}

describe.each(byName)('with %s', (_, algorithm) => {
  const limit = { attemptsMax: 3, validityTime: 60_000, algorithm };

  test('attempt() admits attemptsMax and refuses the next with what the caller needs', async () => {
    const limiter = open();
    for (const attempts of [1, 2, 3]) {
      expect(await limiter.attempt(key, limit)).toMatchObject({
        attempts,
        remaining: 3 - attempts,
        limit: 3,
        counted: true,
      });
    }
    const before = memory.rows(tableName);
    const error: unknown = await limiter.attempt(key, limit).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(AttemptsError);
    const { reason, retryAfterMs = NaN, attempts, resetAtMs } = error as AttemptsError;
    expect({ reason, attempts }).toEqual({ reason: 'attempts', attempts: 3 });
    expect(resetAtMs).toBeGreaterThan(startMs);
    expect(memory.rows(tableName)).toEqual(before);

    await clock.advance(retryAfterMs - 1);
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
    await clock.advance(1);
    expect(await limiter.tryAttempt(key, limit)).toBeDefined();
  });

  test(
    'attempt() of 100 clients admits exactly the limit, also over a rollover',
    many,
    async () => {
      const limits = { attemptsMax: 5, validityTime: 1_000, algorithm };
      for (let round = 0; round < 3; round++) {
        const results = await clock.drive(
          Promise.all(
            Array.from({ length: 100 }, (__, seed) =>
              open({}, 100 * round + seed + 1).tryAttempt(key, limits),
            ),
          ),
        );
        expect(results.filter(Boolean)).toHaveLength(5);
        await clock.advance(2_000);
      }
    },
  );

  test('attempt() with a limit of 1 admits one', async () => {
    const limiter = open();
    const limits = { attemptsMax: 1, validityTime: 60_000, algorithm };
    expect(await admitted(limiter, 3, limits)).toBe(1);
    await clock.advance(120_000);
    expect(await admitted(limiter, 3, limits)).toBe(1);
  });

  test('attempt() counts its cost, and nothing when it does not fit', async () => {
    const limiter = open();
    const limits = { attemptsMax: 10, validityTime: 60_000, algorithm };
    expect(await limiter.attempt(key, limits, { cost: 7 })).toMatchObject({
      remaining: 3,
    });
    expect(await limiter.tryAttempt(key, limits, { cost: 4 })).toBeUndefined();
    expect(await limiter.attempt(key, limits, { cost: 3 })).toMatchObject({
      remaining: 0,
    });
  });

  test('refund() gives an attempt back, once', async () => {
    const limiter = open();
    const first = await limiter.attempt(key, limit);
    await limiter.attempt(key, limit);
    expect(await Promise.all([first.refund(), first.refund()])).toEqual([true, true]);
    expect(await first.refund()).toBe(true);
    expect(await limiter.peek(key, limit)).toMatchObject({ attempts: 1, remaining: 2 });
    await clock.advance(180_000);
    const late = await limiter.attempt(key, limit);
    await clock.advance(180_000);
    expect(await late.refund()).toBe(false);
  });

  test('clear() forgets its own window only', async () => {
    const limiter = open();
    const first = await limiter.attempt(key, limit);
    await limiter.attempt(key, limit);
    await clock.advance(180_000);
    await limiter.attempt(key, limit);
    await first.clear();
    expect(await limiter.peek(key, limit)).toMatchObject({ attempts: 1 });
    const last = await limiter.attempt(key, limit);
    await last.clear();
    expect(memory.rows(tableName)).toEqual([]);
  });

  test.each([0, 1])(
    'clear() leaves the window that follows in a sliding counter, %i before it',
    async (before) => {
      const limiter = open();
      const counter = { attemptsMax: 9, windowMs: 60_000, algorithm: slidingCounter };
      for (let window = 0; window < before; window++) {
        await limiter.attempt(key, counter);
        await clock.advance(60_000);
      }
      const first = await limiter.attempt(key, counter);
      await clock.advance(60_000);
      const next = await limiter.attempt(key, counter);
      await first.clear();
      expect(await limiter.peek(key, counter)).toMatchObject({ attempts: 2 });
      await next.clear();
      expect(memory.rows(tableName)).toEqual([]);
    },
  );

  test('attempt() gives back the context of the first attempt of a window', async () => {
    const limiter = open();
    expect((await limiter.attempt(key, limit, 'first')).context).toBe('first');
    expect((await limiter.attempt(key, limit, 'second')).context).toBe('first');
    expect(await limiter.peek(key, limit)).toMatchObject({ context: 'first' });
    await clock.advance(180_000);
    expect((await limiter.peek(key, limit)).context).toBeUndefined();
    expect((await limiter.attempt(key, limit)).context).toBeUndefined();
    expect((await limiter.attempt(key, limit, 'third')).context).toBeUndefined();
  });

  test('attempt() never passes the limit when the clock is set back', async () => {
    const limiter = open();
    expect(await admitted(limiter, 3, limit)).toBe(3);
    clock.jumpWall(-3_600_000);
    expect(await admitted(limiter, 3, limit)).toBe(0);
    clock.jumpWall(3_600_000 + 180_000);
    expect(await admitted(limiter, 5, limit)).toBe(3);
  });

  test('attempt() keeps to a limit that was changed', async () => {
    expect(await admitted(open({}, 1), 5, limit)).toBe(3);
    expect(await admitted(open({}, 2), 5, { ...limit, attemptsMax: 4 })).toBeLessThan(2);
    expect(await admitted(open({}, 3), 5, { ...limit, attemptsMax: 2 })).toBe(0);
  });

  test('attempt() by clocks that differ is decided, within the limit', async () => {
    expect(await admitted(open({}, 1), 1, limit)).toBe(1);
    clock.jumpWall(-50_000);
    // A bucket that another clock has emptied in the future is empty until then.
    const behind = await admitted(open({}, 2), 1, limit);
    expect(behind).toBe(algorithm === tokenBucket ? 0 : 1);
    clock.jumpWall(50_000 + 30_000);
    expect(await admitted(open({}, 3), 5, limit)).toBeLessThanOrEqual(3);
  });

  test('peek() counts nothing', async () => {
    const limiter = open();
    const status = {
      attempts: 0,
      remaining: 3,
      limit: 3,
      resetAtMs: startMs,
      isAdmitted: true,
      isBlocked: false,
      reason: undefined,
      retryAfterMs: 0,
    };
    expect(await limiter.peek(key, limit)).toEqual({
      ...status,
      limits: [status],
      refusedBy: [],
      context: undefined,
    });
    expect(memory.rows(tableName)).toEqual([]);
    await admitted(limiter, 3, limit);
    const peeked = await limiter.peek(key, limit);
    expect(peeked).toMatchObject({ isAdmitted: false, remaining: 0 });
    expect(peeked.retryAfterMs).toBeGreaterThan(0);
  });

  test('a row takes one write unit', async () => {
    const limiter = open();
    await limiter.attempt(key, {
      ...limit,
      attemptsMax: algorithm === slidingLog ? 50 : 1_000_000,
    });
    expect(JSON.stringify(memory.rows(tableName)).length).toBeLessThan(2_000);
  });
});

describe('several limits', () => {
  const limits = [
    { attemptsMax: 3, validityTime: 60_000 },
    { attemptsMax: 10, validityTime: 86_400_000, algorithm: slidingLog },
    { attemptsMax: 8, validityTime: 86_400_000, algorithm: tokenBucket },
  ];

  test('attempt() is within all of them or counted by none', async () => {
    const limiter = open();
    expect(await admitted(limiter, 5, limits)).toBe(3);
    await clock.advance(60_000);
    expect(await admitted(limiter, 5, limits)).toBe(3);
    await clock.advance(60_000);
    expect(await admitted(limiter, 5, limits)).toBe(2);
    expect(await limiter.peek(key, limits)).toMatchObject({ limit: 8, remaining: 0 });
  });

  test('attempt() takes one request, also for several limits', async () => {
    const limiter = open();
    await limiter.attempt(key, limits);
    requests = [];
    await limiter.attempt(key, limits);
    await limiter.attempt(key, limits);
    await limiter.tryAttempt(key, limits);
    expect(requests).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
  });

  test('refund() gives back to the limits in which the attempt still counts', async () => {
    const limiter = open();
    const first = await limiter.attempt(key, limits);
    await clock.advance(60_000);
    await limiter.attempt(key, limits);
    expect(await first.refund()).toBe(true);
    expect(await limiter.peek(key, limits[0] ?? [])).toMatchObject({ attempts: 1 });
    expect(memory.rows(tableName)[0]?.['times_2']?.L).toHaveLength(1);
  });
});

test('attempt() ends 30 s after its first try, however slowly others change the row', async () => {
  const limit = { attemptsMax: 1_000, windowMs: 1_000, algorithm: slidingCounter };
  const other = open({}, 2);
  let tries = 0;
  const dynamo: DynamoTransport = {
    call: async (operation, input, options) => {
      tries += 1;
      await clock.advance(11_000);
      // Each try finds a window that another client has begun meanwhile.
      await other.attempt(key, limit);
      return memory.call(operation, input, options);
    },
  };
  await other.attempt(key, limit);
  const slow = new LimitedAttempt({ dynamo, tableName, clock });
  await expect(slow.attempt(key, limit)).rejects.toMatchObject({ name: 'ConflictError' });
  expect(tries).toBe(3);
});

// The memory refuses an expression of over 4 KB, or of over 300 operators and functions, as AWS does.
test.each(byName)(
  '%s: four limits at their largest, in each state, are asked for in expressions that AWS takes',
  async (_, algorithm) => {
    const attemptsMax = Math.min(1_000, algorithm.largestLimit);
    const limits = [1, 2, 3, 4].map((hours) => ({
      algorithm,
      attemptsMax,
      windowMs: hours * 3_600_000,
      ...(algorithm === fixedWindow && { blockMs: 60_000 }),
    }));
    for (const cost of [1, 1, 20, 1]) {
      const attempt = await open().attempt(key, limits, { cost, context: 'context' });
      await attempt.refund();
      await clock.advance(3_600_000);
    }
    await open().clear(key);
    expect(requests).toContain('UpdateItem');
  },
);
