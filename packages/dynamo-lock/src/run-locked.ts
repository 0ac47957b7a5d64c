import type { Logger } from '@x/dynamo-core';

import { LockLostError } from './errors.js';
import type { HeldLock } from './held-lock.js';
import { releaseAfter } from './release-after.js';

/**
 * Runs `fn` and releases the lock. Resolves only when the lease ran until `fn` was done: where it
 * ended before, a result that looks fine may rest on what another was changing.
 */
export async function runLocked<T>(
  lock: HeldLock,
  fn: (lock: HeldLock) => T | Promise<T>,
  logger: Logger | undefined,
): Promise<T> {
  let result: T;
  try {
    result = await fn(lock);
    assertNotLost(lock);
  } catch (error) {
    return await releaseAfter(error, lock);
  }
  if ((await lock.release()) === 'superseded') {
    // Not an error: after a lost response it can be that our own release was followed by others.
    logger?.warn(`Lock "${lock.key}" was not ours any more when it was released`);
  }
  return result;
}

/** A lock that `fn` itself released was not lost. */
function assertNotLost(lock: HeldLock): void {
  try {
    lock.assertHeld();
  } catch (error) {
    if (!(error instanceof LockLostError && error.reason === 'released')) throw error;
  }
}
