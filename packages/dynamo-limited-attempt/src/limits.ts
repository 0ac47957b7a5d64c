import { InvalidInputError, type Item, N, numberOf, S, stringOf } from '@x/dynamo-core';
import { checkedOptions, checkInteger, listOf } from '@x/dynamo-core/mechanism';

import type { Algorithm, LimitField, Moment, OwnAttempt, Rule, Step } from './algorithm.js';
import {
  checkWindow,
  limitNames,
  type AttemptLimit,
  type AttemptLimits,
  type AttemptResult,
  type LimitStatus,
} from './options.js';

/** A limit that has been checked. */
export interface ResolvedLimit extends Rule {
  readonly algorithm: Algorithm;
  /** What its attributes and values are called after, so that several limits share a row. */
  readonly suffix: string;
  /** The algorithm's attributes, as they are called in the row. */
  readonly names: readonly string[];
  /** 0 for no block. */
  readonly blockMs: number;
}

/** So many limits fit into the expressions of one request. */
const limitsMax = 4;

/** Checks limits and copies them, and says which row attributes each limit has. */
export function resolveLimits(limits: AttemptLimits): readonly ResolvedLimit[] {
  const list = listOf<AttemptLimit>('limits', Array.isArray(limits) ? limits : [limits]);
  if (list.length === 0 || list.length > limitsMax) {
    throw new InvalidInputError('limits', limits, `1 to ${limitsMax} limits`);
  }
  return list.map(resolve);
}

function resolve(limit: AttemptLimit, index: number): ResolvedLimit {
  // Nothing in the place of a limit is no limit without fields.
  const given = checkedOptions(limit ?? (null as never), limitNames, 'limits');
  const { attemptsMax, validityTime, windowMs = validityTime } = given;
  const { algorithm = fixedWindow, burst = attemptsMax, offsetMs = 0, blockMs = 0 } = given;
  if (typeof algorithm?.take !== 'function') {
    const known = 'fixedWindow, tokenBucket or another algorithm; calendarWindow is called for one';
    throw new InvalidInputError('algorithm', algorithm, known);
  }
  checkInteger('attemptsMax', attemptsMax, 0, algorithm.largestLimit);
  if (validityTime !== undefined && given.windowMs !== undefined) {
    throw new InvalidInputError('validityTime', validityTime, 'left out beside windowMs');
  }
  for (const field of ['windowMs', 'validityTime', 'burst', 'offsetMs'] as const) {
    const isTaken = algorithm.fields.includes(field === 'validityTime' ? 'windowMs' : field);
    if (given[field] !== undefined && !isTaken) {
      const allowed = `left out: ${algorithm.name} does not take it`;
      throw new InvalidInputError(field, given[field], allowed);
    }
    if (field === 'windowMs' && isTaken) checkWindow(field, windowMs as number);
  }
  const suffix = index === 0 ? '' : `_${index + 1}`;
  return {
    algorithm: { ...algorithm, attributes: [...algorithm.attributes] },
    names: algorithm.attributes.map((name) => name + suffix),
    attemptsMax,
    windowMs: windowMs ?? 0,
    capacity: attemptsMax === 0 ? 0 : burst,
    offsetMs,
    blockMs,
    suffix,
  };
}

/** The attributes of one limit's state, in the names that its algorithm knows. */
export function stateOf(
  item: Item | undefined,
  { algorithm, suffix }: ResolvedLimit,
): Item | undefined {
  if (item === undefined) return undefined;
  const state: Item = {};
  for (const name of algorithm.attributes) {
    const value = item[name + suffix];
    if (value === undefined) return undefined;
    state[name] = value;
  }
  return state;
}

/** Whether nothing that was attempted before counts any more. */
export function isIdle(state: Item | undefined, limit: ResolvedLimit, moment: Moment): boolean {
  return limit.algorithm.standing(state, limit, moment).resetAtMs <= moment.nowMs;
}

/** A state in the names that it has in the row. */
export function suffixed(state: Item, suffix: string): Item {
  if (suffix === '') return state;
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name + suffix, value]));
}

/** A step with these attributes, and its values, as they are called in the row of several limits. */
export function named(step: Step, attributes: readonly string[], suffix: string): Step {
  if (suffix === '') return step;
  const inRow = (text: string): string =>
    text.replaceAll(/:?\w+/g, (name) =>
      attributes.includes(name) || name in step.values ? name + suffix : name,
    );
  const { sets, condition, values, untilMs } = step;
  return {
    sets: inRow(sets),
    condition: inRow(condition),
    values: suffixed(values, suffix),
    untilMs,
  };
}

/** What is asked about a key: an attempt of this cost, at this moment. */
export interface Asked extends Moment {
  readonly limits: readonly ResolvedLimit[];
}

/** Where an attempt finds the key, by a row in our attributes. */
export function statusOf(item: Item | undefined, asked: Asked): AttemptResult {
  const blockedMs = numberOf(item, 'blockedUntil') ?? 0;
  return together(asked.limits.map((limit) => limitStatus(item, limit, asked, blockedMs)));
}

/** Whether no row could admit the attempt. */
export function isHopeless({ limits, cost }: Asked): boolean {
  return limits.some(({ attemptsMax, capacity }) => attemptsMax === 0 || cost > capacity);
}

