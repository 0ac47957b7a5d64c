import { N, numberOf, S, stringOf, type Item } from '@x/dynamo-core';

import type { Algorithm, LimitField, OwnAttempt, Rule } from '../algorithm.js';

/**
 * Counts in a window that begins with its first attempt and lasts `windowMs`. The next attempt after
 * its end begins another one. The default.
 *
 * Admits at most `attemptsMax` in each window, and so at most twice that in any stretch of
 * `windowMs`: at the end of one window and at the beginning of the next.
 *
 * One request for an attempt and for a refusal; two for the attempt that begins a window after
 * another, unless this process made the latest change.
 */
export const fixedWindow: Algorithm = /* @__PURE__ */ windowed('fixedWindow', {
  fields: ['windowMs'],
  startOf: (nowMs) => nowMs,
  endOf: (startMs, { windowMs }) => startMs + windowMs,
  floorOf: (nowMs, { windowMs }) => nowMs - windowMs,
});

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
 * another, unless this process made the latest change.
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

interface Window {
  readonly attempts: number;
  readonly startMs: number;
  /** The id of the change that began it. */
  readonly began: string;
}

/** Where windows begin and end. */
export interface WindowBounds {
  readonly fields: readonly LimitField[];
  readonly startOf: (nowMs: number, rule: Rule) => number;
  readonly endOf: (startMs: number, rule: Rule) => number;
  /** A window that began at this moment or before has ended. */
  readonly floorOf: (nowMs: number, rule: Rule) => number;
}

/** An algorithm that counts in windows. */
export function windowed(
  name: string,
  { fields, startOf, endOf, floorOf }: WindowBounds,
): Algorithm {
  /** The window, unless it has ended. One that begins later is that of a clock which is ahead. */
  function running(state: Item | undefined, rule: Rule, nowMs: number): Window | undefined {
    const startMs = numberOf(state, 'windowStart');
    if (startMs === undefined || startMs <= floorOf(nowMs, rule)) return undefined;
    const attempts = numberOf(state, 'attempts') ?? 0;
    return { startMs, attempts, began: stringOf(state, 'began') ?? '' };
  }

  return {
    name,
    attributes: ['attempts', 'windowStart', 'began'],
    fields,
    largestLimit: 1_000_000_000,

    standing: (state, rule, { nowMs, cost }) => {
      const window = running(state, rule, nowMs);
      const attempts = window?.attempts ?? 0;
      const resetAtMs = window === undefined ? nowMs : endOf(window.startMs, rule);
      return {
        attempts,
        resetAtMs,
        admitsAtMs: attempts + cost <= rule.attemptsMax ? nowMs : resetAtMs,
      };
    },

    take: (state, rule, { nowMs, cost, id }) => {
      const fresh = { attempts: 0, startMs: startOf(nowMs, rule), began: id };
      const window = running(state, rule, nowMs) ?? fresh;
      return windowState(window, window.attempts + cost);
    },

    step: (_state, rule, { nowMs, cost }, bound) => {
      const { suffix: s } = rule;
      const startMs = startOf(nowMs, rule);
      const values: Item = {
        ':zero': N(0),
        ':cost': N(cost),
        [`:start${s}`]: N(startMs),
        [`:floor${s}`]: N(floorOf(nowMs, rule)),
      };
      if (bound === 'within') values[`:room${s}`] = N(rule.attemptsMax - cost);
      const room = bound === 'within' ? ` AND attempts${s} <= :room${s}` : '';
      return {
        shape: bound,
        text: () => ({
          sets:
            `attempts${s} = if_not_exists(attempts${s}, :zero) + :cost` +
            `, windowStart${s} = if_not_exists(windowStart${s}, :start${s})` +
            `, began${s} = if_not_exists(began${s}, :id)`,
          condition: `(attribute_not_exists(windowStart${s}) OR (windowStart${s} > :floor${s}${room}))`,
        }),
        values,
        untilMs: endOf(startMs, rule),
      };
    },

    giveBack: (state, rule, { nowMs, cost }, own) => {
      const window = running(state, rule, nowMs);
      if (!window?.attempts || !isOwn(window.began, own)) return undefined;
      return windowState(window, Math.max(0, window.attempts - cost));
    },
  };
}

/** Whether the attempt was counted in the window that this id began; by key, all are. */
export function isOwn(began: string | undefined, own: OwnAttempt | undefined): boolean {
  return own === undefined || began === own.began;
}

function windowState({ startMs, began }: Window, attempts: number): Item {
  return { attempts: N(attempts), windowStart: N(startMs), began: S(began) };
}
