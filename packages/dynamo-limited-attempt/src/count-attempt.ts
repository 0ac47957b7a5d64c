import { N, S, type Item } from '@x/dynamo-core';
import { checkItemSize, itemBytes, itemBytesMax } from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  contextAttribute,
  hasPartOf,
  stateOf,
  suffixed,
  type SeenRow,
} from './attempt-row.js';
import type { KeyCall } from './change-row.js';
import type { Step } from './algorithm.js';
import type { ResolvedLimit } from './limits.js';
import {
  assigned,
  contextPart,
  expiry,
  holds,
  identified,
  isNotBlocked,
  isOurs,
  isUnchanged,
  mirrored,
} from './requests.js';
import { type Part } from './update-builder.js';

/** How one limit counts: in place, over a window that has ended, or by a state written anew. */
interface Counting {
  readonly parts: readonly Part[];
  readonly untilMs: number;
  /** Whether its window begins now. */
  readonly begins: boolean;
  readonly hasState: boolean;
  /** Whether it is right only for the very row that was seen. */
  readonly isPinned: boolean;
}

/**
 * The update that counts an attempt: `within` its limits only, or `past` them. It is right whatever
 * the row has become since it was seen: then its condition fails.
 */
export function countParts(
  call: KeyCall,
  row: SeenRow | undefined,
  bound: 'within' | 'past',
): readonly Part[] {
  const { id, nowMs } = call;
  const counting = countable(call.limits).map((limit) => countOne(call, row, limit, bound));
  const isPinned = row?.replaced !== undefined || counting.some((one) => one.isPinned);
  const begins = counting.every((one) => one.begins);
  const untilMs = Math.max(...counting.map((one) => one.untilMs));
  const parts = counting.flatMap((one) => one.parts);
  const ours = row && isPinned ? isUnchanged(row, setNames(call)) : [isOurs(row)];
  // Where nothing was seen, a window written anew is right only where there is no row.
  if (row === undefined && isPinned) parts.push(holds('attribute_not_exists(r0)'));
  const context = row?.original && !begins ? (row.original.state.data ?? undefined) : call.context;
  // A full row in which this process saw attempts has a context.
  const hasContext = row?.isFull === true && counting.some(({ hasState }) => hasState);
  const sets = begins || row?.original !== undefined;
  if (sets || !hasContext) parts.push(contextPart(context, sets));
  if (row?.original !== undefined) parts.push(mirrored(begins ? undefined : mirror(call, row)));
  else if (begins && row?.replaced === undefined) parts.push(mirrored(undefined));
  // A block of a row that has expired goes with it.
  if (bound === 'within' && row?.replaced === undefined) parts.push(isNotBlocked(nowMs));
  return [...parts, expiry(row, nowMs, untilMs), ...ours, identified(id, row)];
}

function countOne(
  call: KeyCall,
  row: SeenRow | undefined,
  limit: ResolvedLimit,
  bound: 'within' | 'past',
): Counting {
  const { algorithm, suffix } = limit;
  const state = stateOf(row?.item, limit);
  const isForeign = row && (row.original ?? row.replaced) !== undefined;
  // What another algorithm left under one of its names is only replaced by a whole state.
  const isMixed = state === undefined && row !== undefined && hasPartOf(row.item, limit);
  const isIdle = state !== undefined && algorithm.standing(state, limit, call).isIdle;
  if (!isForeign && !isMixed && !isIdle) {
    const step = algorithm.step(state, limit, call, bound);
    if (step !== undefined) {
      const parts = [inPlace(step, limit)];
      const hasState = state !== undefined;
      return { parts, untilMs: step.untilMs, begins: false, hasState, isPinned: false };
    }
  }
  const next = algorithm.take(state, limit, call);
  const parts = [assigned(suffixed(next, suffix))];
  const over = isIdle && !isForeign ? algorithm.over?.(limit, call) : undefined;
  if (over !== undefined) {
    parts.push({ ...holds(over.condition, over.values), needsRow: true });
  }
  const untilMs = algorithm.standing(next, limit, call).resetAtMs;
  const begins = row !== undefined && (state === undefined || isIdle);
  const hasState = state !== undefined;
  return { parts, untilMs, begins, hasState, isPinned: over === undefined };
}

function inPlace(
  { shape, text, values }: Step,
  { algorithm: { name }, suffix }: ResolvedLimit,
): Part {
  return {
    shape: `${name}${suffix} ${shape}`,
    text: () => {
      const { sets, condition } = text();
      return { sets, conditions: [condition] };
    },
    values,
  };
}

/** The update that only converts what another rule has kept; `undefined` where there is nothing. */
export function convertParts(call: KeyCall, row: SeenRow): readonly Part[] | undefined {
  if (row.original !== undefined || row.replaced !== undefined) return undefined;
  const states: Part[] = [];
  let untilMs = call.nowMs;
  for (const limit of countable(call.limits)) {
    const { algorithm, suffix } = limit;
    const state = stateOf(row.item, limit);
    const converted = state && algorithm.converted?.(state, limit, call);
    if (converted === undefined) continue;
    states.push(assigned(suffixed(converted, suffix)));
    untilMs = Math.max(untilMs, algorithm.standing(converted, limit, call).resetAtMs);
  }
  if (states.length === 0) return undefined;
  const ours = isUnchanged(row, setNames(call));
  return [...states, expiry(row, call.nowMs, untilMs), ...ours, identified(call.id, row)];
}

/** The attributes that a change of these limits sets, or that hold them: the key. */
export function setNames({ key, limits }: Pick<KeyCall, 'key' | 'limits'>): string[] {
  const states = countable(limits).flatMap(({ algorithm, suffix }) =>
    algorithm.attributes.map((name) => name + suffix),
  );
  return [...Object.keys(key), 'began', 'context', 'expiresAt', ...states];
}

/** The limits that count: one that admits nothing keeps no state. */
export function countable(limits: readonly ResolvedLimit[]): readonly ResolvedLimit[] {
  return limits.filter(({ attemptsMax }) => attemptsMax > 0);
}

/**
 * What the original is to see of a window that it began: the attempts so far, this one included. It
 * does not see those that follow. Nothing when there is no room for it beside our own attributes.
 */
export function mirror(
  call: KeyCall,
  { original }: SeenRow,
  cost: number = call.cost,
): ReturnType<typeof S> | undefined {
  if (original === undefined) return undefined;
  const { state } = original;
  const data = S(JSON.stringify({ ...state, attempts: Math.max(0, state.attempts + cost) }));
  const row = largestRow(call, state.data ?? undefined);
  row[call.rows.mappings.dataFieldName] = data;
  return itemBytes(row) <= itemBytesMax ? data : undefined;
}

const contextUnitsSafe = 100_000;

/** Throws an `ItemTooLargeError` for a context that does not fit into the row of these limits. */
export function checkContextSize(call: KeyCall): void {
  // Everything else in a row is small: only a context can be too long, at three bytes a unit.
  if (call.context !== undefined && call.context.length > contextUnitsSafe) {
    checkItemSize(call.label, largestRow(call, call.context));
  }
}

function largestRow(call: KeyCall, context: string | undefined): Item {
  const id = S('x'.repeat(25));
  const row: Item = {
    ...call.key,
    began: id,
    context: contextAttribute(context),
    expiresAt: N(call.nowMs),
    blockedUntil: N(call.nowMs),
  };
  for (const name of attemptRegisters) row[name] = id;
  for (const limit of countable(call.limits)) {
    const full = { ...call, cost: limit.attemptsMax };
    Object.assign(row, suffixed(limit.algorithm.take(undefined, limit, full), limit.suffix));
  }
  return row;
}
