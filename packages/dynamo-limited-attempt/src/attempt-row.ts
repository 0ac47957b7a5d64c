import {
  N,
  numberOf,
  rowsOf,
  S,
  stringOf,
  type AttributeValue,
  type Item,
  type PartitionedRows,
  type PartitionedRowsOptions,
  type PartitionedTable,
  type PartitionKeyMappings,
} from '@x/dynamo-core';

import type { ResolvedLimit } from './limits.js';
import { parseResetState, type ResetState } from './reset-state.js';

/** How many of the latest changes a row remembers by their ids. */
const idsMax = 16;

/** The attributes with the ids of the latest changes, the newest first. */
export const idAttributes: readonly string[] = Array.from(
  { length: idsMax },
  (_, index) => `r${index}`,
);
const [newest = ''] = idAttributes;

/** What a row says about the attempts of a key. */
export interface AttemptRow {
  /** The row as it is, or the one that says in our attributes what the original's says. */
  readonly item: Item;
  /** What the original stored, where the row is one that it wrote. */
  readonly original?: { readonly data: AttributeValue; readonly state: ResetState };
}

/** The attributes beside the ids and the states of the limits. */
const rowAttributes = ['window', 'context', 'expiresAt', 'blockedUntil'];

/** The table as it was passed, or the one that the options describe. */
export function tableRows(table: PartitionedTable | PartitionedRowsOptions): PartitionedRows {
  return rowsOf(table, [...rowAttributes, ...idAttributes]);
}

/** Reads a row. Throws an `UnreadableRowError` for one with something else in it. */
export function attemptRow(
  item: Item | undefined,
  { mappings }: PartitionedRows,
  label: string,
  limits: readonly ResolvedLimit[],
): AttemptRow | undefined {
  const data = item?.[mappings.dataFieldName];
  if (item === undefined || data === undefined || newestId(item) !== undefined) {
    return item && { item };
  }
  const state = parseResetState(data, label);
  const context = contextAttribute(state.data ?? undefined);
  const window = { createdMs: state.created, attempts: state.attempts };
  const states = limits.map((limit) =>
    suffixed(limit.algorithm.continued(window, limit), limit.suffix),
  );
  const { blockedUntil: blocked } = item;
  const own = Object.assign({ context, ...(blocked && { blockedUntil: blocked }) }, ...states);
  return { item: own as Item, original: { data, state } };
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

/** Whether a row has any of the attributes of a limit. */
export function hasPartOf(item: Item | undefined, { algorithm, suffix }: ResolvedLimit): boolean {
  return algorithm.attributes.some((name) => item?.[name + suffix] !== undefined);
}

/** A state in the names that it has in the row. */
export function suffixed(state: Item, suffix: string): Item {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name + suffix, value]));
}

/** The id of the latest change, which also is the version of the row. */
export function newestId(item: Item | undefined): string | undefined {
  return stringOf(item, newest);
}

/** Whether the change with this id is one of the latest ones. */
export function hasChanged(item: Item, id: string): boolean {
  return idAttributes.some((name) => stringOf(item, name) === id);
}

/**
 * The window in which the attempt with this id was counted: the id of the attempt that began it.
 * `undefined` when another window has begun since.
 */
export function windowOf(item: Item, id: string): string | undefined {
  const window = stringOf(item, 'window');
  const ids = idAttributes.map((name) => stringOf(item, name));
  const beganAt = ids.indexOf(window);
  // The ids are in order, so that a window which began after the attempt is not its own.
  return beganAt !== -1 && beganAt < ids.indexOf(id) ? undefined : window;
}

/** The context as it is kept. That there is none is kept too, or a later one would be taken. */
export function contextAttribute(context: string | undefined): AttributeValue {
  return context === undefined ? { NULL: true } : S(context);
}

/** Until when every attempt is refused, in ms since 1970. */
export function blockedUntil(item: Item | undefined): number {
  return numberOf(item, 'blockedUntil') ?? 0;
}

/** A row stays this much longer, so that a clock which is wrong by less makes none go early. */
const slackMs = 86_400_000;

/** When Time to Live may remove the row, in whole seconds since 1970. */
export function expiryOf(limits: readonly ResolvedLimit[], nowMs: number): AttributeValue {
  // Two periods, because a sliding counter looks at the one before.
  const longestMs = Math.max(...limits.map(({ validityMs, blockMs }) => 2 * validityMs + blockMs));
  return N(Math.ceil((nowMs + longestMs + slackMs) / 1000));
}

/** A row of these limits as large as it can become. */
export function largestRow({
  key,
  limits,
  context,
  nowMs,
}: {
  readonly key: Item;
  readonly limits: readonly ResolvedLimit[];
  readonly context: string | undefined;
  readonly nowMs: number;
}): Item {
  const id = S('x'.repeat(12));
  const states = limits.map((limit) =>
    suffixed(
      limit.algorithm.admit(undefined, limit, { nowMs, cost: limit.attemptsMax }),
      limit.suffix,
    ),
  );
  return Object.assign(
    {
      ...key,
      window: id,
      context: contextAttribute(context),
      expiresAt: expiryOf(limits, nowMs),
      blockedUntil: N(nowMs),
    },
    ...states,
    ...idAttributes.map((name) => ({ [name]: id })),
  ) as Item;
}

/** A row without what can be long. */
export function shortRow(item: Item, { dataFieldName }: PartitionKeyMappings): Item {
  const { context: _context, [dataFieldName]: _data, ...short } = item;
  return short;
}
