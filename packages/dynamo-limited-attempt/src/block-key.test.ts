import { S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import type { LimitedAttempt } from './limited-attempt.js';
import { dayMs, key, LimitsSetup, minuteMs, startMs } from '../test/limits-setup.js';

const limit = { attemptsMax: 2, windowMs: minuteMs };
const other = { attemptsMax: 1_000, windowMs: 7 * dayMs };
const month = { attemptsMax: 5, windowMs: 30 * dayMs };

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

describe('block()', () => {
  test('refuses every limit of the key until then, in one request, and the counts stay', async () => {
    await setup.open().attempt(key, limit);
    setup.sent.length = 0;
    await setup.open().block(key, 10 * minuteMs);
    expect(setup.sent).toHaveLength(1);
    const refused = {
      isAdmitted: false,
      reason: 'blocked',
      isBlocked: true,
      retryAfterMs: 10 * minuteMs,
      resetAtMs: startMs + 10 * minuteMs,
      remaining: 0,
    };
    expect(await setup.open().consume(key, limit)).toMatchObject({ ...refused, attempts: 1 });
    expect(await setup.open().consume(key, [limit, other])).toMatchObject({ refusedBy: [0, 1] });
    await expect(setup.open().attempt(key, other)).rejects.toMatchObject({ reason: 'blocked' });
    await setup.clock.advance(10 * minuteMs - 1);
    expect(await setup.open().consume(key, limit)).toMatchObject({ retryAfterMs: 1 });
    await setup.clock.advance(1);
    expect(await setup.open().consume(key, limit)).toMatchObject({ isAdmitted: true });
  });

  test('is extended by a longer one; a shorter one does not end it earlier', async () => {
    await setup.open().block(key, 1_000);
    await setup.open().block(key, 5_000);
    await setup.open().block(key, 2_000);
    expect(await setup.open().peek(key, limit)).toMatchObject({ retryAfterMs: 5_000 });
  });

  test('moves the expiry on where it lasts longer than the row', async () => {
    await setup.open().attempt(key, limit);
    await setup.open().block(key, 90 * dayMs);
    await setup.clock.advance(89 * dayMs);
    await setup.purge();
    expect(await setup.open().peek(key, limit)).toMatchObject({ isBlocked: true });
  });

  test('ends by unblock(), which a late repeat of it does not undo', async () => {
    const limiter = setup.open();
    await limiter.block(key, minuteMs);
    const repeat = setup.sent.at(-1)?.input as Parameters<
      typeof setup.memory.call<'UpdateItem'>
    >[1];
    await setup.open().unblock(key);
    expect(await setup.open().peek(key, limit)).toMatchObject({ isBlocked: false, attempts: 0 });
    await expect(setup.memory.call('UpdateItem', repeat)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    expect(await setup.open().consume(key, limit, { context: 'first' })).toMatchObject({
      attempts: 1,
    });
    expect(await setup.open().peek(key, limit)).toMatchObject({ context: 'first' });
    await setup.open().unblock(key);
  });

  test.each([
    ['a key that was attempted', 1],
    ['a key without a row', 0],
  ])('is not ended by a late copy of an unblock() that found none in %s', async (_, attempts) => {
    for (let made = 0; made < attempts; made++) await setup.open().attempt(key, limit);
    await setup.open().unblock(key);
    const copy = setup.lastUpdate();
    await setup.open().block(key, minuteMs);
    await expect(setup.memory.call('UpdateItem', copy)).rejects.toThrow();
    expect(await setup.open().peek(key, limit)).toMatchObject({ isBlocked: true });
  });

  test('of a row of the original neither ends nor comes back by a late copy', async () => {
    const data = S(JSON.stringify({ created: startMs, attempts: 1 }));
    await setup.put({ data });
    await setup.open().block(key, minuteMs);
    const begins = setup.lastUpdate();
    await setup.clock.advance(1);
    await setup.open().unblock(key);
    const ends = setup.lastUpdate();
    await expect(setup.memory.call('UpdateItem', begins)).rejects.toThrow();
    expect(await setup.open().peek(key, limit)).toMatchObject({ isBlocked: false, attempts: 1 });
    await setup.open().block(key, 2 * minuteMs);
    await expect(setup.memory.call('UpdateItem', ends)).rejects.toThrow();
    expect(await setup.open().peek(key, limit)).toMatchObject({ isBlocked: true });
    expect(setup.row).toMatchObject({ data });
  });

  test('does not come back by a late copy of a shorter one, which was refused', async () => {
    await setup.open().block(key, 5_000);
    await setup.open().block(key, 2_000);
    const copy = setup.updates()[1];
    await setup.open().unblock(key);
    await expect(setup.memory.call('UpdateItem', copy as never)).rejects.toThrow();
    expect(await setup.open().peek(key, limit)).toMatchObject({ isBlocked: false });
  });

  // What asks for less than the row has must not make Time to Live forget a month.
  test.each<[string, (limiter: LimitedAttempt) => Promise<unknown>]>([
    ['a block', (limiter) => limiter.block(key, 1_000)],
    ['an unblock', (limiter) => limiter.unblock(key)],
    ['another limit', (limiter) => limiter.attempt(key, { attemptsMax: 9, windowMs: minuteMs })],
    ['a record', (limiter) => limiter.record(key, { attemptsMax: 9, windowMs: minuteMs })],
    ['a refund', (limiter) => limiter.refund(key, month)],
  ])('%s never moves the expiry back', async (_, change) => {
    for (let attempts = 0; attempts < 5; attempts++) await setup.open().attempt(key, month);
    const before = Number(setup.row?.['expiresAt']?.N);
    await change(setup.open());
    expect(Number(setup.row?.['expiresAt']?.N)).toBeGreaterThanOrEqual(before);
    await setup.clock.advance(29 * dayMs);
    await setup.purge();
    expect(setup.row).toBeDefined();
  });

  test.each([0, 0.5, -1, Infinity])('takes no duration of %s', async (durationMs) => {
    const error = { name: 'InvalidInputError', field: 'durationMs' };
    await expect(setup.open().block(key, durationMs)).rejects.toMatchObject(error);
    expect(setup.sent).toEqual([]);
  });
});

describe('blockMs', () => {
  const blocking = { ...limit, blockMs: 10 * minuteMs };

  async function useUp(): Promise<void> {
    await setup.open().attempt(key, blocking);
    await setup.open().attempt(key, blocking);
  }

  test('begins with a refusal, once, and with the longest of several', async () => {
    await useUp();
    const limits = [blocking, { ...limit, blockMs: 20 * minuteMs }];
    await setup.open().attempt({ ...key, sort: 'x' }, limits, { cost: 2 });
    expect(await setup.open().consume({ ...key, sort: 'x' }, limits)).toMatchObject({
      retryAfterMs: 20 * minuteMs,
    });
    expect(await setup.open().consume(key, blocking)).toMatchObject({
      retryAfterMs: 10 * minuteMs,
      isBlocked: true,
    });
    await setup.clock.advance(minuteMs);
    expect(await setup.open().consume(key, blocking)).toMatchObject({
      retryAfterMs: 9 * minuteMs,
    });
  });

  test('does not begin in a key that was cleared since it refused', async () => {
    await useUp();
    const transport = setup.transport;
    let isFirst = true;
    const limiter = setup.open(
      {},
      {
        call: async (operation, input, options) => {
          if (!isFirst) {
            await setup.open().clear(key);
            await setup.open().attempt(key, blocking);
          }
          isFirst = false;
          return transport.call(operation, input, options);
        },
      },
    );
    expect(await limiter.tryAttempt(key, blocking)).toBeUndefined();
    expect(await setup.open().peek(key, blocking)).toMatchObject({ isBlocked: false });
  });
});
