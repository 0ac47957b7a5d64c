import {
  numberOf,
  S,
  stringOf,
  UnreadableRowError,
  type AttributeValue,
  type CompoundKey,
  type EpochMS,
  type Item,
  InvalidInputError,
} from '@x/dynamo-core';
import {
  checkAlone,
  countsRemembered,
  isExpired,
  registers,
  type PartitionedHandle,
  type Registers,
  checkedOptions,
  checkInteger,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import type { Algorithm, LimitField, Rule, Moment } from './algorithm.js';
import { fixedWindow } from './algorithms/windows.js';

/** The attributes with the ids of the latest changes, the newest first. */
export const attemptRegisters: Registers = registers('r', countsRemembered);

const lastRegister = `r${countsRemembered - 1}`;

/** What the original keeps as JSON in the `data` of a row, and what goes on from there. */
export interface ResetState<T = string> {
  /** When the window began. */
  created: EpochMS;
  /** The context of the window's first attempt. */
  data: T | undefined;
  attempts: number;
}

/** One call about a key, with all that it takes. */
export interface KeyCall {
  readonly rows: PartitionedHandle;
  readonly key: Item;
  readonly displayKey: string;
  readonly callerKey: CompoundKey;
  /** Of the change: the row remembers it. */
  readonly id: string;
  /**
   * Whole milliseconds since 1970: a change counts at this moment, however long it takes. It becomes
   * another one only where DynamoDB refused a request because the machine's clock is wrong.
   */
  nowMs: number;
  readonly cost: number;
  readonly limits: readonly ResolvedLimit[];
  readonly context: string | undefined;
}

/** What a row says about the attempts of a key. */
export interface KnownRow {
  /** The row as it is; in our attributes what the original's says; or nothing, when it expired. */
  readonly item: Item;
  /** The id of the latest change. */
  readonly newest: string | undefined;
  /** Whether all registers are in use. */
  readonly isFull: boolean;
  /** In seconds since 1970. */
  readonly expiresAt: number | undefined;
  /** What the original stored, where the row is one that it wrote. */
  readonly original?: { readonly data: AttributeValue; readonly state: ResetState };
  /** The row as it is, where it is not ours: it has expired, or is only left over. */
  readonly replaced?: Item;
}

/** A key as a text of its own; two keys never share one. */
export function idOf(key: Item): string {
  let id = '';
  for (const name in key) id += `${key[name]?.S ?? key[name]?.N}\0`;
  return id;
}

/**
 * Reads a row. What has expired is absent. Throws a `KeyCollisionError` for a row that holds a count
 * or a claim, and an `UnreadableRowError` for one with another value in it.
 */
export function readRow(item: Item | undefined, call: KeyCall): KnownRow | undefined {
  if (item === undefined) return undefined;
  const { rows, displayKey, limits, nowMs, id } = call;
  const expiresAt = numberOf(item, 'expiresAt');
  const isFull = item[lastRegister] !== undefined;
  const row = { item, newest: stringOf(item, 'r0'), isFull, expiresAt };
  if (isExpired(expiresAt, nowMs)) return { ...row, item: {}, replaced: item };
  checkHoldsAttempts(call, item);
  if (item['began'] !== undefined) return row;
  const data = item[rows.mappings.dataFieldName];
  if (data === undefined) return { ...row, item: {}, replaced: item };
  const state = parseResetState(data, displayKey);
  const own: Item = { context: contextAttribute(state.data ?? undefined) };
  if (item['blockedUntil']) own['blockedUntil'] = item['blockedUntil'];
  const first = { nowMs: state.created, cost: state.attempts, id };
  for (const limit of countable(limits)) {
    Object.assign(own, suffixed(limit.algorithm.take(undefined, limit, first), limit.suffix));
  }
  return { ...row, item: own, original: { data, state } };
}

/** Throws a `KeyCollisionError` for a row that holds a count or a claim. */
export function checkHoldsAttempts({ rows, displayKey }: KeyCall, item: Item | undefined): void {
  if (item?.['count'] === undefined && item?.['lease'] === undefined) return;
  const { [rows.mappings.dataFieldName]: _, ...others } = item;
  checkAlone(displayKey, others, 'attempts');
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

/** Whether a row has a part of a limit's state, which another algorithm left under its names. */
export function hasPartOf(item: Item, { algorithm, suffix }: ResolvedLimit): boolean {
  return algorithm.attributes.some((name) => name !== 'began' && item[name + suffix] !== undefined);
}

/** A state in the names that it has in the row. */
export function suffixed(state: Item, suffix: string): Item {
  if (suffix === '') return state;
  const renamed: Item = {};
  for (const name in state) renamed[name + suffix] = state[name] as AttributeValue;
  return renamed;
}

/**
 * The id of the window in which the change with this id was counted. `undefined` when another window
 * has begun since.
 */
export function windowOf(item: Item, { suffix }: ResolvedLimit, id: string): string | undefined {
  const began = stringOf(item, `began${suffix}`);
  const ids = attemptRegisters.map((name) => stringOf(item, name));
  const beganAt = ids.indexOf(began?.split(',')[0]);
  // The ids are in order, so that a window which began after the attempt is not its own.
  return beganAt !== -1 && beganAt < ids.indexOf(id) ? undefined : began;
}

/** The context as it is kept. That there is none is kept too, or a later one would be taken. */
export function contextAttribute(context: string | undefined): AttributeValue {
  return context === undefined ? { NULL: true } : S(context);
}

/** The state in the `data` of a row. Throws an `UnreadableRowError` for anything else. */
function parseResetState(data: AttributeValue, displayKey: string): ResetState {
  let state: Partial<ResetState> | null | undefined;
  try {
    state = JSON.parse(data.S ?? 'null') as typeof state;
  } catch {
    state = undefined;
  }
  const { created, attempts = -1, data: context } = state ?? {};
  const isText = context === undefined || context === null || typeof context === 'string';
  if (
    !Number.isSafeInteger(created) ||
    !Number.isSafeInteger(attempts) ||
    attempts < 0 ||
    !isText
  ) {
    throw new UnreadableRowError(displayKey, 'its data is not the state of attempts');
  }
  return state as ResetState;
}

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

/** The largest limit, and the most that is counted at once. */
export const largestLimit = 1_000_000_000;

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
    const allowed = 'an object with attemptsMax and windowMs';
    throw new InvalidInputError('limits', limit, allowed, { isData: true });
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
  if (field(algorithm, 'burst', burst) !== undefined)
    checkInteger('burst', burst ?? 0, 1, largestLimit);
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

/** The attributes beside those of the algorithms. `began` tells a row of ours. */
export const rowAttributes: readonly string[] = [
  'began',
  'context',
  'expiresAt',
  'blockedUntil',
  'count',
  'lease',
];

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
