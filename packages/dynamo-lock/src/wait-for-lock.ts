import {
  type AttemptBounds,
  deadline,
  type HeldLock,
  tellsOthers,
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

/** Tells the others that one more waits, at times: see `tellsOthers`. */
async function joinSometimes(
  { transport, tableName, random }: LockContext,
  key: string,
  fence: number | undefined,
  bounds: AttemptBounds,
): Promise<void> {
  if (fence === undefined || !tellsOthers(random)) return;
  const input = joinWaiters({ tableName, key }, fence);
  await deadline(bounds, (signal) =>
    writeConditionally(transport, 'UpdateItem', input, { signal }),
  );
}
