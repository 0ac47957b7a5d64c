import { InvalidInputError, type Item } from '@x/dynamo-core';
import { checkedOptions, checkInteger, listOf } from '@x/dynamo-core/mechanism';

import type { Algorithm, LimitField, Moment, Rule } from './algorithm.js';
import { fixedWindow } from './algorithms/windows.js';
import { limitNames, type AttemptLimit, type AttemptLimits } from './options.js';

/** A limit that has been checked. */
export interface ResolvedLimit extends Rule {
  readonly algorithm: Algorithm;
  /** The algorithm's attributes, as they are called in the row. */
  readonly names: readonly string[];
  /** 0 for no block. */
  readonly blockMs: number;
}

/** So many limits fit into the expressions of one request. */
const limitsMax = 4;

/** About 31 years. An expiry stays far from what could be taken for milliseconds. */
export const durationMsMax = 1e12;

/** The largest limit, and the most that is counted at once. */
export const largestLimit = 1_000_000_000;

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
  const { attemptsMax, validityTime, algorithm = fixedWindow, blockMs, burst, offsetMs } = given;
  if (typeof algorithm?.take !== 'function') {
    const known = 'fixedWindow, tokenBucket or another algorithm; calendarWindow is called for one';
    throw new InvalidInputError('algorithm', algorithm, known);
  }
  checkInteger('attemptsMax', attemptsMax, 0, algorithm.largestLimit);
  if (validityTime !== undefined && given.windowMs !== undefined) {
    throw new InvalidInputError('validityTime', validityTime, 'left out beside windowMs');
  }
  const { windowMs = validityTime } = given;
  const windowName = validityTime === undefined ? 'windowMs' : 'validityTime';
  checkField(algorithm, 'windowMs', windowMs, [1, durationMsMax], windowName);
  if (blockMs !== undefined) checkInteger('blockMs', blockMs, 1, durationMsMax);
  checkField(algorithm, 'burst', burst, [1, largestLimit]);
  checkField(algorithm, 'offsetMs', offsetMs, [-durationMsMax, durationMsMax]);
  const suffix = index === 0 ? '' : `_${index + 1}`;
  return {
    algorithm: { ...algorithm, attributes: [...algorithm.attributes] },
    names: algorithm.attributes.map((name) => name + suffix),
    attemptsMax,
    windowMs: windowMs ?? 0,
    capacity: attemptsMax === 0 ? 0 : (burst ?? attemptsMax),
    offsetMs: offsetMs ?? 0,
    blockMs: blockMs ?? 0,
    suffix,
  };
}

/** Throws for a bad field, and for one that the algorithm would ignore. */
function checkField(
  { name, fields }: Algorithm,
  field: LimitField,
  value: number | undefined,
  range: [number, number],
  called: string = field,
): void {
  const isTaken = fields.includes(field);
  if (value !== undefined && !isTaken) {
    throw new InvalidInputError(called, value, `left out: ${name} does not take it`);
  }
  if (value !== undefined || (isTaken && field === 'windowMs')) {
    checkInteger(called, value as number, ...range);
  }
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
