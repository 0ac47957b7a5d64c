import { numberOf, type Item } from '@x/dynamo-core';

import type { Moment } from './algorithm.js';
import { stateOf, type ResolvedLimit } from './limits.js';
import type { AttemptResult, LimitStatus } from './options.js';

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

/** Where a record leaves the key: whether it is within its limits, or when it will be. */
export function statusWithin(item: Item | undefined, asked: Asked): AttemptResult {
  const result = statusOf(item, { ...asked, cost: 0 });
  return result.isAdmitted ? result : statusOf(item, { ...asked, cost: 1 });
}

/** A block that a refusal begins. */
export interface RefusalBlock {
  readonly limit: ResolvedLimit;
  readonly untilMs: number;
}

/** The longest block that a refusal begins: none while one runs, or where it never is admitted. */
export function blockOf(
  { limits: statuses, isBlocked }: AttemptResult,
  { limits, nowMs }: Asked,
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
