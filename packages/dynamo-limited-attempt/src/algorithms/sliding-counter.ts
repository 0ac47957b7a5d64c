import { N, numberOf, S, stringOf, type Item } from '@x/dynamo-core';

import type { Algorithm, Rule } from '../algorithm.js';
import { alignedStart } from '../limits.js';

/**
 * Counts in windows of the clock, and adds the part of the window before that still lies in the last
 * `windowMs`: with a quarter of the current window past, three quarters of the attempts of the one
 * before count. Smooth like a log, in a row that does not grow with the limit.
 *
 * The attempts of the window before are taken as spread evenly. If they were not, a stretch of
 * `windowMs` may see more than `attemptsMax`, less than twice that; steady traffic never does.
 *
 * One request for an attempt and for a refusal. Two where this process has not seen the row and there
 * were attempts in the window before, and for the first attempt of a window, unless this process made
 * the latest change.
 */
export const slidingCounter: Algorithm = {
  name: 'slidingCounter',
  attributes: ['attempts', 'earlier', 'windowStart', 'began'],
  fields: ['windowMs'],
  largestLimit: 1_000_000_000,

  standing: (state, rule, { nowMs, cost }) => {
    const view = viewOf(state, rule, nowMs);
    const whole = view.attempts > 0 ? 2 : view.earlier > 0 ? 1 : 0;
    return {
      attempts: rule.attemptsMax - roomIn(view, rule, 0),
      resetAtMs: whole === 0 ? nowMs : view.startMs + whole * rule.windowMs,
      admitsAtMs: roomIn(view, rule, cost) >= 0 ? nowMs : admitsAt(view, rule, cost),
    };
  },

  take: (state, rule, { nowMs, cost, id }) => {
    const view = viewOf(state, rule, nowMs);
    return stateOf({
      ...view,
      attempts: view.attempts + cost,
      began: view.isNew ? `${id}${view.began === '' ? '' : `,${view.began}`}` : view.began,
    });
  },

  step: (state, rule, { nowMs, cost }, bound) => {
    const view = viewOf(state, rule, nowMs);
    // Another window than the stored one is written anew.
    if (state !== undefined && view.isNew) return undefined;
    const values: Item = { ':zero': N(0), ':cost': N(cost), ':start': N(view.startMs) };
    if (bound === 'within') {
      values[':earlier'] = N(view.earlier);
      values[':room'] = N(roomIn({ ...view, attempts: 0 }, rule, cost));
    }
    const room = bound === 'within' ? ' AND earlier <= :earlier AND attempts <= :room' : '';
    return {
      sets:
        'attempts = if_not_exists(attempts, :zero) + :cost' +
        ', earlier = if_not_exists(earlier, :zero)' +
        ', windowStart = if_not_exists(windowStart, :start)' +
        ', began = if_not_exists(began, :id)',
      condition: `(attribute_not_exists(windowStart) OR (windowStart = :start${room}))`,
      values,
      untilMs: view.startMs + 2 * rule.windowMs,
    };
  },

  giveBack: (state, rule, { nowMs, cost, id }, own) => {
    const view = viewOf(state, rule, nowMs);
    // The row keeps the ids that began the two stored windows. In a new one, both are before it.
    const [current, before] = view.isNew ? [undefined, view.began] : view.began.split(',');
    const fromCurrent = own === undefined || own.began.split(',')[0] === current ? cost : 0;
    const attempts = Math.max(0, view.attempts - fromCurrent);
    const isBefore = own === undefined || (own.began.split(',')[0] === before && !fromCurrent);
    const fromBefore = isBefore ? cost - (view.attempts - attempts) : 0;
    const earlier = Math.max(0, view.earlier - fromBefore);
    if (attempts === view.attempts && earlier === view.earlier) return undefined;
    const began = view.isNew ? `${id},${view.began}` : view.began;
    return stateOf({ ...view, attempts, earlier, began });
  },
};

interface View {
  /** The attempts in the window. */
  readonly attempts: number;
  /** The attempts in the window before. */
  readonly earlier: number;
  readonly startMs: number;
  /** The id that began the window, and behind a comma that of the window before. */
  readonly began: string;
  /** How much of the window is left, in milliseconds: that part of `earlier` counts. */
  readonly leftMs: number;
  /** Whether the stored window is another one: `began` is then the id of the window before. */
  readonly isNew: boolean;
}

/** The windows at this moment. Where the stored one lies ahead (another clock), its beginning. */
function viewOf(state: Item | undefined, rule: Rule, nowMs: number): View {
  const start = alignedStart(nowMs, rule);
  const storedMs = numberOf(state, 'windowStart') ?? -Infinity;
  const attempts = numberOf(state, 'attempts') ?? 0;
  const leftMs = start + rule.windowMs - nowMs;
  const began = stringOf(state, 'began') ?? '';
  const fresh = { attempts: 0, startMs: start, leftMs, isNew: true };
  if (storedMs < start - rule.windowMs) return { earlier: 0, began: '', ...fresh };
  if (storedMs < start) return { earlier: attempts, began: began.split(',')[0] ?? '', ...fresh };
  const earlier = numberOf(state, 'earlier') ?? 0;
  const left = storedMs > start ? rule.windowMs : leftMs;
  return { attempts, earlier, startMs: storedMs, leftMs: left, began, isNew: false };
}

/** How many attempts fit beside this cost; below 0 when the cost does not fit. */
function roomIn({ attempts, earlier, leftMs }: View, rule: Rule, cost: number): number {
  return rule.attemptsMax - attempts - cost - scaled(earlier, leftMs, rule.windowMs).up;
}

/** When a cost fits that does not fit now. */
function admitsAt({ attempts, earlier, startMs }: View, rule: Rule, cost: number): number {
  const { attemptsMax, windowMs } = rule;
  const room = attemptsMax - cost;
  const nextMs = startMs + windowMs;
  // Never: not even in windows without attempts.
  if (room < 0) return nextMs + windowMs;
  // In this window, as the one before fades; else in the next one, as this one fades.
  return attempts <= room
    ? nextMs - scaled(room - attempts, windowMs, earlier).down
    : nextMs + windowMs - scaled(room, windowMs, attempts).down;
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

function stateOf({ attempts, earlier, startMs, began }: Omit<View, 'leftMs' | 'isNew'>): Item {
  return {
    attempts: N(attempts),
    earlier: N(earlier),
    windowStart: N(startMs),
    began: S(began),
  };
}
