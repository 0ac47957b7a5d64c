import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { beforeEach, expect, test } from 'vitest';

import { key, LimitsSetup, minuteMs } from '../test/limits-setup.js';

const names = ['admitted', 'refused'].map((name) => `x-dynamo:limited-attempt:${name}`);
const limit = { attemptsMax: 2, windowMs: minuteMs };
const shown = 'login/attempts.user-1';

let setup: LimitsSetup;
let told: unknown[][];
beforeEach(() => {
  setup = new LimitsSetup();
  told = [];
  const listen = (message: unknown, name: string | symbol): void => {
    const { key: said, durationMs, outcome, ...rest } = message as Record<string, unknown>;
    expect([rest, durationMs]).toEqual([{}, 0]);
    told.push([String(name).slice('x-dynamo:limited-attempt:'.length), said, outcome]);
  };
  for (const name of names) subscribe(name, listen);
  return () => names.forEach((name) => unsubscribe(name, listen));
});

test('attempts tell once each whether they were admitted, and why not', async () => {
  const limiter = setup.open();
  await limiter.consume(key, limit, { context: 'secret' });
  await limiter.record(key, limit, { cost: 5 });
  await limiter.consume(key, limit);
  await limiter.consume(key, limit, { cost: 3 });
  await limiter.block(key, minuteMs);
  await limiter.tryAttempt(key, limit);
  expect(told).toEqual([
    ['admitted', shown, 'counted'],
    ['admitted', shown, 'recorded'],
    ['refused', shown, 'attempts'],
    ['refused', shown, 'cost'],
    ['refused', shown, 'blocked'],
  ]);
});

test('attempts that are decided without the store say so', async () => {
  setup.failure = Object.assign(new Error('down'), {
    name: 'InternalServerError',
    $fault: 'server',
  });
  await setup.open({ onStoreError: 'allow' }).consume(key, limit);
  await setup.open({ onStoreError: 'refuse' }).consume(key, limit);
  await expect(setup.open().consume(key, limit)).rejects.toThrow('down');
  expect(told).toEqual([
    ['admitted', shown, 'uncounted'],
    ['refused', shown, 'store'],
  ]);
});

test('attemptAll() tells of each key that was counted, or that refuses', async () => {
  const limiter = setup.open();
  const other = { key: { ...key, sort: 'user-2' }, limits: { ...limit, attemptsMax: 1 } };
  await limiter.attemptAll([{ key, limits: limit }, other]);
  await limiter.attemptAll([{ key, limits: limit }, other]);
  expect(told).toEqual([
    ['admitted', shown, 'counted'],
    ['admitted', 'login/attempts.user-2', 'counted'],
    ['refused', 'login/attempts.user-2', 'attempts'],
  ]);
});
