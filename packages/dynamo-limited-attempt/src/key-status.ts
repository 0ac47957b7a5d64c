import {
  numberOf,
  type EpochMS,
  type Item,
  InvalidInputError,
  type AttributeValue,
  type Clock,
} from '@x/dynamo-core';
import { checkedOptions, checkInteger } from '@x/dynamo-core/mechanism';

import type { Moment } from './algorithm.js';
import {
  stateOf,
  type ResolvedLimit,
  idOf,
  suffixed,
  type KeyCall,
  type KnownRow,
} from './attempt-row.js';
import { shieldOptionNames, type LimiterOptions } from './options.js';
import { blockOf } from './block-key.js';

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

/** Where an attempt finds the key, by a row in our attributes. */
export function statusOf(
  item: Item | undefined,
  limits: readonly ResolvedLimit[],
  moment: Moment,
): AttemptResult {
  const blockedMs = numberOf(item, 'blockedUntil') ?? 0;
  return together(limits.map((limit) => limitStatus(item, limit, moment, blockedMs)));
}

/** Whether no row could admit the attempt. */
export function isHopeless(limits: readonly ResolvedLimit[], { cost }: Moment): boolean {
  return limits.some(({ attemptsMax, capacity }) => attemptsMax === 0 || cost > capacity);
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

/** Keeps what was used last, in two generations: the older one goes as a whole. */
export class Generations<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  readonly #keysMax: number;
  readonly #youngMax: number;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
    this.#youngMax = Math.max(1, Math.floor(keysMax / 2));
  }

  get(key: string): T | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: T): void {
    if (this.#keysMax === 0) return;
    if (this.#young.size >= this.#youngMax && !this.#young.has(key)) {
      this.#old = this.#keysMax === 1 ? new Map() : this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    this.#old.delete(key);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

/**
 * What this process saw last of the rows that it used last: to choose the request that is likely to
 * succeed (every request is safe for each state of the row), and for the shield. A row is kept as
 * one short text, because there may be 100,000 of them.
 */
export class RowMemory {
  readonly #clock: Clock;
  readonly #maskMs: number;
  readonly #texts: Generations<string>;
  /** How many times attempts were given back in this process. */
  releases = 0;

  constructor(clock: Clock, { shield = false, rememberedKeysMax = 1000 }: LimiterOptions) {
    checkInteger('rememberedKeysMax', rememberedKeysMax, shield === false ? 0 : 1);
    const { maskMsMax = Infinity } =
      typeof shield === 'boolean' ? {} : checkedOptions(shield, shieldOptionNames, 'shield');
    if (!(maskMsMax > 0)) throw new InvalidInputError('maskMsMax', maskMsMax, 'a number above 0');
    this.#clock = clock;
    this.#maskMs = shield === false ? 0 : maskMsMax;
    this.#texts = new Generations(rememberedKeysMax);
  }

  /**
   * Remembers a row that a request found; forgets the key when there is none. What a request found
   * that began before attempts were given back is not kept: it may be older than that.
   */
  found({ key, limits }: KeyCall, row: KnownRow | undefined, releasesBefore: number): void {
    if (!row?.newest || row.original || row.replaced || releasesBefore !== this.releases) {
      return this.#texts.delete(idOf(key));
    }
    const { item, newest, isFull, expiresAt = 0 } = row;
    const seenAtMs = Math.floor(this.#clock.monotonic());
    const blocked = item['blockedUntil']?.N ?? 0;
    const values = [namesOf(limits), seenAtMs, newest, isFull ? 1 : 0, expiresAt, blocked];
    for (const { algorithm, suffix } of limits) {
      for (const name of algorithm.attributes) values.push(encoded(item[name + suffix]));
    }
    // One piece: a text that is put together by `+` keeps its parts.
    this.#texts.set(idOf(key), values.join(' '));
  }

  /** Forgets the row of a key: attempts of it were given back, or all of them. */
  released({ key }: KeyCall): void {
    this.releases += 1;
    this.#texts.delete(idOf(key));
  }

  /** The row as it was seen last with limits of these algorithms, and when in monotonic time. */
  rowOf({ key, limits }: KeyCall): { row: KnownRow; seenAtMs: number } | undefined {
    const text = this.#texts.get(idOf(key));
    const names = namesOf(limits);
    if (!text?.startsWith(`${names} `)) return undefined;
    const [seenAtMs, newest, isFull, expiresAt, blocked, ...values] = text
      .slice(names.length + 1)
      .split(' ');
    const item: Item = blocked === '0' ? {} : { blockedUntil: { N: blocked ?? '' } };
    let at = 0;
    for (const { algorithm, suffix } of limits) {
      const state: Item = {};
      for (const name of algorithm.attributes) {
        const value = decoded(values[at++] ?? '-');
        if (value !== undefined) state[name] = value;
      }
      Object.assign(item, suffixed(state, suffix));
    }
    const row = { item, newest, isFull: isFull === '1', expiresAt: Number(expiresAt) };
    return { row, seenAtMs: Number(seenAtMs) };
  }

  /** The row where it admits; a refusal where the shield may give it. */
  hintOf(call: KeyCall): { readonly row?: KnownRow; readonly refusal?: AttemptResult } {
    const known = this.rowOf(call);
    if (known === undefined) return {};
    const result = statusOf(known.row.item, call.limits, call);
    if (result.isAdmitted) return { row: known.row };
    // Somebody may have given attempts back since; and the table has to be told of a block.
    const isFresh = this.#clock.monotonic() - known.seenAtMs < this.#maskMs;
    const begins = blockOf(result, call.limits, call.nowMs) !== undefined;
    return isFresh && !begins ? { refusal: result } : {};
  }
}

function namesOf(limits: readonly ResolvedLimit[]): string {
  let names = '';
  for (const { algorithm } of limits) names += `${algorithm.name},`;
  return names;
}

/** Digits, `'` and a string, or times as their differences: never with a blank. */
function encoded(value: AttributeValue | undefined): string {
  if (value?.S !== undefined) return `'${value.S}`;
  if (value?.L === undefined) return value?.N ?? '-';
  let before = 0;
  const steps = value.L.map(({ N: digits }) => {
    const step = (Number(digits) - before).toString(36);
    before = Number(digits);
    return step;
  });
  return `[${steps.join(',')}`;
}

function decoded(text: string): AttributeValue | undefined {
  if (text.startsWith("'")) return { S: text.slice(1) };
  if (!text.startsWith('[')) return text === '-' ? undefined : { N: text };
  let time = 0;
  const steps = text === '[' ? [] : text.slice(1).split(',');
  return { L: steps.map((step) => ({ N: String((time += Number.parseInt(step, 36))) })) };
}
