import { ManualClock } from '@x/dynamo-testing';

import type { Difference } from './bench.js';

interface Locks {
  tryAcquire(key: string, seconds: number): Promise<{ release(): Promise<unknown> } | undefined>;
}

/** A holder whose lease is over releases, while the next one holds, and a third one asks. */
async function afterLateRelease(
  make: (clock: ManualClock) => Locks,
  key: string,
): Promise<'held' | 'free'> {
  const clock = new ManualClock();
  const locks = make(clock);
  const late = await locks.tryAcquire(key, 10);
  await clock.advance(11_000);
  await locks.tryAcquire(key, 10);
  await late?.release();
  return (await locks.tryAcquire(key, 10)) === undefined ? 'held' : 'free';
}

async function isTaken(locks: Locks, key: string): Promise<boolean> {
  return (await locks.tryAcquire(key, 10)) !== undefined;
}

async function release(locks: Locks, key: string): Promise<unknown> {
  return (await locks.tryAcquire(key, 10))?.release();
}

export const locks: readonly Difference[] = [
  {
    was: 'free',
    is: 'held',
    original: ({ their, namespace }) => afterLateRelease(their.lock, namespace),
    ours: ({ our, namespace }) => afterLateRelease(our.lock, namespace),
  },
  {
    was: undefined,
    is: 'released',
    original: ({ their, namespace }) => release(their.lock(), namespace),
    ours: ({ our, namespace }) => release(our.lock(), namespace),
    compat: ({ moved, namespace }) => release(moved.lock(), namespace),
  },
  {
    was: false,
    is: true,
    original: ({ their, lossy, namespace }) =>
      isTaken(their.lock(new ManualClock(), lossy()), namespace),
    ours: ({ our, lossy, namespace }) => isTaken(our.lock(new ManualClock(), lossy()), namespace),
  },
];
