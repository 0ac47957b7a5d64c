import type { Item } from '@x/dynamo-core';
import { checkAlone } from '@x/dynamo-core/mechanism';

import { type Call, cutOf } from './requests.js';
import { DoOnceMismatchError } from './errors.js';
import { recordOf, type DoOnceRecord } from './record.js';

/** What a row says to a call. */
export type Standing =
  /** Nothing that counts, or a claim that may be taken over. */
  | { readonly outcome: 'free' }
  | { readonly outcome: 'done'; readonly record: DoOnceRecord }
  /** Another is running it. */
  | { readonly outcome: 'claimed'; readonly freeInMs: number }
  /** Another has claimed it and stopped, and its claim is not taken over. */
  | { readonly outcome: 'abandoned'; readonly record: DoOnceRecord };

/**
 * What the row says to this call. Throws where it holds another thing, or is about another payload:
 * a claim stays bound to its payload also when its owner has died.
 */
export function standingOf(call: Call, item: Item | undefined): Standing {
  const { row, rows, settings } = call;
  const free = { outcome: 'free' } as const;
  if (item === undefined) return free;
  const record = recordOf(item, row.dataName);
  const cutMs = cutOf(call);
  if (isExpired(record, cutMs)) return free;
  if (!record.done) checkAlone(row.displayKey, item, 'claim', row.dataName);
  if (!record.done && record.leaseEndsAtMs === undefined) return free;
  checkPayload(call, record);
  if (record.done) return { outcome: 'done', record };
  if (freeAtMs(call, record) <= cutMs) return free;
  const endMs = (record.leaseEndsAtMs ?? 0) + settings.skewToleranceMs;
  const freeInMs = Math.ceil(endMs - rows.clock.now());
  return freeInMs > 0 ? { outcome: 'claimed', freeInMs } : { outcome: 'abandoned', record };
}

/** From when on the row is free for this call: its lease has ended, or it has expired. */
export function freeAtMs(
  { settings, owner }: Call,
  { done, owner: other, leaseEndsAtMs, takeover, expiresAtMs = Infinity }: DoOnceRecord,
): number {
  if (done || leaseEndsAtMs === undefined) return expiresAtMs;
  if (other === owner) return -Infinity;
  return takeover && settings.takeover ? leaseEndsAtMs : expiresAtMs;
}

/** Whether a claim or mark has expired. */
export function isExpired({ expiresAtMs = Infinity }: DoOnceRecord, cutMs: number): boolean {
  return expiresAtMs <= cutMs;
}

/** Throws where both the call and the row have a payload, and not the same. */
function checkPayload({ row, hash }: Call, record: DoOnceRecord): void {
  const stored = record.payloadHash;
  if (hash !== undefined && stored !== undefined && stored !== hash) {
    throw new DoOnceMismatchError(row.displayKey, record);
  }
}
