import type { Item } from '@x/dynamo-core';
import { onFirstUse, type OnFirstUse } from '@x/dynamo-core/mechanism';

import { type Call, cutOf } from './requests.js';
import { isOther, recordOf, type DoOnceRecord } from './record.js';
import type * as refusals from './refuse.js';

/** Why a call does not do its action. */
export const refusing: OnFirstUse<typeof refusals> = /* @__PURE__ */ onFirstUse(
  () => import('./refuse.js'),
);

/** What a row says to a call. */
export type Standing =
  /** Nothing that counts, or a claim that may be taken over. */
  | { readonly outcome: 'free'; readonly freeInMs: number }
  | { readonly outcome: 'done'; readonly record: DoOnceRecord }
  /** Another is running it; or has stopped, and its claim is not taken over: then it is never free. */
  | { readonly outcome: 'claimed'; readonly freeInMs: number | undefined };

/** Nothing is in the way. */
export const free: Standing = { outcome: 'free', freeInMs: -1 };

/**
 * What the row says to this call. Throws where it holds another thing, or is about another payload:
 * a claim stays bound to its payload also when its owner has died.
 */
export async function standingOf(call: Call, item: Item | undefined): Promise<Standing> {
  const { row, rows, settings } = call;
  if (item === undefined) return free;
  const record = recordOf(item, row.dataName);
  const cutMs = cutOf(call);
  if (isExpired(record, cutMs)) return free;
  if (!record.done) {
    // A count, or the attempts of a limit.
    if (item['count'] ?? item['r0']) (await refusing()).refuse(call, item);
    if (record.leaseEndsAtMs === undefined) return free;
  }
  if (isOther(record, call.hash)) (await refusing()).refuse(call, item);
  if (record.done) return { outcome: 'done', record };
  if (freeAtMs(call, record) <= cutMs) return free;
  const endMs = (record.leaseEndsAtMs ?? 0) + settings.skewToleranceMs;
  const freeInMs = Math.ceil(endMs - rows.clock.now());
  return { outcome: 'claimed', freeInMs: freeInMs > 0 ? freeInMs : undefined };
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
