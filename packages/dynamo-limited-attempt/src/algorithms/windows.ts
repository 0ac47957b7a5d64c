import { N, numberOf, type Item } from '@x/dynamo-core';

import type { Algorithm, Rule } from '../algorithm.js';

interface Window {
  readonly attempts: number;
  readonly startMs: number;
}

/** An algorithm that counts in windows, of which each begins where `startOf` says. */
export function windowed(
  name: string,
  startOf: (nowMs: number, validityMs: number) => number,
): Algorithm {
  return {
    name,
    attributes: ['attempts', 'windowStart'],
    attemptsMaximum: 1_000_000_000,

    standing: (state, rule, { nowMs, cost }) => {
      const window = running(state, rule, nowMs);
      const attempts = window?.attempts ?? 0;
      const resetAtMs = window === undefined ? nowMs : window.startMs + rule.validityMs;
      return {
        attempts,
        remaining: Math.max(0, rule.attemptsMax - attempts),
        resetAtMs,
        admitsAtMs: attempts + cost <= rule.attemptsMax ? nowMs : resetAtMs,
        isIdle: window === undefined,
      };
    },

    admit: (state, rule, { nowMs, cost }) => {
      const { attempts, startMs } = running(state, rule, nowMs) ?? {
        attempts: 0,
        startMs: startOf(nowMs, rule.validityMs),
      };
      return stateOf({ attempts: attempts + cost, startMs });
    },

    step: (state, rule, { nowMs, cost }) => {
      const start = N(startOf(nowMs, rule.validityMs));
      // What began at `floor` or before is over.
      const floor = N(nowMs - rule.validityMs);
      const isOver = state !== 'unknown' && state !== undefined && !running(state, rule, nowMs);
      if (isOver) {
        return {
          sets: ['#attempts = :cost', '#windowStart = :start'],
          condition: '#windowStart <= :floor',
          values: { ':cost': N(cost), ':start': start, ':floor': floor },
          startsOver: true,
          demandsState: true,
        };
      }
      return {
        sets: [
          '#attempts = if_not_exists(#attempts, :zero) + :cost',
          '#windowStart = if_not_exists(#windowStart, :start)',
        ],
        condition:
          '(attribute_not_exists(#windowStart)' +
          ' OR (#windowStart > :floor AND #attempts <= :room))',
        values: {
          ':zero': N(0),
          ':cost': N(cost),
          ':start': start,
          ':floor': floor,
          ':room': N(rule.attemptsMax - cost),
        },
        startsOver: false,
        demandsState: false,
      };
    },

    giveBack: (state, rule, { nowMs, takenAtMs, cost }) => {
      const window = running(state, rule, nowMs);
      // Windows of a row only move forward, so that this one is the attempt's own.
      const isOwn = window !== undefined && window.startMs <= takenAtMs;
      if (!isOwn || takenAtMs >= window.startMs + rule.validityMs) return undefined;
      return stateOf({ ...window, attempts: Math.max(0, window.attempts - cost) });
    },

    continued: ({ createdMs, attempts }, { validityMs }) =>
      stateOf({ attempts, startMs: startOf(createdMs, validityMs) }),
  };
}

/** The window, unless it is over. One that begins later is that of a clock which is ahead. */
function running(state: Item | undefined, { validityMs }: Rule, nowMs: number): Window | undefined {
  const startMs = numberOf(state, 'windowStart');
  if (startMs === undefined || startMs + validityMs <= nowMs) return undefined;
  return { startMs, attempts: numberOf(state, 'attempts') ?? 0 };
}

function stateOf({ attempts, startMs }: Window): Item {
  return { attempts: N(attempts), windowStart: N(startMs) };
}
