// What few rows need: those of the original, those that expired, and those that others change all the time.
import {
  ConflictError,
  N,
  numberOf,
  S,
  UnreadableRowError,
  type AttributeValue,
  type Item,
} from '@x/dynamo-core';
import {
  checkAlone,
  droppedOf,
  checkItemSize,
  isExpired,
  itemBytes,
  itemBytesMax,
  pause,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  withoutData,
  type KeyCall,
  type KnownRow,
  type Part,
} from './attempt-row.js';
import { suffixed } from './limits.js';
import type { ResetState } from './options.js';

/**
 * Reads a row that has expired, is not ours, or holds more: what the original says in our attributes.
 * Throws a `KeyCollisionError` where something else is in it, and an `UnreadableRowError` for another
 * value.
 */
export function readForeign(
  item: Item,
  call: KeyCall,
): Pick<KnownRow, 'item' | 'original' | 'replaced'> {
  const replaced = (kept: readonly string[]): Part => withoutRest(item, kept);
  if (isExpired(numberOf(item, 'expiresAt'), call.nowMs)) return { item: {}, replaced };
  const { rows, displayKey, counting, id } = call;
  // A value may be what the original stores.
  const { [rows.mappings.dataFieldName]: data, ...others } = item;
  checkAlone(displayKey, others, 'attempts', rows.mappings.dataFieldName);
  if (item['began'] !== undefined) return { item };
  if (data === undefined) return { item: {}, replaced };
  const state = parseResetState(data, displayKey);
  // JSON holds halves of surrogate pairs, which no attribute does: a text that was cut may end in one.
  const context = typeof state.data === 'string' ? S(state.data.toWellFormed()) : { NULL: true };
  const own: Item = { context };
  if (item['blockedUntil']) own['blockedUntil'] = item['blockedUntil'];
  const first = { nowMs: state.created, cost: state.attempts, id };
  for (const limit of counting) {
    Object.assign(own, suffixed(limit.algorithm.take(undefined, limit, first), limit.suffix));
  }
  const mirrored = (cost: number): Part => mirror({ ...call, context }, state, cost);
  return { item: own, original: { data, mirrored } };
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

/** The row is still there: all of it is taken out but its key and what the change keeps or writes. */
function withoutRest(row: Item, kept: readonly string[]): Part {
  const { places, names } = droppedOf(row, kept);
  const { expiresAt } = row;
  const condition = expiresAt ? 'expiresAt = :expired' : 'attribute_not_exists(expiresAt)';
  return {
    removes: places,
    condition,
    names,
    ...(expiresAt && { values: { ':expired': expiresAt } }),
  };
}

/** What the original stored, with so many attempts more: nothing where our own attributes leave no room. */
function mirror(call: KeyCall, state: ResetState, cost: number): Part {
  const data = S(JSON.stringify({ ...state, attempts: Math.max(0, state.attempts + cost) }));
  const largest = { ...largestRow(call), [call.rows.mappings.dataFieldName]: data };
  return itemBytes(largest) <= itemBytesMax
    ? { sets: '#data = :mirror', values: { ':mirror': data } }
    : withoutData;
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

/** Two or three suffice unless the row changes its window in between. */
const roundsMax = 50;

/** No further round begins after so long. Each request has a bound of its own. */
const roundsMsMax = 30_000;

/** The change whose next round begins. */
interface Contended {
  readonly rows: PartitionedHandle;
  readonly displayKey: string;
  readonly startedMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Pauses before a round, from the fourth on. Throws a `ConflictError` where it is one too many. */
export async function awaitRound(
  round: number,
  { rows, displayKey, startedMs, signal }: Contended,
): Promise<void> {
  const isLate = rows.clock.monotonic() - startedMs > roundsMsMax;
  if (isLate || round > roundsMax) throw new ConflictError(displayKey, round - 1);
  await pause(round - 4, { firstMs: 20, maxMs: 1_000 }, { ...rows, signal });
}
