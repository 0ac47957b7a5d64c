import { N, numberOf, type Item } from '@x/dynamo-core';

import type { Algorithm, Rule } from '../algorithm.js';

/**
 * Counts in windows of the clock, and adds the part of the window before that still lies in the
 * last `validityTime`: with a quarter of the current window gone, three quarters of the attempts of
 * the one before count. Smooth like a log, in a row that does not grow with the limit.
 *
 * The attempts of the window before are taken as spread evenly. If they were not, a stretch of
 * `validityTime` may see more than `attemptsMax`, less than twice that; steady traffic never does.
 *
 * One request for an attempt and for a refusal; two for the first attempt of a window, and above 15
 * attempts for one that comes close to the limit in a row that this process has not seen.
 */
export const slidingCounter: Algorithm = {
  name: 'slidingCounter',
  attributes: ['attempts', 'before', 'windowStart'],
  attemptsMaximum: 1_000_000_000,

  standing: (state, rule, { nowMs, cost }) => {
    const view = viewOf(state, rule, nowMs);
    const remaining = roomIn(view, rule, 0);
    const whole = view.attempts > 0 ? 2 : view.before > 0 ? 1 : 0;
    return {
      attempts: Math.max(0, rule.attemptsMax - remaining),
      remaining: Math.max(0, remaining),
      resetAtMs: whole === 0 ? nowMs : view.startMs + whole * rule.validityMs,
      admitsAtMs: roomIn(view, rule, cost) >= 0 ? nowMs : admitsAt(view, rule, cost),
      isIdle: whole === 0,
    };
  },

  admit: (state, rule, { nowMs, cost }) => {
    const view = viewOf(state, rule, nowMs);
    return stateOf({ ...view, attempts: view.attempts + cost });
  },

  step: (state, rule, { nowMs, cost }) => {
    const known = state === 'unknown' ? undefined : state;
    const view = viewOf(known, rule, nowMs);
    // Another window than the stored one is written anew.
    if (known !== undefined && numberOf(known, 'windowStart') !== view.startMs) return undefined;
    const corners =
      known === undefined
        ? staircase(view, rule, cost)
        : [{ before: view.before, attempts: roomIn({ ...view, attempts: 0 }, rule, cost) }];
    const values: Item = { ':zero': N(0), ':cost': N(cost), ':start': N(view.startMs) };
    const within = corners.map(({ before, attempts }, index) => {
      values[`:b${index}`] = N(before);
      values[`:a${index}`] = N(attempts);
      return `#before <= :b${index} AND #attempts <= :a${index}`;
    });
    return {
      sets: [
        '#attempts = if_not_exists(#attempts, :zero) + :cost',
        '#before = if_not_exists(#before, :zero)',
        '#windowStart = if_not_exists(#windowStart, :start)',
      ],
      condition:
        '(attribute_not_exists(#windowStart)' +
        ` OR (#windowStart = :start AND (${within.join(' OR ')})))`,
      values,
      startsOver: false,
      demandsState: false,
    };
  },

  giveBack: (state, rule, { nowMs, takenAtMs, cost }) => {
    const view = viewOf(state, rule, nowMs);
    const age = view.startMs - startOf(takenAtMs, rule);
    if (age === 0) return stateOf({ ...view, attempts: Math.max(0, view.attempts - cost) });
    if (age !== rule.validityMs) return undefined;
    return stateOf({ ...view, before: Math.max(0, view.before - cost) });
  },

  continued: ({ createdMs, attempts }, rule) =>
    stateOf({ attempts, before: 0, startMs: startOf(createdMs, rule) }),
};

interface Counts {
  /** The attempts in the window. */
  readonly attempts: number;
  /** The attempts in the window before. */
  readonly before: number;
  readonly startMs: number;
}

interface View extends Counts {
  /** How much of the window is left, in milliseconds: that part of `before` counts. */
  readonly leftMs: number;
}

/** The windows at this moment. Where the stored one lies ahead (another clock), its beginning. */
function viewOf(state: Item | undefined, rule: Rule, nowMs: number): View {
  const start = startOf(nowMs, rule);
  const storedMs = numberOf(state, 'windowStart') ?? -Infinity;
  const attempts = numberOf(state, 'attempts') ?? 0;
  const leftMs = start + rule.validityMs - nowMs;
  if (storedMs < start - rule.validityMs) return { attempts: 0, before: 0, startMs: start, leftMs };
  if (storedMs < start) return { attempts: 0, before: attempts, startMs: start, leftMs };
  const before = numberOf(state, 'before') ?? 0;
  const isAhead = storedMs > start;
  return { attempts, before, startMs: storedMs, leftMs: isAhead ? rule.validityMs : leftMs };
}

function startOf(nowMs: number, { validityMs }: Rule): number {
  return Math.floor(nowMs / validityMs) * validityMs;
}

/** How many attempts fit beside this cost; below 0 when the cost does not fit. */
function roomIn({ attempts, before, leftMs }: View, rule: Rule, cost: number): number {
  return rule.attemptsMax - attempts - cost - scaled(before, leftMs, rule.validityMs).up;
}

/**
 * How many attempts of the window before leave room for each number of attempts in the current one:
 * the corners of rectangles below the line that no sum may pass. Exact for up to 14 attempts, too
 * strict by less than a fourteenth of the limit above; what it refuses is then decided exactly.
 */
function staircase(view: View, rule: Rule, cost: number): Pick<Counts, 'attempts' | 'before'>[] {
  const room = rule.attemptsMax - cost;
  const steps = Math.min(room, stepsMax - 1);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const attempts = steps === 0 ? 0 : Math.floor((room * step) / steps);
    return { attempts, before: scaled(room - attempts, rule.validityMs, view.leftMs).down };
  });
}

/** Four limits of so many fit into the 300 operators and 4 KB of one condition. */
const stepsMax = 15;

/** When a cost fits that does not fit now. */
function admitsAt({ attempts, before, startMs }: View, rule: Rule, cost: number): number {
  const { attemptsMax, validityMs } = rule;
  const room = attemptsMax - cost;
  const nextMs = startMs + validityMs;
  // In this window, as the one before fades; else in the next one, as this one fades.
  return attempts <= room
    ? nextMs - scaled(room - attempts, validityMs, before).down
    : nextMs + validityMs - scaled(room, validityMs, attempts).down;
}

/** `amount * numerator / denominator`, rounded both ways, without the errors of large products. */
function scaled(
  amount: number,
  numerator: number,
  denominator: number,
): { readonly up: number; readonly down: number } {
  const product = BigInt(amount) * BigInt(numerator);
  const down = product / BigInt(denominator);
  return { down: Number(down), up: Number(down) + (product % BigInt(denominator) === 0n ? 0 : 1) };
}

function stateOf({ attempts, before, startMs }: Counts): Item {
  return { attempts: N(attempts), before: N(before), windowStart: N(startMs) };
}
