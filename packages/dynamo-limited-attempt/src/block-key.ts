import { N, numberOf, S, stringOf, type AttributeValue } from '@x/dynamo-core';
import { checkInteger } from '@x/dynamo-core/mechanism';

import {
  blockOf,
  type KeyCall,
  type KnownRow,
  type Part,
  type Plan,
  type RefusalBlock,
  type RowChange,
} from './attempt-row.js';
import { giveBackMs, rewrite } from './key-calls.js';
import type { Limiter } from './limiter.js';
import { statusOf } from './limits.js';
import { durationMsMax, type AttemptResult } from './options.js';
import { assigned, change, holds, identified, isNotBlocked, isOriginal } from './requests.js';

/**
 * The update that blocks the key, unless a block runs that lasts longer than `atMs`; in one window
 * only, where that is given.
 */
function blockParts(
  call: KeyCall,
  row: KnownRow | undefined,
  untilMs: number,
  atMs: number,
  window?: { readonly name: string; readonly began: string },
): readonly Part[] {
  const block = [assigned({ blockedUntil: N(untilMs) }), isNotBlocked(atMs)];
  if (window) block.push(holds(`${window.name} = :window`, { ':window': S(window.began) }));
  if (row?.original !== undefined) return [...block, ...isSameOriginal(row)];
  const isExpired = row?.replaced !== undefined;
  return change({ ...call, counting: [] }, row, block, untilMs, isExpired);
}

/**
 * The original's row is as it was seen, with the block that it had. It has no expiry, and ids would make it
 * one of ours: a late copy of a change finds another block, as one that is ended leaves when that was.
 */
function isSameOriginal({ item, original }: KnownRow): readonly Part[] {
  const { blockedUntil: was } = item;
  const same = was
    ? holds('blockedUntil = :was', { ':was': was })
    : holds('attribute_not_exists(blockedUntil)');
  return [same, isOriginal(original?.data as AttributeValue)];
}

const unblocked: Part = { removes: 'blockedUntil' };

/**
 * The update that ends a block. It is remembered also where there is none, and no row: a late copy of it
 * must not end one that begins later.
 */
function unblockParts(call: KeyCall, row: KnownRow | undefined): readonly Part[] {
  return row?.original
    ? [assigned({ blockedUntil: N(call.nowMs) }), ...isSameOriginal(row)]
    : change(call, row, [unblocked], call.nowMs, false);
}

/** The update that changes nothing, so that the row remembers a change that it did not need. */
function rememberParts(call: KeyCall, row: KnownRow | undefined): readonly Part[] | undefined {
  return row === undefined || row.original || row.replaced
    ? undefined
    : [holds('attribute_exists(began)'), identified(call.id, row)];
}

/** Refuses every attempt of the key for so long; a block that lasts longer stays. */
export async function block(limiter: Limiter, call: KeyCall, durationMs: number): Promise<void> {
  checkInteger('durationMs', durationMs, 1, durationMsMax);
  const plan: Plan = (row, isSeen) => {
    const untilMs = call.nowMs + durationMs;
    if (blockedUntil(row) < untilMs) return blockParts(call, row, untilMs, untilMs);
    // A late copy of what was refused must not block again after that block has ended.
    return isSeen ? rememberParts(call, row) : undefined;
  };
  await limiter.bounded(call, (signal) => limiter.change(call, undefined, plan, signal));
  limiter.memory.released(call);
}

/** Ends a block. */
export async function unblock(limiter: Limiter, call: KeyCall): Promise<void> {
  const plan: Plan = (row, isSeen) =>
    isSeen && blockedUntil(row) <= call.nowMs ? undefined : unblockParts(call, row);
  const run = (signal: AbortSignal | undefined): Promise<RowChange> =>
    limiter.change(call, undefined, plan, signal);
  await limiter.bounded(call, run, giveBackMs);
  limiter.memory.released(call);
  delete limiter.fallback?.get(call.keyId)?.['blockedUntil'];
}

/** Converts what another rule has kept, and begins the block that a refusal brings with it. */
export async function refuse(
  limiter: Limiter,
  call: KeyCall,
  row: KnownRow | undefined,
  result: AttemptResult,
  signal: AbortSignal | undefined,
): Promise<AttemptResult> {
  const block = blockOf(result, call);
  const convert: Plan = (existing) => existing && convertParts(call, existing);
  if (row === undefined || (block === undefined && !convert(row, true))) return result;
  let left = (await limiter.change(call, row, convert, signal)).row;
  if (block !== undefined && left !== undefined) {
    left = (await blockRefused(limiter, call, left, block, signal)).row;
  }
  const again = statusOf(left?.item, call);
  return again.isAdmitted ? result : again;
}

/** The update that only converts what another rule has kept; `undefined` where there is nothing. */
function convertParts(call: KeyCall, row: KnownRow): readonly Part[] | undefined {
  if (row.original !== undefined || row.replaced !== undefined) return undefined;
  return rewrite(call, row, (state, limit) => limit.algorithm.converted?.(state, limit, call));
}

/** Unless a block runs, and only in the window that refused: somebody may have cleared the key. */
function blockRefused(
  limiter: Limiter,
  refusedCall: KeyCall,
  refused: KnownRow,
  { limit, untilMs }: RefusalBlock,
  signal: AbortSignal | undefined,
): Promise<RowChange> {
  const call = { ...refusedCall, id: limiter.rows.random.id() };
  const name = `began${limit.suffix}`;
  const began = stringOf(refused.item, name);
  const data = refused.original?.data.S;
  let isSent = false;
  const plan: Plan = (row) => {
    if (blockedUntil(row) > call.nowMs) return isSent ? rememberParts(call, row) : undefined;
    if (row?.original?.data.S !== data) return undefined;
    if (data === undefined && stringOf(row?.item, name) !== began) return undefined;
    const window = data === undefined && began !== undefined ? { name, began } : undefined;
    isSent = true;
    return blockParts(call, row, untilMs, call.nowMs, window);
  };
  return limiter.change(call, refused, plan, signal);
}

function blockedUntil(row: KnownRow | undefined): number {
  return numberOf(row?.item, 'blockedUntil') ?? 0;
}
