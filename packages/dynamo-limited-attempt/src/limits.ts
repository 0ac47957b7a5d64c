import { checkInteger, InvalidInputError } from '@x/dynamo-core';

import type { Algorithm, Rule } from './algorithm.js';
import { fixedWindow } from './algorithms/fixed-window.js';

/** How many attempts are admitted in which time. */
export interface AttemptLimit {
  /**
   * How many attempts are admitted. A whole number of at least 1: up to 100 with `slidingLog`,
   * up to 1,000,000,000 with the others.
   */
  readonly attemptsMax: number;
  /** For how long an attempt counts, in whole milliseconds; at least 1. */
  readonly validityTime: number;
  /** How attempts are counted. @default fixedWindow */
  readonly algorithm?: Algorithm | undefined;
  /**
   * How long every attempt is refused after one was refused by this limit, in whole milliseconds,
   * even if the limit has room again by then. The first refusal then takes a second request.
   *
   * @default no longer than the limit itself refuses
   */
  readonly blockMs?: number | undefined;
}

/** One limit, or several that an attempt must all be within. */
export type AttemptLimits = AttemptLimit | readonly AttemptLimit[];

/** A limit that has been checked. */
export interface ResolvedLimit extends Rule {
  readonly algorithm: Algorithm;
  /** 0 for no block. */
  readonly blockMs: number;
  /** What its attributes are called after, so that several limits share a row. */
  readonly suffix: string;
}

/** So many limits fit into the expressions of one request. */
const limitsMax = 4;
/** About 31 years. An expiry stays far from what could be taken for milliseconds. */
const durationMsMax = 1e12;

/** Checks limits and the cost of an attempt, and says which row attributes each limit has. */
export function resolveLimits(limits: AttemptLimits, cost: number): readonly ResolvedLimit[] {
  const list = (Array.isArray(limits) ? limits : [limits]) as readonly AttemptLimit[];
  if (list.length === 0 || list.length > limitsMax) {
    throw new InvalidInputError('limits', limits, `1 to ${limitsMax} limits`);
  }
  return list.map((limit, index) => {
    const { attemptsMax, validityTime, algorithm = fixedWindow, blockMs } = checked(limit);
    checkInteger('attemptsMax', attemptsMax, 1, algorithm.attemptsMaximum);
    checkInteger('validityTime', validityTime, 1, durationMsMax);
    if (blockMs !== undefined) checkInteger('blockMs', blockMs, 1, durationMsMax);
    checkInteger('cost', cost, 1, attemptsMax);
    return {
      algorithm,
      attemptsMax,
      validityMs: validityTime,
      blockMs: blockMs ?? 0,
      suffix: index === 0 ? '' : `_${index + 1}`,
    };
  });
}

function checked(limit: AttemptLimit): AttemptLimit {
  if (typeof limit !== 'object' || limit === null) {
    throw new InvalidInputError('limits', limit, 'an object with attemptsMax and validityTime');
  }
  return limit;
}
