import { numberOf, N, S, stringOf } from '@x/dynamo-core';

import type { SeenRow } from './attempt-row.js';
import { changeRow, type KeyCall, type RowChange } from './change-row.js';
import type { ResolvedLimit } from './limits.js';
import {
  assigned,
  expiry,
  holds,
  identified,
  isNotBlocked,
  isOriginal,
  isOurs,
  isUnchanged,
} from './requests.js';
import { type Part } from './update-builder.js';

/** Refuses every attempt of the key for so long; a block that lasts longer stays. */
export function blockKey(
  call: KeyCall,
  durationMs: number,
  signal: AbortSignal | undefined,
): Promise<RowChange> {
  return changeRow(
    call,
    undefined,
    (row) => {
      const untilMs = call.nowMs + durationMs;
      return blockedUntil(row) >= untilMs ? undefined : blockParts(call, row, untilMs, untilMs);
    },
    { signal },
  );
}

/**
 * Begins the block that a refusal brings with it: unless one runs, and only in the window that
 * refused, since somebody may have cleared the key meanwhile.
 */
export function blockRefused(
  call: KeyCall,
  refused: SeenRow,
  { limit, untilMs }: { readonly limit: ResolvedLimit; readonly untilMs: number },
  signal: AbortSignal | undefined,
): Promise<RowChange> {
  const name = `began${limit.suffix}`;
  const began = stringOf(refused.item, name);
  const data = refused.original?.data.S;
  return changeRow(
    call,
    refused,
    (row) => {
      if (blockedUntil(row) > call.nowMs || row?.original?.data.S !== data) return undefined;
      if (data === undefined && stringOf(row?.item, name) !== began) return undefined;
      const parts = blockParts(call, row, untilMs, call.nowMs);
      return data === undefined && began !== undefined
        ? [...parts, holds(`${name} = :window`, { ':window': S(began) })]
        : parts;
    },
    { signal, isSeen: true },
  );
}

/** Ends a block. */
export function unblockKey(call: KeyCall, signal: AbortSignal | undefined): Promise<RowChange> {
  const unblocked: Part = {
    shape: 'unblock',
    text: () => ({ removes: ['blockedUntil'], conditions: ['attribute_exists(blockedUntil)'] }),
  };
  return changeRow(
    call,
    undefined,
    (row, isSeen) => {
      if (isSeen && (row === undefined || blockedUntil(row) === 0)) return undefined;
      // Ids would make a row of ours of the original's.
      return row?.original
        ? [unblocked, isOriginal(row.original.data), stays]
        : [unblocked, holds('attribute_exists(began)'), identified(call.id, row)];
    },
    { signal },
  );
}

/** An update sets something: the original's row keeps the data that it has. */
const stays: Part = { shape: 'same', text: () => ({ sets: ['#data = :data'] }) };

function blockParts(
  call: KeyCall,
  row: SeenRow | undefined,
  untilMs: number,
  atMs: number,
): readonly Part[] {
  const block = [assigned({ blockedUntil: N(untilMs) }), isNotBlocked(atMs)];
  // The original's row has no expiry, and ids would make it one of ours.
  if (row?.original !== undefined) return [...block, isOriginal(row.original.data)];
  const began: Part = {
    shape: 'began',
    text: () => ({ sets: ['began = if_not_exists(began, :id)'] }),
  };
  const kept = [...Object.keys(call.key), 'began', 'blockedUntil', 'expiresAt'];
  const ours = row?.replaced === undefined ? [isOurs(row)] : isUnchanged(row, kept);
  return [
    ...block,
    row?.replaced === undefined ? began : assigned({ began: S(call.id) }),
    expiry(row, call.nowMs, untilMs),
    ...ours,
    identified(call.id, row),
  ];
}

function blockedUntil(row: SeenRow | undefined): number {
  return numberOf(row?.item, 'blockedUntil') ?? 0;
}
