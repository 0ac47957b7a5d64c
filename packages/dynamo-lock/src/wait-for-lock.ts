import {
  type AttemptBounds,
  deadline,
  type HeldLock,
  waitForLease,
  type Waiting,
  writeConditionally,
} from '@x/dynamo-core/mechanism';

import { attemptLock } from './acquire.js';
import { channels, type LockContext, type LockRequest } from './options.js';
import { joinWaiters } from './requests.js';

/** Tries until the lock is taken, at most `waitMsMax` milliseconds. */
export async function waitForLock(
  context: LockContext,
  request: LockRequest,
  waiting: Waiting,
): Promise<HeldLock> {
  const { signal } = request;
  const options = { signal, toleranceMs: context.skewToleranceMs, channels };
  let seen: number | undefined;
  return await waitForLease(request.key, context, waiting, options, async (owner, bounds) => {
    const tried = await attemptLock(context, request, owner, bounds);
    if (tried.outcome === 'contended' && tried.fence !== seen) {
      seen = tried.fence;
      await joinSometimes(context, request.key, tried.fence, bounds);
    }
    return tried;
  });
}

/**
 * One in 64 of those who wait tells the others, once for each holder. Two that are counted mean that
 * many wait. The count is a hint, and is not exact where a response is lost or somebody leaves.
 */
async function joinSometimes(
  { transport, tableName, random }: LockContext,
  key: string,
  fence: number | undefined,
  bounds: AttemptBounds,
): Promise<void> {
  if (fence === undefined || random.unit() >= 1 / 64) return;
  const input = joinWaiters({ tableName, key }, fence);
  await deadline(bounds, (signal) =>
    writeConditionally(transport, 'UpdateItem', input, { signal }),
  );
}