/** Where an admitted attempt leaves the key. */
export function statusAfter(item: Item | undefined, { limits, nowMs, id }: Asked): AttemptResult {
  const result = statusOf(item, { limits, nowMs, id, cost: 0 });
  if (result.isAdmitted) return result;
  // What came in between, before a repeat recognised itself, refuses others.
  const admitted = { isAdmitted: true, retryAfterMs: 0, reason: undefined, isBlocked: false };
  return together(result.limits.map((status) => ({ ...status, ...admitted })));
}

/** What all limits say together. */
export function together(limits: readonly LimitStatus[]): AttemptResult {
  let leading = limits[0] as LimitStatus;
  const refusedBy: number[] = [];
  for (let index = 0; index < limits.length; index++) {
    const status = limits[index] as LimitStatus;
    if (!status.isAdmitted) refusedBy.push(index);
    if (mattersMore(status, leading)) leading = status;
  }
  // It is made for every attempt, and a spread takes longer than all the rest.
  return Object.assign({ limits, refusedBy }, leading);
}

/** A refusal before an admission, then what refuses longest, or what has least left. */
function mattersMore(one: LimitStatus, other: LimitStatus): boolean {
  if (one.isAdmitted !== other.isAdmitted) return other.isAdmitted;
  if (one.isAdmitted) return one.remaining < other.remaining;
  return (one.retryAfterMs ?? Infinity) > (other.retryAfterMs ?? Infinity);
}

function limitStatus(
  item: Item | undefined,
  limit: ResolvedLimit,
  moment: Moment,
  blockedMs: number,
): LimitStatus {
  const { nowMs, cost } = moment;
  const isClosed = limit.attemptsMax === 0;
  const standing = isClosed
    ? { attempts: 0, resetAtMs: nowMs, admitsAtMs: nowMs }
    : limit.algorithm.standing(stateOf(item, limit), limit, moment);
  const isBlocked = blockedMs > nowMs;
  const isTooMuch = isClosed || cost > limit.capacity;
  const admitsAtMs = Math.max(standing.admitsAtMs, blockedMs);
  const isAdmitted = !isTooMuch && admitsAtMs <= nowMs;
  const refusal = isTooMuch ? (isClosed ? 'attempts' : 'cost') : isBlocked ? 'blocked' : 'attempts';
  const status = {
    isAdmitted,
    attempts: standing.attempts,
    remaining: isBlocked ? 0 : Math.max(0, limit.capacity - standing.attempts),
    limit: limit.capacity,
    resetAtMs: Math.max(standing.resetAtMs, blockedMs),
    retryAfterMs: admitsAtMs - nowMs,
    reason: isAdmitted ? undefined : refusal,
    isBlocked,
  } as const;
  return isTooMuch ? neverAdmitted(status) : status;
}

export function neverAdmitted({ retryAfterMs: _unknown, ...status }: LimitStatus): LimitStatus {
  return status;
}

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
  function running(state: Item | undefined, rule: Rule, nowMs: number): Item | undefined {
    return startMsOf(state) > floorOf(nowMs, rule) ? state : undefined;
  }

  return {
    name,
    attributes: ['attempts', 'windowStart', 'began'],
    fields,
    largestLimit: 1_000_000_000,

    standing: (state, rule, { nowMs, cost }) => {
      const window = running(state, rule, nowMs);
      const attempts = attemptsOf(window);
      const resetAtMs = window === undefined ? nowMs : endOf(startMsOf(window), rule);
      return {
        attempts,
        resetAtMs,
        admitsAtMs: attempts + cost <= rule.attemptsMax ? nowMs : resetAtMs,
      };
    },

    take: (state, rule, { nowMs, cost, id }) => {
      const fresh = { windowStart: N(startOf(nowMs, rule)), began: S(id) };
      const window = running(state, rule, nowMs) ?? fresh;
      return { ...window, attempts: N(attemptsOf(window) + cost) };
    },

    step: (_state, rule, { nowMs, cost }, bound) => {
      const startMs = startOf(nowMs, rule);
      const values: Item = {
        ':zero': N(0),
        ':cost': N(cost),
        ':start': N(startMs),
        ':floor': N(floorOf(nowMs, rule)),
      };
      if (bound === 'within') values[':room'] = N(rule.attemptsMax - cost);
      const room = bound === 'within' ? ' AND attempts <= :room' : '';
      return {
        sets:
          'attempts = if_not_exists(attempts, :zero) + :cost' +
          ', windowStart = if_not_exists(windowStart, :start)' +
          ', began = if_not_exists(began, :id)',
        condition: `(attribute_not_exists(windowStart) OR (windowStart > :floor${room}))`,
        values,
        untilMs: endOf(startMs, rule),
      };
    },

    giveBack: (state, rule, { nowMs, cost }, own) => {
      const window = running(state, rule, nowMs);
      const attempts = attemptsOf(window);
      if (attempts === 0 || !isOwn(stringOf(window, 'began'), own)) return undefined;
      return { ...window, attempts: N(Math.max(0, attempts - cost)) };
    },
  };
}

function startMsOf(state: Item | undefined): number {
  return numberOf(state, 'windowStart') ?? -Infinity;
}

function attemptsOf(state: Item | undefined): number {
  return numberOf(state, 'attempts') ?? 0;
}

/** Whether the attempt was counted in the window that this id began; by key, all are. */
export function isOwn(began: string | undefined, own: OwnAttempt | undefined): boolean {
  return own === undefined || began === own.began;
}
