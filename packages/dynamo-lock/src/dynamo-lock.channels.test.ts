import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { beforeEach, expect, test } from 'vitest';

import { TestSetup, held, lose } from '../test/test-setup.js';

const names = ['acquire', 'wait', 'lost', 'released'].map((name) => `x-dynamo:lock:${name}`);

let setup: TestSetup;
let told: unknown[][];
beforeEach(() => {
  setup = new TestSetup();
  told = [];
  const listen = (message: unknown, name: string | symbol): void => {
    const { key, durationMs, outcome, ...rest } = message as Record<string, unknown>;
    expect(rest).toEqual({});
    told.push([
      String(name).slice('x-dynamo:lock:'.length),
      key,
      Math.floor(Number(durationMs)),
      outcome,
    ]);
  };
  for (const name of names) subscribe(name, listen);
  return () => names.forEach((name) => unsubscribe(name, listen));
});

test('tryAcquire() and release() tell once each, when they have ended', async () => {
  const lock = await held(setup.open().tryAcquire('k', { info: 'secret' }));
  expect(await setup.open().tryAcquire('k')).toBeUndefined();
  await setup.clock.advance(250);
  await lock.release();
  await lock.release();
  expect(told).toEqual([
    ['acquire', 'k', 0, 'acquired'],
    ['acquire', 'k', 0, 'contended'],
    ['released', 'k', 250, 'released'],
  ]);
});

test('acquire() tells how long it has waited, and how that ended', async () => {
  await setup.take(9);
  told = [];
  const timeout = setup.open().acquire('k', { waitMsMax: 1_000 });
  await setup.clock.drive(timeout.catch(() => undefined));
  expect(told).toEqual([
    ['acquire', 'k', 1_000, 'timeout'],
    ['wait', 'k', 1_000, 'timeout'],
  ]);
  told = [];
  await setup.clock.drive(setup.open().acquire('k', { waitMsMax: 60_000 }));
  expect(told).toEqual([
    ['acquire', 'k', 8_000, 'acquired'],
    ['wait', 'k', 8_000, 'acquired'],
  ]);
});

test('acquire() that fails or is aborted says so, and has not waited', async () => {
  setup.before = lose;
  await expect(setup.open().acquire('k')).rejects.toThrow('lost');
  const signal = AbortSignal.abort();
  await expect(setup.open().acquire('k', { signal })).rejects.toThrow('aborted');
  expect(told).toEqual([
    ['acquire', 'k', 0, 'failed'],
    ['acquire', 'k', 0, 'aborted'],
  ]);
});

test('a lock that is lost tells why, once, and its release that it came too late', async () => {
  const lock = await setup.take(9);
  void lock.signal;
  await setup.clock.advance(9_000);
  await held(setup.open().tryAcquire('k'));
  expect(lock.signal.aborted).toBe(true);
  expect(() => lock.assertHeld()).toThrow('k');
  await lock.release();
  const ends = told.filter(([name]) => name !== 'acquire');
  expect(ends).toEqual([
    ['lost', 'k', 9_000, 'expired'],
    ['released', 'k', 9_000, 'superseded'],
  ]);
});

test('a release that fails is told as such', async () => {
  const lock = await setup.take(9);
  setup.before = lose;
  await expect(lock.release()).rejects.toThrow('lost');
  expect(told.at(-1)).toEqual(['released', 'k', 0, 'failed']);
});
