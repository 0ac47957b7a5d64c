import { N, type Item } from '@x/dynamo-core';

import type { Algorithm, Moment, Rule } from '../algorithm.js';

/**
 * Keeps the time of each attempt that counts. Exact: at most `attemptsMax` are admitted in any
 * stretch of `validityTime`, wherever it begins.
 *
 * For up to 100 attempts, because the row holds all of their times: about 9 bytes each, so that
 * above some 60 an attempt costs two write units.
 *
 * One request for an attempt and for a refusal, two for the attempt that comes when no other one
 * counts.
 */
export const slidingLog: Algorithm = {
  name: 'slidingLog',
  attributes: ['log'],
  attemptsMaximum: 100,

  standing: (state, rule, { nowMs, cost }) => {
    const times = timesIn(state, rule);
    const floorMs = floorOf(rule, nowMs);
    const attempts = times.filter((timeMs) => timeMs > floorMs).length;
    const newestMs = times.at(-1) ?? 0;
    // The attempt takes the places of the oldest ones.
    const [replacedMs = 0] = times.slice(cost - 1);
    return {
      attempts,
      remaining: rule.attemptsMax - attempts,
      resetAtMs: attempts === 0 ? nowMs : newestMs + rule.validityMs,
      admitsAtMs: replacedMs <= floorMs ? nowMs : replacedMs + rule.validityMs,
      isIdle: attempts === 0,
    };
  },

  admit: (state, rule, { nowMs, cost }) =>
    stateOf([...timesIn(state, rule).slice(cost), ...Array<number>(cost).fill(nowMs)]),

  step: (state, rule, { nowMs, cost }) => {
    const { attemptsMax } = rule;
    const floorMs = floorOf(rule, nowMs);
    // A request has room for so many of these terms.
    if (cost === attemptsMax || cost > stepCostMax) return undefined;
    // A log that is not there, of which nothing counts, of another size or out of order is written
    // anew.
    if (state !== 'unknown' && !isShiftable(state, rule, { nowMs, cost })) return undefined;
    const places = Array.from({ length: cost }, (_, place) => place);
    return {
      sets: places.map((place) => `#log[${attemptsMax + place}] = :now`),
      // Backwards, because an engine may remove them one after the other.
      removes: places.map((place) => `#log[${place}]`).toReversed(),
      condition: [
        'size(#log) = :max',
        ...places.map((place) => `#log[${place}] <= :floor`),
        `#log[${attemptsMax - 1}] > :floor`,
      ].join(' AND '),
      values: { ':now': N(nowMs), ':max': N(attemptsMax), ':floor': N(floorMs) },
      startsOver: false,
      demandsState: true,
    };
  },

  giveBack: (state, rule, { nowMs, takenAtMs, cost }) => {
    const times = timesIn(state, rule);
    // Attempts of the same millisecond are all alike.
    const own = times.filter((timeMs) => timeMs === takenAtMs).slice(0, cost);
    if (takenAtMs <= floorOf(rule, nowMs) || own.length === 0) return undefined;
    times.splice(times.indexOf(takenAtMs), own.length);
    return stateOf(fitted(times, rule));
  },

  continued: ({ createdMs, attempts }, rule) => {
    const kept = Math.min(attempts, rule.attemptsMax);
    return stateOf(fitted(Array<number>(kept).fill(createdMs), rule));
  },
};

const stepCostMax = 20;

/** What was attempted at this moment or before counts no more. An unused place holds 0. */
function floorOf({ validityMs }: Rule, nowMs: number): number {
  return Math.max(0, nowMs - validityMs);
}

/** Whether the update in place admits what `standing` admits. */
function isShiftable(state: Item | undefined, rule: Rule, { nowMs, cost }: Moment): boolean {
  const stored = storedTimes(state);
  const floorMs = floorOf(rule, nowMs);
  return (
    stored.length === rule.attemptsMax &&
    stored.slice(0, cost).every((timeMs) => timeMs <= floorMs) &&
    (stored.at(-1) ?? 0) > floorMs
  );
}

function storedTimes(state: Item | undefined): number[] {
  return (state?.['log']?.L ?? []).map(({ N: digits }) => Number(digits));
}

/** The times in a row, the oldest first, as many as the limit has places. */
function timesIn(state: Item | undefined, rule: Rule): number[] {
  return fitted(
    storedTimes(state).toSorted((a, b) => a - b),
    rule,
  );
}

function fitted(times: readonly number[], { attemptsMax }: Rule): number[] {
  const unused = Math.max(0, attemptsMax - times.length);
  return [...Array<number>(unused).fill(0), ...times.slice(-attemptsMax)];
}

function stateOf(times: readonly number[]): Item {
  return { log: { L: times.map((timeMs) => N(timeMs)) } };
}
