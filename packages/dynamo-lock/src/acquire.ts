import { UnreadableRowError, type DynamoInput } from '@x/dynamo-core';
import {
  abortable,
  deadline,
  giveBack,
  isCrowded,
  latestMs,
  leaseStart,
  remainsMs,
  mayBeApplied,
  takeLease,
  writeConditionally,
  type AttemptBounds,
  type ConditionalOutcome,
  HeldLock,
  type LeaseAttempt,
  type LeaseEnd,
  type LeaseStart,
  type TakenLease,
  type Waiting,
} from '@x/dynamo-core/mechanism';

import { isHeldBy, readLockRow, statusOf, previousOf, type LockRow } from './lock-row.js';
import { releaseAllCalled, type LockContext, type LockRequest } from './options.js';
import {
  abandonLock,
  acquireLock,
  keyOf,
  renewLock,
  type Holding,
  closeLock,
  releaseLock,
} from './requests.js';

/** Takes the lock, and waits for it where the call says how. `undefined` while another holds it. */
export async function takeLock<W extends Waiting | undefined>(
  context: LockContext,
  request: LockRequest,
  waiting: W,
): Promise<TakenLease<W>> {
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
  const onAbort = (): void => ending.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
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
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * Tries once to take the lock, with one request, under the operation id `owner`. Where it stays
 * unknown whether the request was applied (it was aborted, or no answer came), a second request
 * gives back what it may have taken.
 *
 * The answer brings DynamoDB's time. By that, the lease that was replaced may not be over, or ours
 * may be over already: the first is given back, the second is written again.
 */
export async function attemptLock(
  context: LockContext,
  request: LockRequest,
  owner: string,
  bounds: AttemptBounds,
): Promise<LeaseAttempt> {
  const { clock, skewToleranceMs } = context;
  bounds.signal?.throwIfAborted();
  const { written, start } = await take(context, request, owner, bounds);
  if (written.outcome === 'refused') {
    const { item } = written;
    const row = item && readLockRow(item);
    const status = row && statusOf(row);
    return { outcome: 'contended', status, fence: row?.fence, isCrowded: isCrowded(item) };
  }
  const item = written.outcome === 'applied' ? written.attributes : written.item;
  const row = readLockRow(item ?? {});
  const { fence, endMs, priorEndMs } = row;
  if (fence === undefined) throw new UnreadableRowError(request.key, 'its row has no fence');
  if (priorEndMs > clock.now() - skewToleranceMs) {
    await abandon(context, request, owner);
    const status = { holder: undefined, expiresAtMs: priorEndMs };
    return { outcome: 'returned', status };
  }
  let end: LeaseEnd = start.end;
  // The row may also come from an earlier attempt of this call, of which no more is known.
  if (endMs !== end.rowMs || remainsMs(clock, end) === 0) {
    end = await writeAgain(context, request, { owner, fence }, bounds);
    if (remainsMs(clock, end) === 0) {
      await abandon(context, request, owner);
      return { outcome: 'returned', status: undefined };
    }
  }
  return { outcome: 'held', lock: heldLock(context, request, { owner, fence, end, row }) };
}

interface Sent {
  readonly written: ConditionalOutcome;
  /** When the request was built that was answered. */
  readonly start: LeaseStart;
}

async function take(
  context: LockContext,
  request: LockRequest,
  owner: string,
  bounds: AttemptBounds,
): Promise<Sent> {
  const { tableName, skewToleranceMs, holder, random } = context;
  const { key, leaseMs, info } = request;
  const jitter = random.unit();
  const build = ({ nowMs, end }: LeaseStart): DynamoInput<'UpdateItem'> => {
    const meta = { holder, acquiredAt: nowMs, leaseMs, ...(info !== undefined && { info }) };
    const cutMs = nowMs - skewToleranceMs;
    return acquireLock({ tableName, key }, { owner, cutMs, endMs: end.rowMs, meta, jitter });
  };
  try {
    return await send(context, request, owner, bounds, build);
  } catch (error) {
    if (mayBeApplied(error, bounds.signal)) await abandon(context, request, owner);
    throw error;
  }
}

/** Writes the lease again, from now on. It ends at once where another has taken the lock. */
async function writeAgain(
  context: LockContext,
  request: LockRequest,
  holding: Holding,
  bounds: AttemptBounds,
): Promise<LeaseEnd> {
  const address = { tableName: context.tableName, key: request.key };
  const build = ({ end }: LeaseStart): DynamoInput<'UpdateItem'> =>
    renewLock(address, holding, end.rowMs);
  try {
    const { written, start } = await send(context, request, holding.owner, bounds, build);
    return written.outcome === 'applied' ? start.end : { rowMs: 0, monotonicMs: 0 };
  } catch (error) {
    await abandon(context, request, holding.owner);
    throw error;
  }
}

async function send(
  { transport, clock }: LockContext,
  { key, leaseMs }: LockRequest,
  owner: string,
  bounds: AttemptBounds,
  build: (start: LeaseStart) => DynamoInput<'UpdateItem'>,
): Promise<Sent> {
  let start = leaseStart(clock, leaseMs);
  const input = (): DynamoInput<'UpdateItem'> => {
    start = leaseStart(clock, leaseMs);
    return build(start);
  };
  const written = await deadline(bounds, (signal) =>
    writeConditionally(transport, 'UpdateItem', input, {
      isMine: (item) => isHeldBy(readLockRow(item), owner),
      mustExist: keyOf(key),
      signal,
    }),
  );
  return { written, start };
}

/** Takes back what the call may have done. */
async function abandon(context: LockContext, { key }: LockRequest, owner: string): Promise<void> {
  const { transport, tableName } = context;
  const input = abandonLock({ tableName, key }, owner);
  await giveBack(context, key, (signal) =>
    writeConditionally(transport, 'UpdateItem', input, { signal }),
  );
}

/** The lock that an acquisition took: `row` is what it wrote. */
function heldLock(
  context: LockContext,
  { key, leaseMs, info, minimumHoldMs }: LockRequest,
  { owner, fence, end, row }: { owner: string; fence: number; end: LeaseEnd; row: LockRow },
): HeldLock {
  const { transport, tableName, clock, holder, monitoring, channels, held } = context;
  const address = { tableName, key };
  const holding = { owner, fence };
  const acquiredAt = end.rowMs - Math.ceil(leaseMs);
  const takenAtMs = end.monotonicMs - leaseMs;
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
      renew: async (begin, said, signal) => {
        const input = () => {
          const endMs = begin();
          const meta = { holder, acquiredAt, leaseMs: endMs - latestMs(clock), info: said };
          return renewLock(address, holding, endMs, said === undefined ? said : meta);
        };
        const written = await writeConditionally(transport, 'UpdateItem', input, { signal });
        return written.outcome === 'refused' ? 'stolen' : 'renewed';
      },
      release: async ({ info: left }, signal) => {
        const payload = { holder, ended: 'released', ...(left !== undefined && { info: left }) };
        // By the monotonic clock: the wall clock may have been set since, or corrected.
        const input = () => {
          // Without a minimum not even a rounding keeps it closed.
          const holdMs = minimumHoldMs();
          const stillMs = holdMs === 0 ? 0 : takenAtMs + holdMs - clock.monotonic();
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
