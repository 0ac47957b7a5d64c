import {
  numberOf,
  S,
  stringOf,
  type AttributeValue,
  type Item,
  type PartitionedTable,
} from '@x/dynamo-core';
import {
  checkAlone,
  isExpired,
  newest,
  partitionedRowsOptionNames,
  registers,
  rowsOf,
  countsRemembered,
  type PartitionedHandle,
  type Registers,
} from '@x/dynamo-core/mechanism';

import type { ResolvedLimit } from './limits.js';
import { limiterOptionNames, type LimitedAttemptOptions } from './options.js';
import { parseResetState, type ResetState } from './reset-state.js';

/** The attributes with the ids of the latest changes, the newest first. */
export const attemptRegisters: Registers = registers('r', countsRemembered);
const [lastRegister = ''] = attemptRegisters.slice(-1);

/** The attributes beside those of the algorithms. `began` tells a row of ours. */
const rowAttributes = ['began', 'context', 'expiresAt', 'blockedUntil', 'count', 'lease'];

/** What a row says about the attempts of a key. */
export interface SeenRow {
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

/** The table as it was passed, or the one that the options describe. */
export function tableRows(table: PartitionedTable | LimitedAttemptOptions): PartitionedHandle {
  return rowsOf<LimitedAttemptOptions>(table, [...rowAttributes, ...attemptRegisters], {
    ...partitionedRowsOptionNames,
    ...limiterOptionNames,
  });
}

/** What it takes to read a row. */
export interface RowReading {
  readonly rows: PartitionedHandle;
  readonly label: string;
  readonly limits: readonly ResolvedLimit[];
  readonly nowMs: number;
  readonly id: string;
}

/**
 * Reads a row. What has expired is absent. Throws a `KeyCollisionError` for a row that holds a count
 * or a claim, and an `UnreadableRowError` for one with another value in it.
 */
export function seenRow(
  item: Item | undefined,
  { rows, label, limits, nowMs, id }: RowReading,
): SeenRow | undefined {
  if (item === undefined) return undefined;
  const expiresAt = numberOf(item, 'expiresAt');
  const seen = {
    item,
    newest: newest(item, attemptRegisters),
    isFull: item[lastRegister] !== undefined,
    expiresAt,
  };
  if (isExpired(expiresAt, nowMs)) return { ...seen, item: {}, replaced: item };
  const { [rows.mappings.dataFieldName]: data, ...others } = item;
  checkAlone(label, others, 'attempts');
  if (item['began'] !== undefined) return seen;
  if (data === undefined) return { ...seen, item: {}, replaced: item };
  const state = parseResetState(data, label);
  const window = { createdMs: state.created, attempts: state.attempts };
  const own: Item = { context: contextAttribute(state.data ?? undefined) };
  if (item['blockedUntil']) own['blockedUntil'] = item['blockedUntil'];
  for (const limit of limits) {
    if (limit.attemptsMax === 0) continue;
    Object.assign(own, suffixed(limit.algorithm.continued(window, limit, id), limit.suffix));
  }
  return { ...seen, item: own, original: { data, state } };
}

/** The state of one limit, in the names that its algorithm knows. */
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
