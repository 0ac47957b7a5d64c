import { numberOf, stringOf } from '@x/dynamo-core';
import { checkInteger } from '@x/dynamo-core/mechanism';

import { type KeyCall, type KnownRow, durationMsMax, type ResolvedLimit } from './attempt-row.js';
import type { RowMemory, AttemptResult } from './key-status.js';
import type { DecisionOptions } from './options.js';
import { blockParts, rememberParts, unblockParts } from './requests.js';
import type { StoreGuard } from './limiter.js';
import { type BuildUpdate, changeRow, type RowChange } from './update.js';

/** What of a limiter blocks its keys. */
export interface Blocking {
  readonly build: BuildUpdate;
  readonly memory: RowMemory;
  readonly store: StoreGuard;
}

/** Refuses every attempt of the key for so long; a block that lasts longer stays. */
export async function block(
  limiter: Blocking,
  call: KeyCall,
  durationMs: number,
  options: DecisionOptions,
): Promise<void> {
  checkInteger('durationMs', durationMs, 1, durationMsMax);
  await limiter.store.bounded(options, (signal) =>
    changeRow(
      limiter.build,
      call,
      undefined,
      (row, isSeen) => {
        const untilMs = call.nowMs + durationMs;
        if (blockedUntil(row) < untilMs) return blockParts(call, row, untilMs, untilMs);
        // A late copy of what was refused must not block again after that block has ended.
        return isSeen ? rememberParts(call, row) : undefined;
      },
      { signal },
    ),
  );
  limiter.memory.released(call);
}

/**
 * Begins the block that a refusal brings with it: unless one runs, and only in the window that
 * refused, since somebody may have cleared the key meanwhile.
 */
export function blockRefused(
  build: BuildUpdate,
  refusedCall: KeyCall,
  refused: KnownRow,
  { limit, untilMs }: RefusalBlock,
  signal: AbortSignal | undefined,
): Promise<RowChange> {
  const call = { ...refusedCall, id: refusedCall.rows.random.id() };
  const name = `began${limit.suffix}`;
  const began = stringOf(refused.item, name);
  const data = refused.original?.data.S;
  let isSent = false;
  return changeRow(
    build,
    call,
    refused,
    (row) => {
      if (blockedUntil(row) > call.nowMs) return isSent ? rememberParts(call, row) : undefined;
      if (row?.original?.data.S !== data) return undefined;
      if (data === undefined && stringOf(row?.item, name) !== began) return undefined;
      const window = data === undefined && began !== undefined ? { name, began } : undefined;
      isSent = true;
      return blockParts(call, row, untilMs, call.nowMs, window);
    },
    { signal, isSeen: true },
  );
}

/** Ends a block. */
export async function unblock(
  limiter: Blocking,
  call: KeyCall,
  options: DecisionOptions,
): Promise<void> {
  await limiter.store.givingBack(options, (signal) =>
    changeRow(
      limiter.build,
      call,
      undefined,
      (row, isSeen) => (isSeen && blockedUntil(row) === 0 ? undefined : unblockParts(call, row)),
      { signal },
    ),
  );
  limiter.memory.released(call);
}

function blockedUntil(row: KnownRow | undefined): number {
  return numberOf(row?.item, 'blockedUntil') ?? 0;
}

/** A block that a refusal begins. */
export interface RefusalBlock {
  readonly limit: ResolvedLimit;
  readonly untilMs: number;
}

/** The longest block that a refusal begins: none while one runs, or where it never is admitted. */
export function blockOf(
  { limits: statuses, isBlocked }: AttemptResult,
  limits: readonly ResolvedLimit[],
  nowMs: number,
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
