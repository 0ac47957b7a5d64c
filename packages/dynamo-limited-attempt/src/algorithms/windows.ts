import { N, numberOf, S, stringOf, type Item } from '@x/dynamo-core';

import type { Algorithm, LimitField, OwnAttempt, Rule } from '../algorithm.js';

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
        remaining: Math.max(0, rule.attemptsMax - attempts),
        resetAtMs,
        admitsAtMs: attempts + cost <= rule.attemptsMax ? nowMs : resetAtMs,
        isIdle: window === undefined,
      };
    },

    take: (state, rule, { nowMs, cost, id }) => {
      const fresh = { attempts: 0, startMs: startOf(nowMs, rule), began: id };
      const window = running(state, rule, nowMs) ?? fresh;
      return stateOf({ ...window, attempts: window.attempts + cost });
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
          sets: [
            `attempts${s} = if_not_exists(attempts${s}, :zero) + :cost`,
            `windowStart${s} = if_not_exists(windowStart${s}, :start${s})`,
            `began${s} = if_not_exists(began${s}, :id)`,
          ],
          condition: `(attribute_not_exists(windowStart${s}) OR (windowStart${s} > :floor${s}${room}))`,
        }),
        values,
        untilMs: endOf(startMs, rule),
      };
    },

    over: (rule, { nowMs }) => ({
      condition: `windowStart${rule.suffix} <= :floor${rule.suffix}`,
      values: { [`:floor${rule.suffix}`]: N(floorOf(nowMs, rule)) },
    }),

    giveBack: (state, rule, { nowMs, cost }, own) => {
      const window = running(state, rule, nowMs);
      if (!window?.attempts || !isOwn(window.began, own)) return undefined;
      return stateOf({ ...window, attempts: Math.max(0, window.attempts - cost) });
    },

    continued: ({ createdMs, attempts }, rule, id) =>
      stateOf({ attempts, startMs: startOf(createdMs, rule), began: id }),
  };
}

/** Whether the attempt was counted in the window that this id began; by key, all are. */
export function isOwn(began: string | undefined, own: OwnAttempt | undefined): boolean {
  return own === undefined || began === own.began;
}

function stateOf({ attempts, startMs, began }: Window): Item {
  return { attempts: N(attempts), windowStart: N(startMs), began: S(began) };
}
