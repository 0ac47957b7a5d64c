import { InvalidInputError } from '@x/dynamo-core';
import { checkedOptions, checkInteger, type OptionNames } from '@x/dynamo-core/mechanism';

import type { Algorithm, LimitField, Rule } from './algorithm.js';
import { fixedWindow } from './algorithms/windows.js';

/** How many attempts are admitted in which time. */
export interface AttemptLimit {
  /**
   * How many attempts are admitted. A whole number from 0 (none, without a request) to 100 with
   * `slidingLog` and to 1,000,000,000 with the others.
   */
  readonly attemptsMax: number;
  /**
   * For how long an attempt counts, in whole milliseconds; at least 1. Left out only for a
   * `calendarWindow`.
   */
  readonly windowMs?: number | undefined;
  /** Another name of `windowMs`. */
  readonly validityTime?: number | undefined;
  /** How attempts are counted. @default fixedWindow */
  readonly algorithm?: Algorithm | undefined;
  /**
   * How long every attempt of the key is refused after one was refused by this limit, in whole
   * milliseconds, even if the limit has room again by then. The first refusal then takes a second
   * request.
   *
   * @default no longer than the limit itself refuses
   */
  readonly blockMs?: number | undefined;
  /**
   * For `tokenBucket`: how many tokens the bucket holds, a whole number of at least 1.
   *
   * @default attemptsMax
   */
  readonly burst?: number | undefined;
  /**
   * For `alignedWindow`: by how many whole milliseconds windows begin after multiples of `windowMs`.
   *
   * @default 0
   */
  readonly offsetMs?: number | undefined;
}

const limitNames: OptionNames<AttemptLimit> = {
  attemptsMax: true,
  windowMs: true,
  validityTime: true,
  algorithm: true,
  blockMs: true,
  burst: true,
  offsetMs: true,
};

/** One limit, or several that an attempt must all be within. */
export type AttemptLimits = AttemptLimit | readonly AttemptLimit[];

/** A limit that has been checked. */
export interface ResolvedLimit extends Rule {
  readonly algorithm: Algorithm;
  /** 0 for no block. */
  readonly blockMs: number;
}

/** So many limits fit into the expressions of one request. */
const limitsMax = 4;
/** About 31 years. An expiry stays far from what could be taken for milliseconds. */
export const durationMsMax = 1e12;
const largest = 1_000_000_000;

/** Checks limits and copies them, and says which row attributes each limit has. */
export function resolveLimits(limits: AttemptLimits): readonly ResolvedLimit[] {
  const list = (Array.isArray(limits) ? limits : [limits]) as readonly AttemptLimit[];
  if (list.length === 0 || list.length > limitsMax) {
    throw new InvalidInputError('limits', limits, `1 to ${limitsMax} limits`);
  }
  return list.map(resolve);
}

/** The limits that count: one that admits nothing keeps no state. */
export function countable(limits: readonly ResolvedLimit[]): readonly ResolvedLimit[] {
  return limits.every(({ attemptsMax }) => attemptsMax > 0)
    ? limits
    : limits.filter(({ attemptsMax }) => attemptsMax > 0);
}

function resolve(limit: AttemptLimit, index: number): ResolvedLimit {
  if (typeof limit !== 'object' || limit === null) {
    throw new InvalidInputError('limits', limit, 'an object with attemptsMax and windowMs');
  }
  checkedOptions(limit, limitNames, 'limits');
  const { attemptsMax, validityTime, algorithm = fixedWindow, blockMs, burst, offsetMs } = limit;
  if (typeof algorithm?.take !== 'function') {
    const known = 'fixedWindow, tokenBucket or another algorithm; calendarWindow is called for one';
    throw new InvalidInputError('algorithm', algorithm, known);
  }
  checkInteger('attemptsMax', attemptsMax, 0, algorithm.largestLimit);
  if (validityTime !== undefined && limit.windowMs !== undefined) {
    throw new InvalidInputError('validityTime', validityTime, 'left out beside windowMs');
  }
  const windowName = validityTime === undefined ? 'windowMs' : 'validityTime';
  const windowMs = field(algorithm, 'windowMs', limit.windowMs ?? validityTime, windowName);
  if (algorithm.fields.includes('windowMs')) {
    checkInteger(windowName, windowMs as number, 1, durationMsMax);
  }
  if (blockMs !== undefined) checkInteger('blockMs', blockMs, 1, durationMsMax);
  if (field(algorithm, 'burst', burst) !== undefined) checkInteger('burst', burst ?? 0, 1, largest);
  if (field(algorithm, 'offsetMs', offsetMs) !== undefined) {
    checkInteger('offsetMs', offsetMs ?? 0, -durationMsMax, durationMsMax);
  }
  return {
    algorithm: { ...algorithm, attributes: [...algorithm.attributes] },
    attemptsMax,
    windowMs: windowMs ?? 0,
    capacity: attemptsMax === 0 ? 0 : (burst ?? attemptsMax),
    offsetMs: offsetMs ?? 0,
    blockMs: blockMs ?? 0,
    suffix: index === 0 ? '' : `_${index + 1}`,
  };
}

/** A field that the algorithm takes. Throws where it is given to one that would ignore it. */
function field(
  { name, fields }: Algorithm,
  known: LimitField,
  value: number | undefined,
  called: string = known,
): number | undefined {
  if (value !== undefined && !fields.includes(known)) {
    throw new InvalidInputError(called, value, `left out: ${name} does not take it`);
  }
  return value;
}
