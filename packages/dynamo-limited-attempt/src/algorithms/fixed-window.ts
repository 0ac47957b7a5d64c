import type { Algorithm } from '../algorithm.js';
import { windowed } from './windows.js';

/**
 * Counts in a window that begins with its first attempt and lasts `windowMs`. The next attempt after
 * its end begins another one. The default.
 *
 * Admits at most `attemptsMax` in each window, and so at most twice that in any stretch of
 * `windowMs`: at the end of one window and at the beginning of the next.
 *
 * One request for an attempt and for a refusal; two for the attempt that begins a window after
 * another which this process has not seen.
 */
export const fixedWindow: Algorithm = /* @__PURE__ */ windowed('fixedWindow', {
  fields: ['windowMs'],
  startOf: (nowMs) => nowMs,
  endOf: (startMs, { windowMs }) => startMs + windowMs,
  floorOf: (nowMs, { windowMs }) => nowMs - windowMs,
});
