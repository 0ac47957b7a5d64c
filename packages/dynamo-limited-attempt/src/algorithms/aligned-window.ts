import type { Algorithm, Rule } from '../algorithm.js';
import { windowed } from './windows.js';

/**
 * Counts in windows of the clock: with a `windowMs` of an hour, from one full hour (UTC) to the next.
 * All keys start over at the same moment, which users can be told in advance. Windows begin at
 * multiples of `windowMs`, counted from `offsetMs` after 1970 began, on a Thursday: weeks from Monday
 * have an `offsetMs` of four days. `calendarWindow` knows time zones and months.
 *
 * Admits at most `attemptsMax` in each window, and so at most twice that in any stretch of
 * `windowMs`: at the end of one window and at the beginning of the next.
 *
 * One request for an attempt and for a refusal; two for the attempt that begins a window after
 * another which this process has not seen.
 */
export const alignedWindow: Algorithm = /* @__PURE__ */ windowed('alignedWindow', {
  fields: ['windowMs', 'offsetMs'],
  startOf: alignedStart,
  endOf: (startMs, rule) => alignedStart(startMs, rule) + rule.windowMs,
  floorOf: (nowMs, rule) => alignedStart(nowMs, rule) - 1,
});

/** The multiple of `windowMs` plus `offsetMs` at this moment or the last before it. */
export function alignedStart(nowMs: number, { windowMs, offsetMs }: Rule): number {
  return Math.floor((nowMs - offsetMs) / windowMs) * windowMs + offsetMs;
}
