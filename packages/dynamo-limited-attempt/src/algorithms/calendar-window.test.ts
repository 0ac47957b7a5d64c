import { expect, test } from 'vitest';

import { key, LimitsSetup } from '../../test/limits-setup.js';
import { calendarWindow, type Algorithm } from '../index.js';

/** When the window of a moment begins and ends. */
function windowOf(algorithm: Algorithm, at: string): string[] {
  const rule = { attemptsMax: 5, windowMs: 0, capacity: 5, offsetMs: 0, suffix: '' };
  const moment = { nowMs: Date.parse(at), cost: 1, id: 'id' };
  const state = algorithm.take(undefined, rule, moment);
  const startMs = Number(state['windowStart']?.N);
  const { resetAtMs } = algorithm.standing(state, rule, moment);
  return [startMs, resetAtMs].map((ms) => new Date(ms).toISOString());
}

const berlin = { timeZone: 'Europe/Berlin' };

test.each<[string, Algorithm, string, string, string]>([
  [
    'a day of UTC',
    calendarWindow('day'),
    '2030-01-01T12:00Z',
    '2030-01-01T00:00',
    '2030-01-02T00:00',
  ],
  [
    'a week from Monday',
    calendarWindow('week'),
    '2030-01-06T23:59Z',
    '2029-12-31T00:00',
    '2030-01-07T00:00',
  ],
  [
    'a leap February',
    calendarWindow('month'),
    '2028-02-29T23:59Z',
    '2028-02-01T00:00',
    '2028-03-01T00:00',
  ],
  [
    'a day of Berlin',
    calendarWindow('day', berlin),
    '2030-01-01T23:30Z',
    '2030-01-01T23:00',
    '2030-01-02T23:00',
  ],
  [
    'a day of 23 hours',
    calendarWindow('day', berlin),
    '2030-03-31T10:00Z',
    '2030-03-30T23:00',
    '2030-03-31T22:00',
  ],
  [
    'a day of 25 hours',
    calendarWindow('day', berlin),
    '2030-10-27T10:00Z',
    '2030-10-26T22:00',
    '2030-10-27T23:00',
  ],
  [
    'a month with summer time',
    calendarWindow('month', berlin),
    '2030-03-31T10:00Z',
    '2030-02-28T23:00',
    '2030-03-31T22:00',
  ],
  [
    'a day without a midnight',
    calendarWindow('day', { timeZone: 'America/Asuncion' }),
    '2023-10-01T12:00Z',
    '2023-10-01T04:00',
    '2023-10-02T03:00',
  ],
  [
    'the day after one that was left out',
    calendarWindow('day', { timeZone: 'Pacific/Apia' }),
    '2011-12-30T12:00Z',
    '2011-12-30T10:00',
    '2011-12-31T10:00',
  ],
  [
    'half an hour of summer time',
    calendarWindow('day', { timeZone: 'Australia/Lord_Howe' }),
    '2030-04-07T02:00Z',
    '2030-04-06T13:00',
    '2030-04-07T13:30',
  ],
])('calendarWindow() knows %s', (_, algorithm, at, start, end) => {
  expect(windowOf(algorithm, at)).toEqual([`${start}:00.000Z`, `${end}:00.000Z`]);
  // The same from its first to its last millisecond.
  expect(windowOf(algorithm, `${start}:00.000Z`)[0]).toBe(`${start}:00.000Z`);
  const lastMs = Date.parse(`${end}:00.000Z`) - 1;
  expect(windowOf(algorithm, new Date(lastMs).toISOString())[0]).toBe(`${start}:00.000Z`);
});

test('calendarWindow() counts until the day ends', async () => {
  const setup = new LimitsSetup();
  const limit = { attemptsMax: 1, algorithm: calendarWindow('day', berlin) };
  expect(await setup.open().consume(key, limit)).toMatchObject({ isAdmitted: true });
  const { retryAfterMs } = await setup.open().consume(key, limit);
  expect(retryAfterMs).toBe(23 * 3_600_000);
  await setup.clock.advance(Number(retryAfterMs) - 1);
  expect(await setup.open().tryAttempt(key, limit)).toBeUndefined();
  await setup.clock.advance(1);
  expect(await setup.open().tryAttempt(key, limit)).toBeDefined();
});

test('calendarWindow() refuses what it does not know', () => {
  expect(() => calendarWindow('year' as 'day')).toThrow('unit');
  expect(() => calendarWindow('day', { timeZone: 'Mars/Olympus' })).toThrow('timeZone');
});
