import type { DynamoTransport } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { byName } from '../test/algorithms.js';
import { dayMs, key, LimitsSetup, minuteMs } from '../test/limits-setup.js';
import { slidingCounter, type AttemptLimit } from './index.js';

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

async function attemptsOf(limit: AttemptLimit): Promise<number> {
  return (await setup.open().peek(key, limit)).attempts;
}

describe.each(byName)('with %s', (_, algorithm) => {
  const limit = { attemptsMax: 10, windowMs: minuteMs, algorithm };

  test('the refund of a handle counts for an attempt stamped before its window began', async () => {
    await setup.open().attempt(key, limit);
    setup.clock.jumpWall(-100);
    const late = await setup.open().attempt(key, limit);
    setup.clock.jumpWall(100);
    expect(await late.refund()).toBe(true);
    expect(await attemptsOf(limit)).toBe(1);
  });

  test('of 50 parallel attempts each gives back its own', async () => {
    const limits = { ...limit, attemptsMax: 50 };
    const attempts = await setup.clock.drive(
      Promise.all(Array.from({ length: 50 }, () => setup.open().attempt(key, limits))),
    );
    const given: boolean[] = [];
    // One after the other: a row remembers 16 changes.
    for (const attempt of attempts) given.push(await setup.clock.drive(attempt.refund()));
    expect(given).toEqual(Array(50).fill(true));
    expect(await attemptsOf(limits)).toBe(0);
  });

  test('a refund of the handle credits no window that began after it was cleared', async () => {
    const first = await setup.open().attempt(key, limit);
    await setup.open().clear(key);
    await setup.open().attempt(key, limit);
    expect(await first.refund()).toBe(false);
    expect(await attemptsOf(limit)).toBe(1);
  });

  test('refund() by key gives back a part, from another process, never below 0', async () => {
    await setup.open().attempt(key, limit, { cost: 5 });
    expect(await setup.open().refund(key, limit, { cost: 2 })).toBe(true);
    expect(await attemptsOf(limit)).toBe(3);
    expect(await setup.open().refund(key, limit, { cost: 9 })).toBe(true);
    expect(await attemptsOf(limit)).toBe(0);
    expect(await setup.open().refund(key, limit)).toBe(false);
    await setup.clock.advance(3 * minuteMs);
    await setup.open().attempt(key, limit);
    await setup.clock.advance(3 * minuteMs);
    expect(await setup.open().refund(key, limit)).toBe(false);
  });

  test('the handle gives back parts of its cost, and no more than that', async () => {
    await setup.open().attempt(key, limit);
    const attempt = await setup.open().attempt(key, limit, { cost: 4 });
    const tooMuch = { name: 'InvalidInputError', field: 'cost' };
    await expect(attempt.refund(5)).rejects.toMatchObject(tooMuch);
    expect(await attempt.refund(1)).toBe(true);
    expect(await attempt.refund({ cost: 2 })).toBe(true);
    await expect(attempt.refund(2)).rejects.toMatchObject(tooMuch);
    expect(await attemptsOf(limit)).toBe(2);
    expect(await attempt.refund()).toBe(true);
    expect(await attempt.refund()).toBe(true);
    expect(await attemptsOf(limit)).toBe(1);
  });

  test('a refund whose answer was lost is asked for again, and gives back once', async () => {
    await setup.open().attempt(key, limit);
    const attempt = await setup.open().attempt(key, limit);
    let isLost = false;
    const transport = setup.transport;
    const lossy = setup.open(
      {},
      {
        call: async (operation, input, options) => {
          const output = await transport.call(operation, input, options);
          if (isLost) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
          return output;
        },
      },
    );
    const own = await lossy.attempt(key, limit);
    isLost = true;
    await expect(own.refund()).rejects.toThrow('lost');
    isLost = false;
    await setup.open().attempt(key, limit);
    expect(await own.refund()).toBe(true);
    expect(await attemptsOf(limit)).toBe(3);
    expect(await attempt.refund()).toBe(true);
  });
});

