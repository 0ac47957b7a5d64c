import { N, S, stringOf, type Item } from '@x/dynamo-core';

import type { Algorithm, Moment, Rule } from '../algorithm.js';
import { isOwn } from '../limits.js';

/**
 * Keeps the time of each attempt that counts. Exact: at most `attemptsMax` are admitted in any
 * stretch of `windowMs`, wherever it begins.
 *
 * For up to 100 attempts, because the row holds all of their times: about 9 bytes each, so that above
 * some 60 an attempt costs two write units.
 *
 * One request for an attempt and for a refusal. Two where no other attempt counts, and for one in 16
 * attempts, which takes out what no longer counts, unless this process made the latest change.
 */
export const slidingLog: Algorithm = {
  name: 'slidingLog',
  attributes: ['times', 'began'],
  fields: ['windowMs'],
  largestLimit: 100,

  standing: (state, rule, { nowMs, cost }) => {
    const times = counting(state, rule, nowMs);
    // The attempt takes the place of the oldest ones.
    const replacedMs = times[rule.attemptsMax - cost];
    return {
      attempts: Math.min(times.length, rule.attemptsMax),
      resetAtMs: times[0] === undefined ? nowMs : times[0] + rule.windowMs,
      admitsAtMs: replacedMs === undefined ? nowMs : replacedMs + rule.windowMs,
    };
  },

  take: (state, rule, { nowMs, cost, id }) => {
    const times = counting(state, rule, nowMs);
    const began = times.length === 0 ? id : (stringOf(state, 'began') ?? id);
    const added = Array<number>(Math.min(cost, rule.attemptsMax + 1)).fill(nowMs);
    return stateOf(newestOf([...added, ...times], rule), began);
  },

  step: (state, rule, moment, bound) => {
    const { attemptsMax: max } = rule;
    const cost = Math.min(moment.cost, max + 1);
    if (cost > stepCostMax || (state && !isOpen(state, rule, moment, bound))) return undefined;
    const places = bound === 'past' ? [] : Array.from({ length: cost }, (_, at) => max - cost + at);
    return {
      sets:
        'times = list_append(:times, if_not_exists(times, :empty))' +
        ', began = if_not_exists(began, :id)',
      // Whoever attempts takes the places of times that do not count, or of none.
      condition: `(attribute_not_exists(times) OR (${[
        'times[0] > :floor',
        ...places.map((place) => `NOT times[${place}] > :floor`),
        `attribute_not_exists(times[${max + spare - 1}])`,
      ].join(' AND ')}))`,
      values: {
        ':times': { L: Array.from({ length: cost }, () => N(moment.nowMs)) },
        ':empty': { L: [] },
        ':floor': N(moment.nowMs - rule.windowMs),
      },
      untilMs: moment.nowMs + rule.windowMs,
    };
  },

  giveBack: (state, rule, { nowMs, cost }, own) => {
    const times = counting(state, rule, nowMs).slice(0, rule.attemptsMax);
    const began = stringOf(state, 'began') ?? '';
    // Attempts of the same millisecond are all alike.
    const from = own === undefined ? 0 : times.indexOf(own.takenAtMs);
    if (from === -1 || times.length === 0 || !isOwn(began, own)) return undefined;
    const alike = own ? times.filter((timeMs) => timeMs === own.takenAtMs).length : times.length;
    times.splice(from, Math.min(cost, alike));
    return stateOf(times, began);
  },
};

/** Four limits of so many fit into the 300 operators of one condition. */
const stepCostMax = 16;
/** So many times that no longer count may stand behind the others before they are taken out. */
const spare = 16;

/** The times that count, the newest first; one more than the limit where it was passed. */
function counting(state: Item | undefined, rule: Rule, nowMs: number): number[] {
  const floorMs = nowMs - rule.windowMs;
  return newestOf(
    storedTimes(state).filter((timeMs) => timeMs > floorMs),
    rule,
  );
}

function newestOf(times: readonly number[], { attemptsMax }: Rule): number[] {
  return times.toSorted((a, b) => b - a).slice(0, attemptsMax + 1);
}

/** Whether the step holds on this state. Clocks that differ may have left it out of order. */
function isOpen(
  state: Item,
  { attemptsMax: max, windowMs }: Rule,
  { nowMs, cost }: Moment,
  bound: 'within' | 'past',
): boolean {
  const stored = storedTimes(state);
  const floorMs = nowMs - windowMs;
  const replaced = bound === 'past' ? [] : stored.slice(Math.max(0, max - cost), max);
  return (
    (stored[0] ?? -Infinity) > floorMs &&
    replaced.every((timeMs) => timeMs <= floorMs) &&
    stored.length < max + spare
  );
}

function storedTimes(state: Item | undefined): number[] {
  return (state?.['times']?.L ?? []).map(({ N: digits }) => Number(digits));
}

function stateOf(times: readonly number[], began: string): Item {
  return { times: { L: times.map((timeMs) => N(timeMs)) }, began: S(began) };
}
