import { HeldLock, latestMs, writeConditionally, type LeaseEnd } from '@x/dynamo-core/mechanism';

import type { LockRequest } from './input.js';
import { isHeldBy, previousOf, readLockRow, type LockMeta, type LockRow } from './lock-row.js';
import { channels, type LockContext } from './options.js';
import { closeLock, releaseLock, renewLock } from './requests.js';

/** The lock that an acquisition took: `row` is what it wrote. */
export function heldLock(
  context: LockContext,
  { key, leaseMs, info, minimumHoldMs }: LockRequest,
  { owner, fence, end, row }: { owner: string; fence: number; end: LeaseEnd; row: LockRow },
): HeldLock {
  const { transport, tableName, clock, holder, monitoring, held } = context;
  const address = { tableName, key };
  const holding = { owner, fence };
  const acquiredAt = end.rowMs - Math.ceil(leaseMs);
  const takenAtMs = end.monotonicMs - leaseMs;
  const meta = (ms: number, said: unknown): LockMeta => ({
    holder,
    acquiredAt,
    leaseMs: ms,
    ...(said !== undefined && { info: said }),
  });
  const lock: HeldLock = new HeldLock({
    key,
    fence,
    info,
    previous: previousOf(row),
    leaseMs,
    end,
    clock,
    logger: monitoring.logger,
    channels,
    row: {
      hasPrevious: true,
      renew: async (endMs, said, signal) => {
        const payload = said === undefined ? undefined : meta(endMs - clock.now(), said);
        const input = renewLock(address, holding, endMs, payload);
        const written = await writeConditionally(transport, 'UpdateItem', input, { signal });
        if (written.outcome !== 'refused') return 'renewed';
        const found = written.item && readLockRow(written.item);
        // Still ours, and further ahead: the lease was longer, or the wall clock has been set back.
        return found?.fence === fence && isHeldBy(found, owner) ? 'kept' : 'stolen';
      },
      release: async ({ info: left }, signal) => {
        const payload = { holder, ended: 'released', ...(left !== undefined && { info: left }) };
        // By the monotonic clock: the wall clock may have been set since, or corrected.
        const input = () => {
          const stillMs = takenAtMs + minimumHoldMs - clock.monotonic();
          return stillMs > 0
            ? closeLock(address, holding, latestMs(clock) + Math.ceil(stillMs), payload)
            : releaseLock(address, holding, clock.now(), payload);
        };
        const written = await writeConditionally(transport, 'UpdateItem', input, {
          isMine: (item) => readLockRow(item).releasedBy === owner,
          signal,
        });
        held.delete(lock);
        return written.outcome === 'refused' ? 'superseded' : 'released';
      },
    },
  });
  remember(held, lock);
  return lock;
}

/** Locks that were lost and not released leave when there are many, so that none of them stays. */
function remember(held: Set<HeldLock>, lock: HeldLock): void {
  // At each power of two: then all together is linear.
  if (held.size >= 16 && (held.size & (held.size - 1)) === 0) {
    for (const other of held) if (other.remainingMs === 0) held.delete(other);
  }
  held.add(lock);
}
