import { writeConditionally } from '@x/dynamo-core/mechanism';
import type { Item } from '@x/dynamo-core';

import {
  checkHoldsAttempts,
  readRow,
  type KeyCall,
  type KnownRow,
  stateOf,
  windowOf,
  countable,
  type ResolvedLimit,
} from './attempt-row.js';
import { changeRow, type ChangedRow } from './update.js';
import type { Limiter } from './limiter.js';
import type { DecisionOptions } from './options.js';
import { deleteRow, giveBackParts, type OwnAttempts } from './requests.js';
import type { OwnAttempt } from './algorithm.js';

/** Reads the row. */
export async function read(
  { rows, memory }: Limiter,
  call: KeyCall,
  signal: AbortSignal | undefined,
): Promise<KnownRow | undefined> {
  const { releases } = memory;
  const input = { TableName: rows.tableName, Key: call.key, ConsistentRead: true };
  const { Item } = await rows.transport.call('GetItem', input, { signal });
  // The answer may have corrected the clock.
  call.nowMs = Math.floor(rows.clock.now());
  const row = readRow(Item, call);
  memory.found(call, row, releases);
  return row;
}

/** Gives back `own` attempts by their handle, from a row that is known; or what counts now. */
export async function giveBack(
  limiter: Limiter,
  call: KeyCall,
  own: OwnAttempts | undefined,
  known: KnownRow | undefined,
  options: DecisionOptions,
): Promise<boolean> {
  const change = await limiter.store.givingBack(options, async (signal) => {
    const row = own === undefined ? await read(limiter, call, signal) : known;
    return changeRow(limiter.build, call, row, (row) => giveBackParts(call, row, own), { signal });
  });
  if (change.outcome === 'left' && own === undefined) return false;
  limiter.memory.released(call);
  if (change.outcome === 'left') return false;
  limiter.memory.found(call, readRow(change.item, call), limiter.memory.releases);
  return true;
}

/** Forgets the row; with `own` attempts, only while it has one of their windows. */
export async function clear(
  limiter: Limiter,
  call: KeyCall,
  own: OwnAttempts | undefined,
  options: DecisionOptions,
): Promise<void> {
  const { transport } = limiter.rows;
  const result = await limiter.store.givingBack(options, (signal) =>
    writeConditionally(transport, 'DeleteItem', deleteRow(call, own), { signal }),
  );
  if (result.outcome === 'refused' && own === undefined) checkHoldsAttempts(call, result.item);
  limiter.memory.released(call);
}

/** Reads off a row where the attempt of this call was counted. */
export function ownAttempts(call: KeyCall, { item, isLatest }: ChangedRow): OwnAttempts {
  const own = new Map<ResolvedLimit, OwnAttempt>();
  for (const limit of countable(call.limits)) {
    const began = windowOf(item, limit, call.id);
    if (began === undefined) continue;
    const taken: Item | undefined = isLatest ? stateOf(item, limit) : undefined;
    own.set(limit, { began, takenAtMs: call.nowMs, taken });
  }
  return own;
}
