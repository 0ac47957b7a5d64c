import { N, S, type AttributeValue, type Item } from '@x/dynamo-core';
import { checkItemSize, itemBytes, itemBytesMax } from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  contextAttribute,
  suffixed,
  type KeyCall,
  type KnownRow,
} from './attempt-row.js';
import { countable } from './limits.js';

/**
 * What the original is to see of a window that it began: the attempts so far, this one included. It
 * does not see those that follow. Nothing when there is no room for it beside our own attributes.
 */
export function mirror(
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
