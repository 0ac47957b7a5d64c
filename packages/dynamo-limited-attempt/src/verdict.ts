import { numberOf, type EpochMS, type Item } from '@x/dynamo-core';

import type { Moment, Standing } from './algorithm.js';
import { stateOf } from './attempt-row.js';
import type { ResolvedLimit } from './limits.js';

/** Why an attempt is refused. */
export type RefusalReason = 'attempts' | 'blocked' | 'cost' | 'store';

/** Where a key stands with one limit; of several limits, with the one that matters most. */
export interface LimitStatus {
  readonly isAdmitted: boolean;
  /** How much of the limit is used. */
  readonly attempts: number;
  /** How much of it is left; never below 0. */
  readonly remaining: number;
  /** How much can be attempted at once: its `attemptsMax`, or the `burst` of a bucket. */
  readonly limit: number;
  /** When all of it will be left, if nothing else is attempted, in ms since 1970. */
  readonly resetAtMs: EpochMS;
  /**
   * In how many milliseconds the same attempt will be admitted, if nothing else is attempted; 0 when
   * it is now. Absent where nobody knows or it never will be: for the reasons `cost` and `store`, and
   * for an `attemptsMax` of 0.
   */
  readonly retryAfterMs?: number;
  /**
   * `attempts`: the limit is used up. `blocked`: until a block ends. `cost`: it is more than the
   * limit. `store`: DynamoDB cannot be reached, and `onStoreError` is `'refuse'`.
   */
  readonly reason: RefusalReason | undefined;
  readonly isBlocked: boolean;
}

/** Where a key stands with all limits together. Plain data. */
export interface AttemptResult extends LimitStatus {
  /** The same for each limit, in the order of the list. */
  readonly limits: readonly LimitStatus[];
  /** The positions of the limits that refuse; `[]` when admitted. */
  readonly refusedBy: readonly number[];
  /** `false` where the store failed and the attempt was admitted or decided without it. */
  readonly counted?: false;
}

/** What follows from a row, beside what is answered. */
export interface Verdict {
  readonly result: AttemptResult;
  /** Whether no other row could admit the attempt. */
  readonly isFinal: boolean;
  /** Whether nothing that was attempted before counts for any limit. */
  readonly isIdle: boolean;
  /** The limit whose refusal begins a block, and until when; `undefined` for no such block. */
  readonly block: { readonly limit: ResolvedLimit; readonly untilMs: number } | undefined;
}

interface Judged {
  readonly limit: ResolvedLimit;
  readonly standing: Standing;
  readonly status: LimitStatus;
}

/** Judges an attempt by a row in our attributes. */
export function judge(
  item: Item | undefined,
  limits: readonly ResolvedLimit[],
  moment: Moment,
): Verdict {
  const blockedMs = numberOf(item, 'blockedUntil') ?? 0;
  const judged = limits.map((limit) => judgeOne(item, limit, moment, blockedMs));
  const refusing = judged.filter(({ status }) => !status.isAdmitted);
  const blocking = refusing.filter(({ limit }) => limit.blockMs > 0);
  const [longest] = blocking.toSorted((a, b) => b.limit.blockMs - a.limit.blockMs);
  const isBlocked = blockedMs > moment.nowMs;
  const isFinal = refusing.some(({ status }) => status.retryAfterMs === undefined);
  return {
    result: together(judged.map(({ status }) => status)),
    isFinal,
    isIdle: judged.every(({ standing }) => standing.isIdle),
    block:
      longest === undefined || isBlocked || isFinal
        ? undefined
        : { limit: longest.limit, untilMs: moment.nowMs + longest.limit.blockMs },
  };
}

/** The answer where DynamoDB cannot be reached. */
export function withoutStore(
  limits: readonly ResolvedLimit[],
  moment: Moment,
  how: 'allow' | 'refuse',
): AttemptResult {
  const { result } = judge(undefined, limits, moment);
  if (!result.isAdmitted || how === 'allow') return { ...result, counted: false };
  const refused = result.limits.map(({ retryAfterMs: _unknown, ...status }) => ({
    ...status,
    isAdmitted: false,
    reason: 'store' as const,
  }));
  return { ...together(refused), counted: false };
}

/** What all limits say together. */
function together(limits: readonly LimitStatus[]): AttemptResult {
  const refusing = limits.filter(({ isAdmitted }) => !isAdmitted);
  const leading =
    refusing.length === 0
      ? most(limits, ({ remaining }) => -remaining)
      : most(refusing, ({ retryAfterMs = Infinity }) => retryAfterMs);
  const refusedBy = limits.flatMap(({ isAdmitted }, index) => (isAdmitted ? [] : [index]));
  return { ...leading, isBlocked: limits.some(({ isBlocked }) => isBlocked), limits, refusedBy };
}

function judgeOne(
  item: Item | undefined,
  limit: ResolvedLimit,
  moment: Moment,
  blockedMs: number,
): Judged {
  const { nowMs, cost } = moment;
  const isClosed = limit.attemptsMax === 0;
  const standing = isClosed
    ? { attempts: 0, remaining: 0, resetAtMs: nowMs, admitsAtMs: nowMs, isIdle: true }
    : limit.algorithm.standing(stateOf(item, limit), limit, moment);
  const isBlocked = blockedMs > nowMs;
  const isTooMuch = isClosed || cost > limit.capacity;
  const admitsAtMs = Math.max(standing.admitsAtMs, isBlocked ? blockedMs : 0);
  const isAdmitted = !isTooMuch && admitsAtMs <= nowMs;
  const status: LimitStatus = {
    isAdmitted,
    attempts: standing.attempts,
    remaining: isBlocked ? 0 : standing.remaining,
    limit: limit.capacity,
    resetAtMs: isBlocked ? Math.max(standing.resetAtMs, blockedMs) : standing.resetAtMs,
    ...(!isTooMuch && { retryAfterMs: admitsAtMs - nowMs }),
    reason: reasonOf(isAdmitted, isClosed, isTooMuch, isBlocked),
    isBlocked,
  };
  return { limit, standing, status };
}

function reasonOf(
  isAdmitted: boolean,
  isClosed: boolean,
  isTooMuch: boolean,
  isBlocked: boolean,
): RefusalReason | undefined {
  if (isAdmitted) return undefined;
  if (isTooMuch) return isClosed ? 'attempts' : 'cost';
  return isBlocked ? 'blocked' : 'attempts';
}

function most(
  statuses: readonly LimitStatus[],
  measure: (status: LimitStatus) => number,
): LimitStatus {
  return statuses.reduce((one, other) => (measure(other) > measure(one) ? other : one));
}
