import {
  N,
  S,
  type DynamoInput,
  type Item,
  type AttributeValue,
  InvalidInputError,
} from '@x/dynamo-core';
import { checkItemSize, itemBytes, itemBytesMax, checkWellFormed } from '@x/dynamo-core/mechanism';

import type { OwnAttempt } from './algorithm.js';
import {
  hasPartOf,
  stateOf,
  suffixed,
  type KeyCall,
  type KnownRow,
  countable,
  type ResolvedLimit,
  attemptRegisters,
  contextAttribute,
} from './attempt-row.js';
import {
  assigned,
  contextPart,
  expiry,
  holds,
  identified,
  isNotBlocked,
  isOriginal,
  isOurs,
  isUnchanged,
  mirrored,
  type Part,
} from './update.js';

/** Whether an attempt is counted within its limits only, or also past them. */
export type Bound = 'within' | 'past';

/**
 * The update that counts an attempt. It is right also where the row has changed since it was seen: then
 * its condition fails.
 */
export function countParts(
  call: KeyCall,
  row: KnownRow | undefined,
  bound: Bound,
): readonly Part[] {
  let [begins, hasState, isPinned] = [true, false, row?.replaced !== undefined];
  let untilMs = 0;
  const parts: Part[] = [];
  for (const limit of countable(call.limits)) {
    const one = countOne(call, row, limit, bound);
    parts.push(one.part);
    begins &&= one.begins;
    hasState ||= one.hasState;
    isPinned ||= one.isPinned;
    untilMs = Math.max(untilMs, one.untilMs);
  }
  const original = row?.original;
  const context = original && !begins ? (original.state.data ?? undefined) : call.context;
  const sets = begins || original !== undefined;
  // A full row in which this process saw attempts has a context.
  if (sets || !(row?.isFull && hasState)) parts.push(contextPart(context, sets));
  if (original !== undefined) parts.push(mirrored(begins ? undefined : mirror(call, row)));
  else if (begins && row?.replaced === undefined) parts.push(mirrored(undefined));
  // A block of a row that has expired goes with it.
  if (bound === 'within' && row?.replaced === undefined) parts.push(isNotBlocked(call.nowMs));
  return change(call, row, parts, untilMs, isPinned);
}

/** How one limit counts: in place, or by a state that is right only for the row that was seen. */
interface Counting {
  readonly part: Part;
  readonly untilMs: number;
  /** Whether its window begins now. */
  readonly begins: boolean;
  readonly hasState: boolean;
  readonly isPinned: boolean;
}

function countOne(
  call: KeyCall,
  row: KnownRow | undefined,
  limit: ResolvedLimit,
  bound: Bound,
): Counting {
  const { algorithm, suffix } = limit;
  const state = stateOf(row?.item, limit);
  const hasState = state !== undefined;
  const isIdle = hasState && algorithm.standing(state, limit, call).isIdle;
  // What another algorithm left under one of its names is only replaced by a whole state.
  const isMixed = !hasState && row !== undefined && hasPartOf(row.item, limit);
  const isForeign = row?.original !== undefined || row?.replaced !== undefined;
  const step =
    isIdle || isMixed || isForeign ? undefined : algorithm.step(state, limit, call, bound);
  if (step !== undefined) {
    const { untilMs, values } = step;
    const text = (): ReturnType<Part['text']> => {
      const { sets, condition } = step.text();
      return { sets, when: condition };
    };
    const part = { shape: `${algorithm.name}${suffix} ${step.shape}`, text, values };
    return { part, untilMs, begins: false, hasState, isPinned: false };
  }
  const next = algorithm.take(state, limit, call);
  const untilMs = algorithm.standing(next, limit, call).resetAtMs;
  const begins = row !== undefined && (!hasState || isIdle);
  return { part: assigned(suffixed(next, suffix)), untilMs, begins, hasState, isPinned: true };
}

