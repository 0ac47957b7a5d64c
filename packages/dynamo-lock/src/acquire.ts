import { UnreadableRowError, type DynamoInput } from '@x/dynamo-core';
import {
  abortable,
  deadline,
  fullJitterMs,
  hadEnded,
  leaseStart,
  mayBeApplied,
  writeConditionally,
  type ConditionalOutcome,
  type LeaseEnd,
  type LeaseStart,
} from '@x/dynamo-core/mechanism';

import { LockTimeoutError } from './errors.js';
import { HeldLock } from './held-lock.js';
import type { LockRequest } from './input.js';
import { isHeldBy, readLockRow, statusOf, type LockRow } from './lock-row.js';
import type { LockContext } from './options.js';
import { abandonLock, acquireLock, keyOf, renewLock, type Holding } from './requests.js';

/** What came of an attempt. */
export type Attempt =
  | { readonly outcome: 'held'; readonly lock: HeldLock }
  /** Another holds the lock. */
  | { readonly outcome: 'contended'; readonly row: LockRow | undefined }
  /**
   * The lock was taken and given back: from a holder who may still act (`row` is its lease), or the
   * lease was over before the answers came.
   */
  | { readonly outcome: 'returned'; readonly row: LockRow | undefined };

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
): Promise<Attempt> {
  const { clock, skewToleranceMs } = context;
  request.signal?.throwIfAborted();
  const { written, start } = await take(context, request, owner);
  if (written.outcome === 'refused') {
    return { outcome: 'contended', row: written.item && readLockRow(written.item) };
  }
  const item = written.outcome === 'applied' ? written.attributes : written.item;
  const row = readLockRow(item ?? {});
  const { fence, endMs, priorEndMs } = row;
  if (fence === undefined) throw new UnreadableRowError(request.key, 'its row has no fence');
  if (!hadEnded(priorEndMs, start, clock, skewToleranceMs)) {
    await giveBack(context, request, owner);
    return { outcome: 'returned', row: { ...row, endMs: priorEndMs, heldUntil: undefined } };
  }
  const { key, leaseMs } = request;
  const holding = { owner, fence };
  let lock = new HeldLock(context, { key, leaseMs, ...holding, end: start.end });
  // The row may also come from an earlier attempt of this call, of which no more is known.
  if (endMs !== start.end.rowMs || lock.remainingMs() === 0) {
    const end = await writeAgain(context, request, holding);
    lock = new HeldLock(context, { key, leaseMs, ...holding, end });
    if (lock.remainingMs() === 0) {
      await giveBack(context, request, owner);
      return { outcome: 'returned', row: undefined };
    }
  }
  return { outcome: 'held', lock };
}

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
    const { row } = tried;
    // An id that was given back never takes the lock again.
    if (tried.outcome === 'returned') owner = random.id();
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
  if (row === undefined) return Infinity;
  const ms = row.endMs + skewToleranceMs - clock.now();
  return ms > 0 ? ms : Infinity;
}

interface Sent {
  readonly written: ConditionalOutcome;
  /** When the request was built that was answered. */
  readonly start: LeaseStart;
}

async function take(context: LockContext, request: LockRequest, owner: string): Promise<Sent> {
  const { tableName, skewToleranceMs, holder, random } = context;
  const { key, leaseMs, info } = request;
  const jitter = random.unit();
  const build = ({ nowMs, end }: LeaseStart): DynamoInput<'UpdateItem'> => {
    const meta = { holder, acquiredAt: nowMs, leaseMs, ...(info !== undefined && { info }) };
    const cutMs = nowMs - skewToleranceMs;
    return acquireLock({ tableName, key }, { owner, cutMs, endMs: end.rowMs, meta, jitter });
  };
  try {
    return await send(context, request, owner, build);
  } catch (error) {
    if (mayBeApplied(error)) await giveBack(context, request, owner);
    throw error;
  }
}

/** Writes the lease again, from now on. It ends at once where another has taken the lock. */
async function writeAgain(
  context: LockContext,
  request: LockRequest,
  holding: Holding,
): Promise<LeaseEnd> {
  const address = { tableName: context.tableName, key: request.key };
  const build = ({ end }: LeaseStart): DynamoInput<'UpdateItem'> =>
    renewLock(address, holding, end.rowMs);
  try {
    const { written, start } = await send(context, request, holding.owner, build);
    return written.outcome === 'applied' ? start.end : { rowMs: 0, monotonicMs: 0 };
  } catch (error) {
    await giveBack(context, request, holding.owner);
    throw error;
  }
}

async function send(
  { transport, clock }: LockContext,
  { key, leaseMs, signal }: LockRequest,
  owner: string,
  build: (start: LeaseStart) => DynamoInput<'UpdateItem'>,
): Promise<Sent> {
  let start = leaseStart(clock, leaseMs);
  const input = (): DynamoInput<'UpdateItem'> => {
    start = leaseStart(clock, leaseMs);
    return build(start);
  };
  const write = (): Promise<ConditionalOutcome> =>
    writeConditionally(transport, 'UpdateItem', input, {
      isMine: (item) => isHeldBy(readLockRow(item), owner),
      mustExist: keyOf(key),
      signal,
    });
  const written = await (signal === undefined ? write() : abortable(signal, write));
  return { written, start };
}

/**
 * Takes back what the call may have done. A failure is reported and not thrown: the caller gets the
 * error that led here, and the lock is free when its lease ends.
 */
async function giveBack(
  { transport, tableName, clock, monitoring }: LockContext,
  { key, leaseMs }: LockRequest,
  owner: string,
): Promise<void> {
  const input = abandonLock({ tableName, key }, owner);
  try {
    await deadline({ clock, ms: leaseMs }, (signal) =>
      writeConditionally(transport, 'UpdateItem', input, { signal }),
    );
  } catch (error) {
    const message = `Cannot free lock "${key}" after an attempt to take it: its lease runs on`;
    monitoring.logger?.warn(message, error);
  }
}
