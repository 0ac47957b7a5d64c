import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, checkOneOf } from '@x/dynamo-core/mechanism';

import type { Algorithm } from '../algorithm.js';
import { windowed } from '../limits.js';

/** In whose calendar windows begin. */
export interface CalendarWindowOptions {
  /** A name of the IANA time zone database, such as `Europe/Berlin`. @default 'UTC' */
  readonly timeZone?: string | undefined;
}

interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Counts in days, weeks (from Monday) or months of the calendar of a time zone, through changes of
 * summer time. Its limits have no `windowMs`.
 *
 * Admits at most `attemptsMax` in each window. One request for an attempt and for a refusal; two for
 * the attempt that begins a window after another which this process has not seen.
 *
 * @throws InvalidInputError for another unit, or a time zone that the platform does not know
 * @example
 * ```ts
 * import { calendarWindow, LimitedAttempt } from '@x/dynamo-limited-attempt';
 *
 * const limiter = new LimitedAttempt();
 * const algorithm = calendarWindow('month', { timeZone: 'Europe/Berlin' });
 * const key = { partition: 'plan', namespace: 'exports', sort: 'customer-7' };
 * const { isAdmitted } = await limiter.consume(key, { attemptsMax: 100, algorithm });
 * console.log(isAdmitted ? 'exporting' : 'used up until the first');
 * ```
 */
export function calendarWindow(
  unit: 'day' | 'week' | 'month',
  options: CalendarWindowOptions = {},
): Algorithm {
  const { timeZone = 'UTC' } = checkedOptions(options, { timeZone: true });
  checkOneOf('unit', unit, ['day', 'week', 'month']);
  const wallMs = wallClock(timeZone);
  let latest: Period = { startMs: 0, endMs: 0 };

  function periodOf(ms: number): Period {
    // Attempts ask for the same window again and again, and the platform is slow to tell the time.
    if (ms < latest.startMs || ms >= latest.endMs) {
      const [first, next] = datesAround(wallMs(ms), unit);
      latest = { startMs: firstMoment(first, wallMs), endMs: firstMoment(next, wallMs) };
    }
    return latest;
  }

  return windowed('calendarWindow', {
    fields: [],
    startOf: (nowMs) => periodOf(nowMs).startMs,
    endOf: (startMs) => periodOf(startMs).endMs,
    floorOf: (nowMs) => periodOf(nowMs).startMs - 1,
  });
}

const dayMs = 86_400_000;

/** The dates on which the unit around a wall time begins and the next one does, as if in UTC. */
function datesAround(wall: number, unit: 'day' | 'week' | 'month'): [number, number] {
  const date = new Date(wall);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (unit === 'month') return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
  const days = unit === 'week' ? 7 : 1;
  const sinceFirst = unit === 'week' ? (date.getUTCDay() + 6) % 7 : 0;
  const first = Date.UTC(year, month, date.getUTCDate() - sinceFirst);
  return [first, first + days * dayMs];
}

/** The first moment at which the wall shows this date or a later one: midnight may be left out. */
function firstMoment(date: number, wallMs: (ms: number) => number): number {
  let [before, at] = [date - dayMs, date + dayMs];
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (wallMs(middle) >= date) at = middle;
    else before = middle;
  }
  return at;
}

/** What clocks on the wall show, written as if it were UTC. */
function wallClock(timeZone: string): (ms: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    const allowed = 'a name of the IANA time zone database, such as Europe/Berlin';
    throw new InvalidInputError('timeZone', timeZone, allowed, { cause: error });
  }
  return (ms) => {
    const parts = format.formatToParts(ms);
    const of = (type: Intl.DateTimeFormatPartTypes): number =>
      Number(parts.find((part) => part.type === type)?.value);
    const [year, month, day] = [of('year'), of('month') - 1, of('day')];
    return Date.UTC(year, month, day, of('hour'), of('minute'), of('second')) + (ms % 1_000);
  };
}