/** The update that only converts what another rule has kept; `undefined` where there is nothing. */
export function convertParts(call: KeyCall, row: KnownRow): readonly Part[] | undefined {
  if (row.original !== undefined || row.replaced !== undefined) return undefined;
  return rewrite(call, row, (state, limit) => limit.algorithm.converted?.(state, limit, call));
}

/** Where an attempt was counted: for each limit, in which window and with which state. */
export type OwnAttempts = ReadonlyMap<ResolvedLimit, OwnAttempt>;

/**
 * The update that gives back what still counts: an attempt by its handle (`own`), or the cost by key.
 * `undefined` where there is nothing to give back.
 */
export function giveBackParts(
  call: KeyCall,
  row: KnownRow | undefined,
  own: OwnAttempts | undefined,
): readonly Part[] | undefined {
  if (row === undefined || row.replaced !== undefined) return undefined;
  const others =
    row.original === undefined
      ? []
      : [
          contextPart(row.original.state.data ?? undefined, true),
          mirrored(mirror(call, row, -call.cost)),
        ];
  return rewrite(
    call,
    row,
    (state, limit) =>
      own === undefined || own.has(limit)
        ? limit.algorithm.giveBack(state, limit, call, own?.get(limit))
        : undefined,
    others,
  );
}

/** Writes states anew; a row of the original becomes ours with all of its limits. */
function rewrite(
  call: KeyCall,
  row: KnownRow,
  next: (state: Item, limit: ResolvedLimit) => Item | undefined,
  others: readonly Part[] = [],
): readonly Part[] | undefined {
  const parts: Part[] = [];
  let [hasChanged, untilMs] = [false, call.nowMs];
  for (const limit of countable(call.limits)) {
    const state = stateOf(row.item, limit);
    const changed = state && next(state, limit);
    hasChanged ||= changed !== undefined;
    const kept = changed ?? (row.original && state);
    if (kept === undefined) continue;
    parts.push(assigned(suffixed(kept, limit.suffix)));
    untilMs = Math.max(untilMs, limit.algorithm.standing(kept, limit, call).resetAtMs);
  }
  return hasChanged ? change(call, row, [...parts, ...others], untilMs, true) : undefined;
}

const began: Part = {
  shape: 'began',
  text: () => ({ sets: 'began = if_not_exists(began, :id)' }),
};

/**
 * The update that blocks the key, unless a block runs that lasts longer than `atMs`; in one window
 * only, where that is given.
 */
export function blockParts(
  call: KeyCall,
  row: KnownRow | undefined,
  untilMs: number,
  atMs: number,
  window?: { readonly name: string; readonly began: string },
): readonly Part[] {
  const block = [assigned({ blockedUntil: N(untilMs) }), isNotBlocked(atMs)];
  if (window) block.push(holds(`${window.name} = :window`, { ':window': S(window.began) }));
  // The original's row has no expiry, and ids would make it one of ours.
  if (row?.original !== undefined) return [...block, isOriginal(row.original.data)];
  const isExpired = row?.replaced !== undefined;
  const ours = isExpired ? assigned({ began: S(call.id) }) : began;
  return change(call, row, [...block, ours], untilMs, isExpired);
}

/** An update sets something: the original's row keeps the data that it has. */
const keepsData: Part = { shape: 'same', text: () => ({ sets: '#data = :data' }) };

const unblocked: Part = { shape: 'unblock', text: () => ({ removes: 'blockedUntil' }) };

/**
 * The update that ends a block. It is remembered also where there is none, and no row: a late copy of it
 * must not end one that begins later.
 */
export function unblockParts(call: KeyCall, row: KnownRow | undefined): readonly Part[] {
  // Ids would make a row of ours of the original's.
  return row?.original
    ? [unblocked, holds('attribute_exists(blockedUntil)'), isOriginal(row.original.data), keepsData]
    : change(call, row, [unblocked, began], call.nowMs, false);
}

