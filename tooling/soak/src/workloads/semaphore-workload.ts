import { DynamoSemaphore, LockLostError, type HeldPermit } from '@x/dynamo-semaphore';

import { judgeLocks } from './judge-locks.js';
import { workUnderLease } from './work-under-lease.js';
import type { Workload } from './workload.js';

const keysPerRound = 2;

/**
 * Clients take a place where there is one, or one of two, renew it or not, and give it back or let it end.
 *
 * Those that are broken on purpose meet at one place, and ask for one more than there are.
 */
export const semaphoreWorkload: Workload = {
  name: 'semaphore',
  isPaused: true,

  start: (worker) => {
    const semaphore = new DynamoSemaphore(worker.on('locks'));
    return async () => {
      const key = `semaphore-r${worker.round}-${1 + worker.pick(worker.isBroken ? 1 : keysPerRound)}`;
      const n = worker.isBroken ? placesOf(key) + 1 : placesOf(key);
      const done = await workUnderLease(
        worker,
        key,
        (options) => semaphore.acquire(key, { n, ...options }),
        async (permit) => {
          if (worker.pick(4) > 0 || permit.remainingMs === 0) return;
          await worker.call('renew', key, permit.fence, () => renew(permit));
        },
      );
      if (done === undefined) return;
      const { held, heartbeat } = done;
      // Now and then a place is left to its end: the next has to replace it.
      if (heartbeat || worker.pick(8) > 0) {
        await worker.call('release', key, held.fence, () => held.release());
      }
    };
  },

  check: (round, findings) => judgeLocks(round, findings, placesOf),
};

/** How many places a key has: one, or two. */
function placesOf(key: string): number {
  return Number(key.at(-1));
}

/** Renews, unless the lease ends while the answer is on its way. */
async function renew(permit: HeldPermit): Promise<'renewed' | 'lost'> {
  try {
    await permit.renew();
    return 'renewed';
  } catch (error) {
    if (error instanceof LockLostError) return 'lost';
    throw error;
  }
}
