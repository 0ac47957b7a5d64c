import { beforeEach, describe, expect, test } from 'vitest';

import { key, LimitsSetup, minuteMs } from '../test/limits-setup.js';
import type { AttemptLimit, LimitedAttempt, SuccessfulAttempt } from './index.js';

const limit: AttemptLimit = { attemptsMax: 2, windowMs: minuteMs };
const blocking = { ...limit, blockMs: minuteMs };
const entries = [
  { key, limits: limit },
  { key: { ...key, sort: 'user-2' }, limits: limit },
];

let setup: LimitsSetup;

beforeEach(() => {
  setup = new LimitsSetup();
});

interface Case {
  /** What is attempted before. */
  readonly attempts?: number;
  /** How many requests of the call are answered. */
  readonly answers?: number;
  /** How much later it is made. */
  readonly laterMs?: number;
  readonly run: (limiter: LimitedAttempt, made: SuccessfulAttempt) => Promise<unknown>;
}

const timeoutMs = 500;
const bounded: Record<string, Case> = {
  attempt: { run: (limiter) => limiter.attempt(key, limit, { timeoutMs }) },
  tryAttempt: { run: (limiter) => limiter.tryAttempt(key, limit, { timeoutMs }) },
  consume: { run: (limiter) => limiter.consume(key, limit, { timeoutMs }) },
  'consume that begins a block': {
    attempts: 1,
    answers: 1,
    run: (limiter) => limiter.consume(key, blocking, { timeoutMs }),
  },
  'consume after another window': {
    answers: 1,
    laterMs: minuteMs,
    run: (limiter) => limiter.consume(key, limit, { timeoutMs }),
  },
  record: { run: (limiter) => limiter.record(key, limit, { timeoutMs }) },
  peek: { run: (limiter) => limiter.peek(key, limit, { timeoutMs }) },
  block: { run: (limiter) => limiter.block(key, minuteMs, { timeoutMs }) },
  wait: { run: (limiter) => limiter.wait(key, limit, { timeoutMs }) },
  'wait for waitMsMax': { run: (limiter) => limiter.wait(key, limit, { waitMsMax: timeoutMs }) },
  "the handle's refund": { run: (_, made) => made.refund({ timeoutMs }) },
  "the handle's clear": { run: (_, made) => made.clear({ timeoutMs }) },
  attemptAll: { run: (limiter) => limiter.attemptAll(entries, { timeoutMs }) },
  'attemptAll that reads': {
    answers: 1,
    run: (limiter) => limiter.attemptAll(entries, { timeoutMs, remaining: true }),
  },
};

const givingBack: Record<string, Case> = {
  refund: { run: (limiter) => limiter.refund(key, limit) },
  'refund that has read': { answers: 1, run: (limiter) => limiter.refund(key, limit) },
  unblock: { run: (limiter) => limiter.unblock(key) },
  clear: { run: (limiter) => limiter.clear(key) },
  "the handle's refund": { run: (_, made) => made.refund() },
  "the handle's clear": { run: (_, made) => made.clear() },
};

async function isSilent(
  { attempts = 0, answers = 0, laterMs = 0, run }: Case,
  ms: number,
): Promise<void> {
  const made = await setup.open().attempt(key, limit);
  for (let index = 0; index < attempts; index++) await setup.open().attempt(key, limit);
  await setup.clock.advance(laterMs);
  setup.answersLeft = answers;
  const limiter = setup.open({ rememberedKeysMax: 0 });
  const ended = expect(run(limiter, made)).rejects.toMatchObject({ name: 'TimeoutError' });
  await setup.clock.advance(ms);
  await ended;
  expect(setup.answersLeft).toBeLessThan(0);
  expect(setup.clock.pendingSleeps).toBe(0);
}

describe('an endpoint that accepts and never answers', () => {
  test.each(Object.entries(bounded))('ends %s at timeoutMs', async (_, one) => {
    await isSilent(one, timeoutMs);
  });

  test.each(Object.entries(givingBack))('ends %s after 2 s', async (_, one) => {
    await isSilent(one, 2_000);
  });

  test('a refund that was given up is given back once', async () => {
    const limiter = setup.open();
    await limiter.attempt(key, limit);
    const made = await limiter.attempt(key, limit);
    // It is applied, and its answer is lost.
    setup.answersLeft = 0;
    const ended = expect(made.refund()).rejects.toMatchObject({ name: 'TimeoutError' });
    await setup.clock.advance(1);
    await setup.memory.call('UpdateItem', setup.sent.at(-1)?.input as never);
    await setup.clock.advance(2_000);
    await ended;
    setup.answersLeft = Infinity;
    expect(await made.refund()).toBe(true);
    expect(await limiter.peek(key, limit)).toMatchObject({ attempts: 1 });
  });

  test('timeoutMs of a limiter bounds what gives back too; Infinity is no bound', async () => {
    const made = await setup.open({ timeoutMs: Infinity }).attempt(key, limit);
    setup.answersLeft = 0;
    void made.refund().catch(() => undefined);
    await setup.clock.advance(minuteMs);
    expect(setup.clock.pendingSleeps).toBe(0);
    const ended = expect(setup.open({ timeoutMs: 100 }).refund(key, limit)).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await setup.clock.advance(100);
    await ended;
  });
});

describe('options that there are not', () => {
  test.each<[string, (limiter: LimitedAttempt) => unknown]>([
    ['tablename', () => setup.open({ tablename: 't' } as object)],
    ['ttl', (limiter) => limiter.consume(key, limit, { ttl: 60 } as object)],
    ['max', (limiter) => limiter.attempt(key, { ...limit, max: 3 } as AttemptLimit)],
    ['waitMs', (limiter) => limiter.wait(key, limit, { waitMs: 60 } as object)],
    ['limit', (limiter) => limiter.attemptAll([{ key, limits: limit, limit: 1 } as never])],
    ['timeout', (limiter) => limiter.clear(key, { timeout: 1 } as object)],
    ['shield', () => setup.open({ shield: { maskMs: 5 } as object })],
  ])('are refused by name: %s', async (name, call) => {
    const run = async (): Promise<unknown> => call(setup.open());
    await expect(run()).rejects.toThrow(new RegExp(name === 'shield' ? 'maskMs' : name));
    expect(setup.sent).toEqual([]);
  });

  test('a client in the place of options is refused', () => {
    const { transport } = setup;
    expect(() => setup.openWith(transport as never)).toThrow(/dynamo/);
  });
});
