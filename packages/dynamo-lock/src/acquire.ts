import { UnreadableRowError } from '@x/dynamo-core';
import {
  type HeldLock,
  abortable,
  holdTaken,
  latestMs,
  sendTaking,
  takeLease,
  whenAborted,
  type DeadlineOptions,
  type AttemptOutcome,
  type LeaseRow,
  type TakenLease,
  type Waiting,
} from '@x/dynamo-core/mechanism';

import { isHeldBy, metaOfHolder, previousOf, readLockRow } from './lock-row.js';
import { releaseAllCalled, type LockContext, type LockRequest } from './options.js';
import { abandonLock, acquireLock, renewLock, closeLock, releaseLock } from './requests.js';

/** Takes the lock, and waits for it where the call says how. `undefined` while another holds it. */
export async function takeLock<W extends Waiting | undefined>(
  context: LockContext,
  request: LockRequest,
  waiting: W,
): Promise<TakenLease<HeldLock, W>> {
  const { key, heartbeat } = request;
  return await untilReleaseAll(context, request.signal, (signal) =>
    takeLease(context, { key, signal, heartbeat, waiting }, (owner, bounds) =>
      attemptLock(context, request, owner, bounds),
    ),
  );
}

/** Runs an acquisition that ends with the caller's signal, or with a `releaseAll()`. */
async function untilReleaseAll<T>(
  context: LockContext,
  signal: AbortSignal | undefined,
  take: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { underWay, closing } = context;
  let { ending } = context;
  if (signal || closing || ending === undefined || ending.calls === 8) {
    ending = Object.assign(new AbortController(), { calls: 0 });
    if (!signal && !closing) context.ending = ending;
  }
  ending.calls += 1;
  const unfollow = whenAborted(signal, () => ending.abort(signal?.reason));
  // Not refused at once: who tries again in a loop would keep the process from sending the releases.
  const call = closing
    ? abortable(
        ending.signal,
        () => closing.finally(() => ending.abort(releaseAllCalled())) as Promise<T>,
      )
    : take(ending.signal);
  underWay.set(call, ending);
  try {
    return await call;
  } finally {
    underWay.delete(call);
    unfollow();
  }
}

/** Tries once to take the lock, with one request, under the operation id `owner`. */
export async function attemptLock(
  context: LockContext,
  request: LockRequest,
  owner: string,
  bounds: DeadlineOptions,
): Promise<AttemptOutcome<HeldLock>> {
  const { tableName, clock, skewToleranceMs, holder } = context;
  const { key, minimumHoldMs } = request;
  const address = { tableName, key };
  let acquiredAt = 0;
  // The fence is known as soon as it is taken.
  const holding = { owner, fence: 0 };
  const metaOf = (leaseMs: number, info: unknown) => ({ holder, acquiredAt, leaseMs, info });
  const row: LeaseRow<unknown> = {
    hasPrevious: true,
    isMine: (item) => isHeldBy(readLockRow(item), owner),
    isReleased: (item) => readLockRow(item).releasedBy === owner,
    abandon: () => abandonLock(address, owner),
    renew: (endMs, info) => {
      const meta = info === undefined ? info : metaOf(endMs - latestMs(clock), info);
      return renewLock(address, holding, endMs, meta);
    },
    release: (info, heldMs) => {
      const left = { holder, ended: 'released', info };
      const holdMs = minimumHoldMs();
      // Without a minimum not even a rounding keeps it closed.
      const stillMs = holdMs === 0 ? 0 : holdMs - heldMs;
      return stillMs > 0
        ? closeLock(address, holding, latestMs(clock) + Math.ceil(stillMs), left)
        : releaseLock(address, holding, clock.now(), left);
    },
  };
  const attempt = { table: context, request, bounds, row };
  const sent = await sendTaking(attempt, (lease) => {
    acquiredAt = lease.nowMs;
    const cutMs = lease.nowMs - skewToleranceMs;
    const meta = metaOf(request.leaseMs, request.info);
    return acquireLock(address, { owner, cutMs, meta, lease });
  });
  const { outcome, item } = sent;
  const found = readLockRow(item ?? {});
  if (outcome === 'refused') {
    const { holder: other } = metaOfHolder(found);
    const status = item && { holder: other, expiresAtMs: found.endMs };
    return { outcome: 'contended', status, item };
  }
  const { fence, endMs, priorEndMs } = found;
  if (fence === undefined) throw new UnreadableRowError(key, 'its row has no fence');
  holding.fence = fence;
  const replaced = [{ endMs: priorEndMs }];
  const taken = { fence, endMs, previous: previousOf(found) };
  const tried = await holdTaken(attempt, { ...sent, replaced }, taken);
  if (tried.outcome === 'held') remember(context.held, tried.lock);
  return tried;
}

/** Locks that were lost and not released leave when there are many, so that none of them stays. */
function remember(held: Set<HeldLock>, lock: HeldLock): void {
  // At each power of two: then all together is linear.
  if (held.size >= 16 && (held.size & (held.size - 1)) === 0) {
    for (const other of held) if (other.remainingMs === 0) held.delete(other);
  }
  held.add(lock);
}
