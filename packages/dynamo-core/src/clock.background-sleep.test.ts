import { ManualClock } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

import { backgroundSleep } from './clock.js';

test('backgroundSleep() answers true when the time went by', async () => {
  const clock = new ManualClock();
  const slept = backgroundSleep(clock, 100, new AbortController().signal);
  await clock.advance(100);
  expect(await slept).toBe(true);
});

test('backgroundSleep() answers false when it is ended, and leaves no timer', async () => {
  const clock = new ManualClock();
  const ended = new AbortController();
  const slept = backgroundSleep(clock, 100, ended.signal);
  ended.abort();
  expect(await slept).toBe(false);
  expect(clock.pendingSleeps).toBe(0);
  expect(await backgroundSleep(clock, 100, ended.signal)).toBe(false);
});

test("backgroundSleep() passes a clock's own error on", async () => {
  const clock = new ManualClock();
  clock.sleep = () => Promise.reject(new Error('no clock'));
  await expect(backgroundSleep(clock, 1, new AbortController().signal)).rejects.toThrow('no clock');
});

test('backgroundSleep() does not keep the process alive', async () => {
  const clock = new ManualClock();
  const kept: (boolean | undefined)[] = [];
  clock.sleep = async (_ms, options) => void kept.push(options?.keepAlive);
  await backgroundSleep(clock, 1, new AbortController().signal);
  expect(kept).toEqual([false]);
});
