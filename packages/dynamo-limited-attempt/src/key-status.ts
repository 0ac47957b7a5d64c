import { numberOf, type EpochMS, type Item } from '@x/dynamo-core';

import type { Moment } from './algorithm.js';
import { stateOf } from './attempt-row.js';
import { countable, type ResolvedLimit } from './limits.js';

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

/** A block that a refusal begins. */
export interface RefusalBlock {
  readonly limit: ResolvedLimit;
  readonly untilMs: number;
}

/** Where an attempt finds the key, by a row in our attributes. */
export function statusOf(
  item: Item | undefined,
  limits: readonly ResolvedLimit[],
  moment: Moment,
): AttemptResult {
  const blockedMs = numberOf(item, 'blockedUntil') ?? 0;
  return together(limits.map((limit) => limitStatus(item, limit, moment, blockedMs)));
}

/** The longest block that a refusal begins: none while one runs, or where it never is admitted. */
export function blockOf(
  { limits: statuses, isBlocked }: AttemptResult,
  limits: readonly ResolvedLimit[],
  nowMs: number,
): RefusalBlock | undefined {
  if (isBlocked) return undefined;
  let longest: ResolvedLimit | undefined;
  for (const [index, { isAdmitted, retryAfterMs }] of statuses.entries()) {
    const limit = limits[index];
    if (isAdmitted || limit === undefined) continue;
    if (retryAfterMs === undefined) return undefined;
    if (limit.blockMs > (longest?.blockMs ?? 0)) longest = limit;
  }
  return longest && { limit: longest, untilMs: nowMs + longest.blockMs };
}

/** Whether no row could admit the attempt. */
export function isHopeless(limits: readonly ResolvedLimit[], { cost }: Moment): boolean {
  return limits.some(({ attemptsMax, capacity }) => attemptsMax === 0 || cost > capacity);
}

/** Whether nothing that was attempted before counts for any limit. */
export function isIdle(
  item: Item | undefined,
  limits: readonly ResolvedLimit[],
  moment: Moment,
): boolean {
  return countable(limits).every(
    (limit) => limit.algorithm.standing(stateOf(item, limit), limit, moment).isIdle,
  );
}

/** Where an admitted attempt leaves the key. */
export function statusAfter(
  item: Item | undefined,
  limits: readonly ResolvedLimit[],
  moment: Moment,
): AttemptResult {
  const result = statusOf(item, limits, { ...moment, cost: 0 });
  if (result.isAdmitted) return result;
  // What came in between, before a repeat recognised itself, refuses others.
  const admitted = { isAdmitted: true, retryAfterMs: 0, reason: undefined, isBlocked: false };
  return together(result.limits.map((status) => ({ ...status, ...admitted })));
}

/** Where a record leaves the key: whether it is within its limits, or when it will be. */
export function statusWithin(
  item: Item | undefined,
  limits: readonly ResolvedLimit[],
  moment: Moment,
): AttemptResult {
  const result = statusOf(item, limits, { ...moment, cost: 0 });
  return result.isAdmitted ? result : statusOf(item, limits, { ...moment, cost: 1 });
}

/** The answer where DynamoDB cannot be reached. */
export function statusWithout(
  limits: readonly ResolvedLimit[],
  moment: Moment,
  how: 'allow' | 'refuse',
): AttemptResult {
  const result = statusOf(undefined, limits, moment);
  if (!result.isAdmitted || how === 'allow') return { ...result, counted: false };
  const refused = result.limits.map((status) =>
    neverAdmitted({ ...status, isAdmitted: false, reason: 'store' }),
  );
  return { ...together(refused), counted: false };
}

/** What all limits say together. */
function together(limits: readonly LimitStatus[]): AttemptResult {
  let leading = limits[0] as LimitStatus;
  let isBlocked = false;
  const refusedBy: number[] = [];
  for (const [index, status] of limits.entries()) {
    if (!status.isAdmitted) refusedBy.push(index);
    if (mattersMore(status, leading)) leading = status;
    isBlocked ||= status.isBlocked;
  }
  // Each on its own: it is made for every attempt, and a spread takes longer than all the rest.
  const { isAdmitted, attempts, remaining, limit, resetAtMs, retryAfterMs, reason } = leading;
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

function limitStatus(
  item: Item | undefined,
  limit: ResolvedLimit,
  moment: Moment,
  blockedMs: number,
): LimitStatus {
  const { nowMs, cost } = moment;
  const isClosed = limit.attemptsMax === 0;
  const standing = isClosed
    ? { attempts: 0, remaining: 0, resetAtMs: nowMs, admitsAtMs: nowMs }
    : limit.algorithm.standing(stateOf(item, limit), limit, moment);
  const isBlocked = blockedMs > nowMs;
  const isTooMuch = isClosed || cost > limit.capacity;
  const admitsAtMs = isBlocked ? Math.max(standing.admitsAtMs, blockedMs) : standing.admitsAtMs;
  const isAdmitted = !isTooMuch && admitsAtMs <= nowMs;
  let reason: RefusalReason | undefined;
  if (!isAdmitted) reason = isBlocked && !isTooMuch ? 'blocked' : 'attempts';
  if (isTooMuch && !isClosed) reason = 'cost';
  const status = {
    isAdmitted,
    attempts: standing.attempts,
    remaining: isBlocked ? 0 : standing.remaining,
    limit: limit.capacity,
    resetAtMs: isBlocked ? Math.max(standing.resetAtMs, blockedMs) : standing.resetAtMs,
    retryAfterMs: admitsAtMs - nowMs,
    reason,
    isBlocked,
  };
  return isTooMuch ? neverAdmitted(status) : status;
}

function neverAdmitted({ retryAfterMs: _unknown, ...status }: LimitStatus): LimitStatus {
  return status;
}
