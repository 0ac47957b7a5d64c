import {
  instantOf,
  mayBeApplied,
  UnreadableRowError,
  writeConditionally,
  type ConditionalOutcome,
} from '@x/dynamo-core';

import { callUntilAborted, callWithin } from './call-within.js';
import { HeldLock } from './held-lock.js';
import { later, msUntil } from './instant.js';
import type { LockContext } from './lock-context.js';
import type { LockRequest } from './lock-request.js';
import { isHeldBy, readLockRow, type LockRow } from './lock-row.js';
import { abandonLock, acquireLock, keyOf } from './requests.js';

/** What came of an attempt. */
export type Attempt =
  | { readonly outcome: 'held'; readonly lock: HeldLock }
  /** Another holds the lock. */
  | { readonly outcome: 'contended'; readonly row: LockRow | undefined }
  /** The lock was taken, and the lease was over before the answer came. It was given back. */
  | { readonly outcome: 'late' };

/**
 * Tries once to take the lock, with one request, under the operation id `owner`. Where it stays
 * unknown whether the request was applied (it was aborted, or no answer came), a second request
 * gives back what it may have taken.
 */
export async function attemptLock(
  context: LockContext,
  request: LockRequest,
  owner: string,
): Promise<Attempt> {
  const { key, leaseMs } = request;
  const { clock } = context;
  request.signal?.throwIfAborted();
  const start = instantOf(clock);
  const written = await send(context, request, owner, start.wallMs);
  if (written.outcome === 'refused') {
    return { outcome: 'contended', row: written.item && readLockRow(written.item) };
  }
  const item = written.outcome === 'applied' ? written.attributes : written.item;
  const { fence, expiresAt = 0 } = readLockRow(item ?? {});
  if (fence === undefined) throw new UnreadableRowError(key, 'its row has no fence');
  // The row may come from an earlier attempt of this call, and end sooner than from now on.
  const deadline = later(start, Math.min(leaseMs, expiresAt * 1000 - start.wallMs));
  if (msUntil(deadline, clock) <= 0) {
    await giveBack(context, request, owner);
    return { outcome: 'late' };
  }
  const lock = new HeldLock(context, { key, owner, fence, leaseMs, deadline });
  return { outcome: 'held', lock };
}

async function send(
  context: LockContext,
  request: LockRequest,
  owner: string,
  nowMs: number,
): Promise<ConditionalOutcome> {
  const { transport, tableName, skewToleranceMs, holder, random } = context;
  const { key, leaseMs, info, signal } = request;
  const input = acquireLock(
    { tableName, key },
    {
      owner,
      nowMs,
      leaseMs,
      skewToleranceMs,
      meta: { holder, acquiredAt: nowMs, leaseMs, ...(info !== undefined && { info }) },
      jitter: random.unit(),
    },
  );
  const write = (): Promise<ConditionalOutcome> =>
    writeConditionally(transport, 'UpdateItem', input, {
      isMine: (item) => isHeldBy(readLockRow(item), owner),
      mustExist: keyOf(key),
      signal,
    });
  try {
    return await (signal === undefined ? write() : callUntilAborted(signal, write));
  } catch (error) {
    if (mayBeApplied(error)) await giveBack(context, request, owner);
    throw error;
  }
}

/**
 * Frees the lock if the call took it. A failure is reported and not thrown: the caller gets the
 * error that led here, and the lock is free when its lease ends.
 */
async function giveBack(
  { transport, tableName, clock, logger }: LockContext,
  { key, leaseMs }: LockRequest,
  owner: string,
): Promise<void> {
  const input = abandonLock({ tableName, key }, owner, clock.now());
  try {
    await callWithin({ clock, ms: leaseMs }, (signal) =>
      writeConditionally(transport, 'UpdateItem', input, { signal }),
    );
  } catch (error) {
    logger?.warn(`Cannot free lock "${key}" after an attempt to take it: its lease runs on`, error);
  }
}
