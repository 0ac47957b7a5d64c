import type { Item } from '@x/dynamo-core';
import { checkAlone, fullJitterMs } from '@x/dynamo-core/mechanism';

import { cutOf, type Call } from './call.js';
import { readRow } from './do-once-rows.js';
import { DoOnceAbandonedError, DoOnceInProgressError, DoOnceMismatchError } from './errors.js';
import { attributes, recordOf, type DoOnceRecord } from './record.js';

/** What came of one attempt: what it was for, or the row that was in the way. */
export type Attempt<T> =
  | { readonly outcome: 'taken'; readonly value: T }
  | { readonly outcome: 'refused'; readonly item: Item | undefined };

/** What came of all of them. */
export type Attempted<T> =
  | { readonly outcome: 'taken'; readonly value: T }
  | { readonly outcome: 'done'; readonly record: DoOnceRecord };

const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * Attempts to take the action, and while another runs it looks again, with full jitter and never
 * beyond the end of the lease, until it is free or done. The first attempt needs no read; it may be
 * given the row that was `found`. `from` is the claim of another that has ended, which the attempt
 * takes over.
 */
export async function untilDone<T>(
  call: Call,
  attempt: (from: Item | undefined) => Promise<Attempt<T>>,
  found?: Item,
): Promise<Attempted<T>> {
  const { rows, row, claims, settings, signal } = call;
  const { clock, random } = rows;
  const startedMs = clock.monotonic();
  let item = found;
  for (let round = 0; ; round++) {
    let standing = standingOf(call, item);
    if (standing.outcome === 'free') {
      const from = isClaim(item, row.dataName) ? item : undefined;
      const attempted = await attempt(from);
      if (attempted.outcome === 'taken') return attempted;
      item = attempted.item;
      standing = standingOf(call, item);
      // Only now it is known that there is a claim, and that it may be taken over.
      const mayTakeOver = standing.outcome === 'free' && isClaim(item, row.dataName);
      if (from === undefined && mayTakeOver) continue;
    }
    if (standing.outcome === 'done') return standing;
    if (standing.outcome === 'abandoned') {
      throw new DoOnceAbandonedError(row.label, standing.record.startedAtMs);
    }
    const leftMs = settings.waitMsMax - (clock.monotonic() - startedMs);
    const freeInMs = standing.outcome === 'claimed' ? standing.freeInMs : undefined;
    if (settings.onInProgress === 'throw' || leftMs <= 0) {
      throw new DoOnceInProgressError(row.label, freeInMs ?? 0);
    }
    const jitterMs = fullJitterMs(round, backoff, random);
    const pauseMs = Math.min(jitterMs, leftMs, freeInMs ?? Infinity);
    await clock.sleep(Math.ceil(pauseMs), { signal });
    item = await readRow(rows, claims, { signal });
  }
}

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
  if (!record.done && record.leaseEndsAtMs === undefined) {
    checkAlone(row.label, item, 'claim', row.dataName);
    return free;
  }
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

/** Whether the row holds a claim. */
export function isClaim(item: Item | undefined, dataName: string): item is Item {
  return item?.[attributes.lease] !== undefined && item[dataName] === undefined;
}

/** The payload of a call that takes over the claim `from`: its own, or what that is bound to. */
export function boundHash(call: Call, from: Item | undefined): string | undefined {
  const record = from && recordOf(from, call.row.dataName);
  if (record === undefined || isExpired(record, cutOf(call))) return call.hash;
  return call.hash ?? record.payloadHash;
}

/** Throws where both the call and the row have a payload, and not the same. */
export function checkPayload({ row, hash }: Call, record: DoOnceRecord): void {
  const stored = record.payloadHash;
  if (hash !== undefined && stored !== undefined && stored !== hash) {
    throw new DoOnceMismatchError(row.label, record);
  }
}
