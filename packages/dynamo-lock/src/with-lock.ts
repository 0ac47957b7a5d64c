import type { Logger } from '@x/dynamo-core';
import { checkFinished, errorName } from '@x/dynamo-core/mechanism';

import { LockLostError } from './errors.js';
import type { HeldLock } from './held-lock.js';

/**
 * Runs `fn` and releases the lock. Resolves only when the lease ran until `fn` was done: where it
 * ended before, a result that looks fine may rest on what another was changing. A result that has yet
 * to be worked off is refused: that would happen after the release.
 */
export async function runLocked<T>(
  lock: HeldLock,
  fn: (lock: HeldLock) => T | Promise<T>,
  logger: Logger | undefined,
): Promise<T> {
  let result: T;
  try {
    result = await fn(lock);
    checkFinished('what the function returns', result);
    assertNotLost(lock);
  } catch (error) {
    return await releaseAfter(error, lock);
  }
  await releaseAndReport(lock, logger);
  return result;
}

/**
 * Releases, then throws `thrown`. Should the release fail as well, an `AggregateError` is thrown that
 * holds both, with `thrown` as its `cause`.
 */
export async function releaseAfter(
  thrown: unknown,
  held: { release(): Promise<unknown> },
): Promise<never> {
  const [released] = await Promise.allSettled([held.release()]);
  if (released.status === 'fulfilled') throw thrown;
  const first = errorName(thrown) === undefined ? String(thrown) : (thrown as Error).message;
  throw new AggregateError([thrown, released.reason], `${first} (and the release failed)`, {
    cause: thrown,
  });
}

/** The work is done under a lease that ran: no failure of the release may hide its result. */
async function releaseAndReport(lock: HeldLock, logger: Logger | undefined): Promise<void> {
  try {
    if ((await lock.release()) === 'released') return;
    // After a lost response it can be that our own release was followed by others.
    logger?.warn(`Lock "${lock.key}" was not ours any more when it was released`);
  } catch (error) {
    logger?.warn(`Cannot release lock "${lock.key}": it is free when its lease ends`, error);
  }
}

/** A lock that `fn` itself released was not lost. */
function assertNotLost(lock: HeldLock): void {
  try {
    lock.assertHeld();
  } catch (error) {
    if (!(error instanceof LockLostError && error.reason === 'released')) throw error;
  }
}
