import type { Item } from '@x/dynamo-core';

import type { Moment, Standing } from './algorithm.js';
import { blockedUntil, stateOf } from './attempt-row.js';
import type { ResolvedLimit } from './limits.js';

/** Where a key stands with all limits together. */
export interface Verdict {
  /** Whether an attempt of this cost is within all limits now. */
  readonly isAdmitted: boolean;
  /** When it will be, if nothing else is attempted; the moment itself when it is. */
  readonly admitsAtMs: number;
  /** Whether nothing that was attempted before counts for any limit. */
  readonly isIdle: boolean;
  /** Whether attempts are refused because one was refused before. */
  readonly isBlocked: boolean;
  /** Until when further attempts are to be refused because this one is; 0 for no such block. */
  readonly blockUntilMs: number;
  /** Of the limit that matters most: the one that refuses longest, or has the least room left. */
  readonly attempts: number;
  readonly remaining: number;
  readonly resetAtMs: number;
  readonly attemptsMax: number;
}

/** Judges an attempt by a row in our attributes. */
export function judge(
  item: Item | undefined,
  limits: readonly ResolvedLimit[],
  moment: Moment,
): Verdict {
  const { nowMs } = moment;
  const judged = limits.map((limit) => ({
    limit,
    standing: limit.algorithm.standing(stateOf(item, limit), limit, moment),
  }));
  const refusing = judged.filter(({ standing }) => standing.admitsAtMs > nowMs);
  const { limit, standing } =
    refusing.length === 0
      ? mostBy(judged, (one) => -one.standing.remaining)
      : mostBy(refusing, (one) => one.standing.admitsAtMs);
  const untilMs = hasBlock(limits) ? blockedUntil(item) : 0;
  const isBlocked = untilMs > nowMs;
  const blockMs = Math.max(0, ...refusing.map((one) => one.limit.blockMs));
  return {
    isAdmitted: refusing.length === 0 && !isBlocked,
    admitsAtMs: isBlocked ? Math.max(standing.admitsAtMs, untilMs) : standing.admitsAtMs,
    isIdle: judged.every((one) => one.standing.isIdle),
    isBlocked,
    blockUntilMs: isBlocked || blockMs === 0 ? 0 : nowMs + blockMs,
    attempts: standing.attempts,
    remaining: isBlocked ? 0 : standing.remaining,
    resetAtMs: isBlocked ? Math.max(standing.resetAtMs, untilMs) : standing.resetAtMs,
    attemptsMax: limit.attemptsMax,
  };
}

/** Whether a refusal blocks. */
export function hasBlock(limits: readonly ResolvedLimit[]): boolean {
  return limits.some(({ blockMs }) => blockMs > 0);
}

interface Judged {
  readonly limit: ResolvedLimit;
  readonly standing: Standing;
}

function mostBy(judged: readonly Judged[], measure: (one: Judged) => number): Judged {
  return judged.reduce((most, one) => (measure(one) > measure(most) ? one : most));
}
