import {
  type AttributeValue,
  type CompoundKey,
  type Item,
  N,
  S,
  UnreadableRowError,
} from '@x/dynamo-core';
import {
  checkAlone,
  checkItemSize,
  countsRemembered,
  expiredNames,
  itemBytes,
  itemBytesMax,
  registers,
  type PartitionedHandle,
  type Registers,
} from '@x/dynamo-core/mechanism';

import type { StepText } from './algorithm.js';
import { isIdle, stateOf, statusOf, suffixed, type Asked, type ResolvedLimit } from './limits.js';
import type { AttemptResult, DecisionOptions, ResetState } from './options.js';

/** The attributes with the ids of the latest changes, the newest first. */
export const attemptRegisters: Registers = registers('r', countsRemembered);

/** The attributes beside those of the algorithms. `began` tells a row of ours. */
export const rowAttributes: readonly string[] = [
  'began',
  'context',
  'expiresAt',
  'blockedUntil',
  'count',
  'lease',
];

/** One call about a key, with all that it takes. */
export interface KeyCall extends DecisionOptions {
  readonly rows: PartitionedHandle;
  readonly key: Item;
  /** The key as a text of its own; two keys never share one. */
  readonly keyId: string;
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
  /** Those that count: one that admits nothing keeps no state. */
  readonly counting: readonly ResolvedLimit[];
  /** As it is kept. That there is none is kept too, or a later one would be taken. */
  readonly context: AttributeValue;
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

/**
 * A part of an update. Parts with the same shape have the same text, so that the expressions of a
 * request are put together once for each list of shapes. `#pk`, `#count` and `#data` stand for the
 * partition key, for a count, and for the values of others; `#newest` for the first register.
 */
export interface Part {
  readonly shape: string;
  readonly text: () => PartText;
  readonly values?: Item;
  /** The attributes that it writes as they are to be. */
  readonly state?: Item;
}

export interface PartText extends Partial<StepText> {
  readonly removes?: string;
  /** Names of the row that it was computed from. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A row that was changed. `isLatest`: nothing else has changed it since. */
export interface ChangedRow {
  readonly outcome: 'changed';
  readonly row: KnownRow;
  readonly isLatest: boolean;
}

/** What became of a change; `left`: there was nothing to change. */
export type RowChange =
  | ChangedRow
  | { readonly outcome: 'left'; readonly row: KnownRow | undefined };

/** What a row is to become, and whether a request has just found it; `undefined` to leave it. */
export type Plan = (row: KnownRow | undefined, isSeen: boolean) => readonly Part[] | undefined;

/**
 * Reads a row that is not ours, or holds more: what the original says in our attributes. Throws a
 * `KeyCollisionError` where something else is in it, and an `UnreadableRowError` for another value.
 */
export function readForeign(
  item: Item,
  call: KeyCall,
): Pick<KnownRow, 'item' | 'original' | 'replaced'> {
  const { rows, displayKey, counting, id } = call;
  // A value may be what the original stores.
  const { [rows.mappings.dataFieldName]: data, ...others } = item;
  checkAlone(displayKey, others, 'attempts', rows.mappings.dataFieldName);
  if (item['began'] !== undefined) return { item };
  if (data === undefined) return { item: {}, replaced: item };
  const state = parseResetState(data, displayKey);
  const context = typeof state.data === 'string' ? S(state.data) : { NULL: true };
  const own: Item = { context };
  if (item['blockedUntil']) own['blockedUntil'] = item['blockedUntil'];
  const first = { nowMs: state.created, cost: state.attempts, id };
  for (const limit of counting) {
    Object.assign(own, suffixed(limit.algorithm.take(undefined, limit, first), limit.suffix));
  }
  return { item: own, original: { data, state } };
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

/** The row has expired: all of it is taken out but its key and what the change keeps or writes. */
export function isExpiredStill(row: Item, kept: string[]): Part {
  const names = expiredNames(row, kept).toSorted();
  const places = names.map((_, index) => `#x${index}`);
  const { expiresAt } = row;
  const condition = expiresAt ? 'expiresAt = :expired' : 'attribute_not_exists(expiresAt)';
  return {
    shape: JSON.stringify([condition, ...names]),
    text: () => ({
      ...(names.length > 0 && { removes: places.join(', ') }),
      condition,
      names: Object.fromEntries(names.map((name, index) => [`#x${index}`, name])),
    }),
    ...(expiresAt && { values: { ':expired': expiresAt } }),
  };
}

/** What the original stored goes. */
export const withoutData: Part = { shape: 'nodata', text: () => ({ removes: '#data' }) };

/**
 * What the original is to see of a window that it began: the attempts so far, with so many more. It
 * does not see those that follow. Nothing when there is no room for it beside our own attributes.
 */
export function mirrored(call: KeyCall, { item, original }: KnownRow, cost: number): Part {
  if (original === undefined) return withoutData;
  const { state } = original;
  const data = S(JSON.stringify({ ...state, attempts: Math.max(0, state.attempts + cost) }));
  const largest = largestRow({ ...call, context: item['context'] as AttributeValue });
  largest[call.rows.mappings.dataFieldName] = data;
  return itemBytes(largest) <= itemBytesMax
    ? { shape: 'mirror', text: () => ({ sets: '#data = :mirror' }), values: { ':mirror': data } }
    : withoutData;
}

/** Whether nothing that was attempted before counts for any limit. */
export function isAllIdle(row: KnownRow | undefined, call: KeyCall): boolean {
  return call.counting.every((limit) => isIdle(stateOf(row?.item, limit), limit, call));
}

/** Throws an `ItemTooLargeError` for a context that does not fit into the row of these limits. */
export function checkRowSize(call: KeyCall): void {
  checkItemSize(call.displayKey, largestRow(call));
}

function largestRow(call: KeyCall): Item {
  const [id, time] = [S('x'.repeat(25)), N(call.nowMs)];
  const row: Item = { ...call.key, context: call.context };
  Object.assign(row, { began: id, expiresAt: time, blockedUntil: time });
  for (const name of attemptRegisters) row[name] = id;
  for (const limit of call.counting) {
    const full = { ...call, cost: limit.attemptsMax };
    Object.assign(row, suffixed(limit.algorithm.take(undefined, limit, full), limit.suffix));
  }
  return row;
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