describe('the handle', () => {
  const limit = { attemptsMax: 9, windowMs: minuteMs };
  const lost = Object.assign(new Error('lost'), { name: 'TimeoutError' });

  test.each<[string, (number | undefined)[]]>([
    ['part by part', [1, 2]],
    ['all at once', [undefined]],
    ['one of them, and then the rest', [2, undefined]],
  ])('asks again for parts that were lost, %s', async (_, again) => {
    const limiter = setup.open();
    const attempt = await limiter.attempt(key, limit, { cost: 3 });
    setup.failure = lost;
    const parts = await Promise.allSettled([attempt.refund(1), attempt.refund(2)]);
    expect(parts).toMatchObject([{ reason: lost }, { reason: lost }]);
    setup.failure = undefined;
    for (const cost of again) expect(await attempt.refund(cost)).toBe(true);
    expect(await attempt.refund()).toBe(true);
    expect(await attemptsOf(limit)).toBe(0);
  });

  test('gives back the rest together with a part that was lost', async () => {
    const attempt = await setup.open().attempt(key, limit, { cost: 5 });
    setup.failure = lost;
    await expect(attempt.refund(1)).rejects.toBe(lost);
    setup.failure = undefined;
    expect(await attempt.refund()).toBe(true);
    expect(await attemptsOf(limit)).toBe(0);
  });

  test.each(['counted', 'not counted'])(
    'takes no bad cost of an attempt that was %s',
    async (how) => {
      setup.failure = how === 'counted' ? undefined : lost;
      const attempt = await setup.open({ onStoreError: 'allow' }).attempt(key, limit, { cost: 2 });
      setup.sent.length = 0;
      const bad = { name: 'InvalidInputError', field: 'cost' };
      for (const cost of [0, 3, 1.5, NaN, { cost: 'one' } as never, { cost: null } as never]) {
        await expect(attempt.refund(cost)).rejects.toMatchObject(bad);
      }
      expect(setup.sent).toEqual([]);
      expect(await attempt.refund()).toBe(how === 'counted');
      for (const cost of [0, 1]) await expect(attempt.refund(cost)).rejects.toMatchObject(bad);
    },
  );
});

test('each limit of a list has windows of its own: a refund gives the next minute nothing', async () => {
  const limits = [
    { attemptsMax: 5, windowMs: minuteMs },
    { attemptsMax: 100, windowMs: dayMs },
  ];
  const limiter = setup.open();
  const first = await limiter.attempt(key, limits);
  await setup.clock.advance(minuteMs);
  await limiter.attempt(key, limits);
  expect(await first.refund()).toBe(true);
  const { limits: each } = await limiter.peek(key, limits);
  expect(each.map(({ attempts }) => attempts)).toEqual([1, 1]);
});

test('a refund by key of a row of the original keeps both sides in step', async () => {
  const limit = { attemptsMax: 5, windowMs: minuteMs };
  const created = setup.clock.now();
  await setup.put({ data: { S: JSON.stringify({ created, data: 'kept', attempts: 4 }) } });
  expect(await setup.open().refund(key, limit, { cost: 3 })).toBe(true);
  expect(await setup.open().peek(key, limit)).toMatchObject({ attempts: 1, context: 'kept' });
  expect(JSON.parse(setup.row?.['data']?.S ?? '')).toMatchObject({ attempts: 1, data: 'kept' });
});

test('slidingCounter goes on in a row of which all was given back', async () => {
  const setup = new LimitsSetup();
  const limiter = setup.open();
  const limit = { attemptsMax: 2, windowMs: 60_000, algorithm: slidingCounter };
  for (let window = 0; window < 3; window++) {
    for (let cost = 1; cost <= 2; cost++) {
      const attempt = await limiter.attempt(key, limit, { cost });
      expect(await attempt.refund()).toBe(true);
    }
    await setup.clock.advance(60_000);
  }
});

test('clear() ends within its 2 s also where the row changes before each try', async () => {
  const counted = async (attempts: number): Promise<void> => {
    const state = { created: setup.clock.now(), attempts };
    await setup.put({ data: { S: JSON.stringify(state) } });
  };
  await counted(0);
  let tries = 0;
  // A client of the original counts meanwhile.
  const call: DynamoTransport['call'] = async (operation, input, options) => {
    await setup.clock.sleep(900);
    await counted(++tries);
    return setup.transport.call(operation, input, options);
  };
  const startMs = setup.clock.monotonic();
  const cleared = setup.open({}, { call }).clear(key);
  await expect(setup.clock.drive(cleared)).rejects.toThrow('No answer within 2000 ms');
  expect(setup.clock.monotonic() - startMs).toBeLessThanOrEqual(2_900);
  await setup.clock.advance(3_000);
});
