import { LockLostError } from './errors.js';
import type { HeldLock } from './held-lock.js';
import { releaseAfter } from './release-after.js';

/**
 * Runs `fn` and releases the lock. Resolves only when the lock was held until `fn` was done: where
 * it was lost meanwhile, a result that looks fine may rest on what another was changing.
 */
export async function runLocked<T>(
  lock: HeldLock,
  fn: (lock: HeldLock) => T | Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await fn(lock);
    assertNotLost(lock);
  } catch (error) {
    return await releaseAfter(error, lock);
  }
  if ((await lock.release()) === 'released') return result;
  throw new LockLostError(lock.key, lock.fence, 'stolen');
}

/** A lock that `fn` itself released was not lost. */
function assertNotLost(lock: HeldLock): void {
  try {
    lock.assertHeld();
  } catch (error) {
    if (!(error instanceof LockLostError && error.reason === 'released')) throw error;
  }
}