/** The update that changes nothing, so that the row remembers a change that it did not need. */
export function rememberParts(
  call: KeyCall,
  row: KnownRow | undefined,
): readonly Part[] | undefined {
  return row === undefined || row.original || row.replaced
    ? undefined
    : [holds('attribute_exists(began)'), identified(call.id, row)];
}

function change(
  call: KeyCall,
  row: KnownRow | undefined,
  parts: readonly Part[],
  untilMs: number,
  isPinned: boolean,
): readonly Part[] {
  const change = [...parts, expiry(row, call.nowMs, untilMs)];
  if (row !== undefined && isPinned) {
    const written = parts.flatMap(({ state }) => Object.keys(state ?? {}));
    change.push(...isUnchanged(row, [...Object.keys(call.key), 'expiresAt', ...written]));
  } else {
    change.push(isOurs(row));
    // Where nothing was seen, a state written anew is right only where there is no row.
    if (isPinned) change.push(holds('attribute_not_exists(r0)'));
  }
  change.push(identified(call.id, row));
  return change;
}

/** Deletes the row; where ids are given, only while it has one of the windows that they began. */
export function deleteRow(
  { rows, key }: KeyCall,
  own: OwnAttempts | undefined,
): DynamoInput<'DeleteItem'> {
  const input = { TableName: rows.tableName, Key: key };
  if (own === undefined) {
    const free = '(attribute_exists(began) OR attribute_not_exists(lease))';
    return {
      ...input,
      ConditionExpression: `attribute_not_exists(#count) AND ${free}`,
      ExpressionAttributeNames: { '#count': 'count' },
    };
  }
  const windows = [...own].map(([{ suffix }, window]) => [`began${suffix}`, window.began] as const);
  return {
    ...input,
    ConditionExpression: windows.map(([name]) => `contains(${name}, :${name})`).join(' OR '),
    ExpressionAttributeValues: Object.fromEntries(windows.map(([name, id]) => [`:${name}`, S(id)])),
  };
}

/**
 * What the original is to see of a window that it began: the attempts so far, this one included. It
 * does not see those that follow. Nothing when there is no room for it beside our own attributes.
 */
function mirror(
  call: KeyCall,
  row: KnownRow | undefined,
  cost: number = call.cost,
): AttributeValue | undefined {
  if (row?.original === undefined) return undefined;
  const { state } = row.original;
  const data = S(JSON.stringify({ ...state, attempts: Math.max(0, state.attempts + cost) }));
  const largest = largestRow(call, state.data ?? undefined);
  largest[call.rows.mappings.dataFieldName] = data;
  return itemBytes(largest) <= itemBytesMax ? data : undefined;
}

/** Throws an `ItemTooLargeError` for a context that does not fit into the row of these limits. */
export function checkContextSize(call: KeyCall): void {
  // Everything else in a row is small: only a context can be too long, at three bytes a unit.
  if (call.context !== undefined && call.context.length > 100_000) {
    checkItemSize(call.displayKey, largestRow(call, call.context));
  }
}

function largestRow(call: KeyCall, context: string | undefined): Item {
  const [id, time] = [S('x'.repeat(25)), N(call.nowMs)];
  const row: Item = { ...call.key, context: contextAttribute(context) };
  Object.assign(row, { began: id, expiresAt: time, blockedUntil: time });
  for (const name of attemptRegisters) row[name] = id;
  for (const limit of countable(call.limits)) {
    const full = { ...call, cost: limit.attemptsMax };
    Object.assign(row, suffixed(limit.algorithm.take(undefined, limit, full), limit.suffix));
  }
  return row;
}

export function checkContext(context: string): void {
  if (typeof context !== 'string') {
    throw new InvalidInputError('context', context, 'a string, or left out', { isData: true });
  }
  // Not every engine refuses half of a pair, and none could give it back.
  checkWellFormed('context', context);
}
