import { fullJitterMs, type Item } from '@x/dynamo-core';

import { cutOf, isFree, isOver, readRow, type Call } from './call.js';
import { DoOnceInProgressError, DoOnceMismatchError } from './errors.js';
import { recordOf, type DoOnceRecord } from './record.js';

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
 * Attempts to take the row, and while another works on it looks again, with full jitter and never
 * beyond the end of the lease, until it is free or done. The first attempt needs no read.
 */
export async function attemptUntilDone<T>(
  call: Call,
  attempt: () => Promise<Attempt<T>>,
): Promise<Attempted<T>> {
  const { rows, row, settings, signal } = call;
  const { clock, random, transport } = rows;
  const startedMs = clock.monotonic();
  let item: Item | undefined;
  for (let round = 0; ; round++) {
    signal?.throwIfAborted();
    if (isFree(item, cutOf(call), row.dataName)) {
      const tried = await attempt();
      if (tried.outcome === 'taken') return tried;
      item = tried.item;
    }
    const record = standing(call, item);
    if (record?.done === true) return { outcome: 'done', record };

    const leftMs = settings.waitMsMax - (clock.monotonic() - startedMs);
    const freeInMs = msUntilFree(call, record);
    if (settings.onInProgress === 'throw' || leftMs <= 0) {
      throw new DoOnceInProgressError(row.label, freeInMs);
    }
    const pauseMs = Math.min(fullJitterMs(round, backoff, random), freeInMs, leftMs);
    await clock.sleep(Math.ceil(pauseMs), { signal });
    item = await readRow(transport, row, { consistent: true, signal });
  }
}

/** What the row says, if it still counts. Throws when it is about another payload. */
function standing(call: Call, item: Item | undefined): DoOnceRecord | undefined {
  const { row, hash } = call;
  if (item === undefined || isOver(item, cutOf(call).cutMs)) return undefined;
  const record = recordOf(item, row.dataName);
  const stored = record?.payloadHash;
  if (record !== undefined && hash !== undefined && stored !== undefined && stored !== hash) {
    throw new DoOnceMismatchError(row.label, record);
  }
  return record;
}

/** At most the caller's own lease: a claim that never ends, or whose end is not known, has none. */
function msUntilFree({ rows, settings }: Call, record: DoOnceRecord | undefined): number {
  const { leaseMs, skewToleranceMs, takeover } = settings;
  if (record === undefined) return 0;
  if (!takeover || record.leaseEndsAt === undefined) return leaseMs;
  const ms = record.leaseEndsAt + skewToleranceMs - rows.clock.now();
  return Math.min(Math.max(Math.ceil(ms), 0), leaseMs);
}
