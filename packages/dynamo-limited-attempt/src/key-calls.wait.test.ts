import { beforeEach, expect, test } from 'vitest';

import { key, LimitsSetup, startMs } from '../test/limits-setup.js';
import { tokenBucket, type LimiterOptions, type WaitOptions } from './index.js';

const bucket = { attemptsMax: 10, windowMs: 1_000, burst: 1, algorithm: tokenBucket };

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

test('wait() resolves to what attempt() does, when there is room', async () => {
  const limiter = setup.open();
  expect(await limiter.wait(key, bucket, { context: 'mine' })).toMatchObject({
    counted: true,
    remaining: 0,
  });
  const second = await setup.clock.drive(limiter.wait(key, bucket));
  expect(setup.clock.now()).toBeGreaterThanOrEqual(startMs + 100);
  expect(setup.clock.now()).toBeLessThan(startMs + 500);
  expect(await second.refund()).toBe(true);
});

test('wait() of 10 clients is served at the rate, and nobody twice', async () => {
  const limiter = setup.open();
  const waits = Array.from({ length: 10 }, () => limiter.wait(key, bucket, { waitMsMax: 60_000 }));
  await setup.clock.drive(Promise.all(waits));
  expect(setup.clock.now()).toBeGreaterThanOrEqual(startMs + 900);
});

test('wait() throws at once where waitMsMax cannot suffice', async () => {
  const limiter = setup.open();
  await limiter.wait(key, bucket);
  setup.sent.length = 0;
  await expect(limiter.wait(key, bucket, { waitMsMax: 99 })).rejects.toMatchObject({
    name: 'AttemptsError',
    retryAfterMs: 100,
  });
  await expect(limiter.wait(key, bucket, { cost: 2 })).rejects.toMatchObject({ reason: 'cost' });
  expect(setup.sent).toHaveLength(1);
  expect(setup.clock.now()).toBe(startMs);
});

test('wait() throws at once where more than waitersMax wait, and forgets who has left', async () => {
  const limiter = setup.open();
  await limiter.wait(key, bucket);
  const options = { waitersMax: 1, waitMsMax: 5_000 };
  const controller = new AbortController();
  const first = limiter.wait(key, bucket, { ...options, signal: controller.signal });
  await setup.clock.advance(0);
  await expect(limiter.wait(key, bucket, options)).rejects.toMatchObject({ name: 'AttemptsError' });
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(first).rejects.toBe(reason);
  expect(await setup.clock.drive(limiter.wait(key, bucket, options))).toBeDefined();
  expect(setup.clock.pendingSleeps).toBe(0);
});

test('wait() ends within waitMsMax where the store is silent', async () => {
  setup.isSilent = true;
  const ended = expect(setup.open().wait(key, bucket, { waitMsMax: 2_000 })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  await setup.clock.advance(2_000);
  await ended;
});

test('wait() has time for an answer, also where none is left to wait', async () => {
  const { transport } = setup;
  const limiter = setup.open(
    {},
    {
      call: async (operation, input, options) => {
        await setup.clock.sleep(20);
        return transport.call(operation, input, options);
      },
    },
  );
  const one = { attemptsMax: 1, windowMs: 100 };
  expect(await setup.clock.drive(limiter.wait(key, one, { waitMsMax: 0 }))).toBeDefined();
  const refused = setup.clock.drive(limiter.wait(key, one, { waitMsMax: 0 }));
  await expect(refused).rejects.toMatchObject({ name: 'AttemptsError' });
  // The last try begins 5 ms before the end.
  expect(await setup.clock.drive(limiter.wait(key, one, { waitMsMax: 105 }))).toBeDefined();
  expect(setup.clock.pendingSleeps).toBe(0);
});

test.each([
  ['waitMsMax', -1],
  ['waitersMax', 0],
])('wait() takes no %s of %s', async (field, value) => {
  const error = { name: 'InvalidInputError', field };
  await expect(setup.open().wait(key, bucket, { [field]: value })).rejects.toMatchObject(error);
  expect(setup.sent).toEqual([]);
});

test.each<[string, LimiterOptions, WaitOptions, number]>([
  ['the call', {}, { timeoutMs: 60_000, waitMsMax: 2_000 }, 2_000],
  ['the limiter', { timeoutMs: 500 }, { waitMsMax: 10_000 }, 500],
])(
  'wait() ends by the shorter of waitMsMax and timeoutMs of %s',
  async (_, options, call, endsMs) => {
    setup.isSilent = true;
    const error = { name: 'TimeoutError' };
    const ended = expect(setup.open(options).wait(key, bucket, call)).rejects.toMatchObject(error);
    await setup.clock.advance(endsMs);
    await ended;
    expect(setup.clock.now()).toBe(startMs + endsMs);
  },
  1_000,
);

test('what is passed as a context or in the place of limits is in no message', async () => {
  const limiter = setup.open();
  for (const work of [
    limiter.attempt(key, bucket, { context: 4_242 as never }),
    limiter.consume(key, 'pass 4242' as never),
    limiter.consume(key, [4_242 as never]),
  ]) {
    const error: unknown = await work.catch((caught: unknown) => caught);
    expect(error).toHaveProperty('name', 'InvalidInputError');
    expect(String(error)).not.toContain('4242');
  }
});
