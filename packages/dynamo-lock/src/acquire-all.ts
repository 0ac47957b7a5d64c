import type { HeldLock } from './held-lock.js';
import { HeldLocks } from './held-locks.js';
import { releaseAfter } from './release-after.js';

/**
 * Takes one lock after the other, all or none, in the order of the keys, so that two callers never
 * wait for each other in a circle. Locks that are taken already are kept by heartbeats while the
 * others are waited for.
 */
export async function acquireAll(
  keys: readonly string[],
  keepsBeating: boolean,
  acquire: (key: string) => Promise<HeldLock>,
): Promise<HeldLocks> {
  const locks: HeldLock[] = [];
  const stops: (() => void)[] = [];
  const held = new HeldLocks(locks);
  try {
    for (const key of [...new Set(keys)].toSorted()) {
      const lock = await acquire(key);
      locks.push(lock);
      stops.push(lock.heartbeat());
    }
    held.assertHeld();
  } catch (error) {
    return await releaseAfter(error, held);
  }
  if (!keepsBeating) for (const stop of stops) stop();
  return held;
}
