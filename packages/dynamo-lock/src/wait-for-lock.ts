import { fullJitterMs } from '@x/dynamo-core';

import { attemptLock } from './attempt-lock.js';
import { LockTimeoutError } from './errors.js';
import type { HeldLock } from './held-lock.js';
import type { LockContext } from './lock-context.js';
import type { LockRequest } from './lock-request.js';
import { statusOf, type LockRow } from './lock-row.js';

const backoff = { firstMs: 50, maxMs: 2_000 };

/**
 * Tries until the lock is taken, at most `waitMsMax` milliseconds. It sleeps with full jitter, and
 * never beyond the end of the holder's lease; the last attempt is made when the time is up.
 */
export async function waitForLock(
  context: LockContext,
  request: LockRequest,
  waitMsMax: number,
): Promise<HeldLock> {
  const { clock, random } = context;
  const startedMs = clock.monotonic();
  // One id for all attempts: a late copy of the first is recognised by the next.
  let owner = random.id();
  for (let attempt = 0; ; attempt++) {
    const tried = await attemptLock(context, request, owner);
    if (tried.outcome === 'held') return tried.lock;
    const row = tried.outcome === 'contended' ? tried.row : undefined;
    // An id that was given back never takes the lock again.
    if (tried.outcome === 'late') owner = random.id();
    const waitedMs = clock.monotonic() - startedMs;
    if (waitedMs >= waitMsMax) {
      throw new LockTimeoutError(request.key, waitedMs, row && statusOf(row));
    }
    const pauseMs = Math.min(
      fullJitterMs(attempt, backoff, random),
      msUntilFree(context, row),
      waitMsMax - waitedMs,
    );
    await clock.sleep(pauseMs, { signal: request.signal });
  }
}

/** Until an attempt would find the lease over; unbounded where it should have found that already. */
function msUntilFree({ clock, skewToleranceMs }: LockContext, row: LockRow | undefined): number {
  if (row?.expiresAt === undefined) return Infinity;
  const ms = row.expiresAt * 1000 + skewToleranceMs - clock.now();
  return ms > 0 ? ms : Infinity;
}
