import type { Algorithm } from '../algorithm.js';
import { windowed } from './windows.js';

/**
 * Counts in windows of the clock: with a `validityTime` of an hour, from one full hour (UTC) to the
 * next. All keys start over at the same moment, which users can be told in advance.
 *
 * Admits at most `attemptsMax` in each window, and so at most twice that in any stretch of
 * `validityTime`: at the end of one window and at the beginning of the next.
 *
 * One request for an attempt and for a refusal, two for the attempt that begins a window after
 * another.
 */
export const alignedWindow: Algorithm = /* @__PURE__ */ windowed(
  'alignedWindow',
  (nowMs, validityMs) => Math.floor(nowMs / validityMs) * validityMs,
);
