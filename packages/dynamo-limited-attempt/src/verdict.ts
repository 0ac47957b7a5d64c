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
  return {
    result: together(judged.map(({ status }) => status)),
    isIdle: judged.every(({ standing }) => standing.isIdle),
    block: blockedMs > moment.nowMs ? undefined : blockOf(judged, moment),
  };
}

/** The longest block that a refusal begins; none where the attempt never is admitted. */
function blockOf(judged: readonly Judged[], { nowMs }: Moment): Verdict['block'] {
  let longest: ResolvedLimit | undefined;
  for (const { limit, status } of judged) {
    if (status.isAdmitted) continue;
    if (status.retryAfterMs === undefined) return undefined;
    if (limit.blockMs > (longest?.blockMs ?? 0)) longest = limit;
  }
  return longest && { limit: longest, untilMs: nowMs + longest.blockMs };
}

/** Whether no row could admit the attempt. */
export function isHopeless(limits: readonly ResolvedLimit[], { cost }: Moment): boolean {
  return limits.some(({ attemptsMax, capacity }) => attemptsMax === 0 || cost > capacity);
}

/** The answer where DynamoDB cannot be reached. */
export function withoutStore(
  limits: readonly ResolvedLimit[],
  moment: Moment,
  how: 'allow' | 'refuse',
): AttemptResult {
  const { result } = judge(undefined, limits, moment);
  if (!result.isAdmitted || how === 'allow') return { ...result, counted: false };
  const refused = result.limits.map((status) =>
    neverAdmitted({ ...status, isAdmitted: false, reason: 'store' }),
  );
  return { ...together(refused), counted: false };
}

/** What all limits say together. */
function together(limits: readonly LimitStatus[]): AttemptResult {
  let leading = limits[0] as LimitStatus;
  const refusedBy: number[] = [];
  for (const [index, status] of limits.entries()) {
    if (!status.isAdmitted) refusedBy.push(index);
    if (index > 0 && mattersMore(status, leading)) leading = status;
  }
  // Each on its own: it is made for every attempt, and a spread takes longer than all the rest.
  const { isAdmitted, attempts, remaining, limit, resetAtMs, retryAfterMs, reason } = leading;
  const isBlocked = limits.some((status) => status.isBlocked);
  return retryAfterMs === undefined
    ? { ...leading, isBlocked, limits, refusedBy }
    : {
        isAdmitted,
        attempts,
        remaining,
        limit,
        resetAtMs,
        retryAfterMs,
        reason,
        isBlocked,
        limits,
        refusedBy,
      };
}

/** A refusal before an admission, then what refuses longest, or what has least left. */
function mattersMore(one: LimitStatus, other: LimitStatus): boolean {
  if (one.isAdmitted !== other.isAdmitted) return other.isAdmitted;
  if (one.isAdmitted) return one.remaining < other.remaining;
  return (one.retryAfterMs ?? Infinity) > (other.retryAfterMs ?? Infinity);
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
  const status = {
    isAdmitted,
    attempts: standing.attempts,
    remaining: isBlocked ? 0 : standing.remaining,
    limit: limit.capacity,
    resetAtMs: isBlocked ? Math.max(standing.resetAtMs, blockedMs) : standing.resetAtMs,
    retryAfterMs: admitsAtMs - nowMs,
    reason: reasonOf(isAdmitted, isClosed, isTooMuch, isBlocked),
    isBlocked,
  };
  return { limit, standing, status: isTooMuch ? neverAdmitted(status) : status };
}

function neverAdmitted({ retryAfterMs: _unknown, ...status }: LimitStatus): LimitStatus {
  return status;
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
