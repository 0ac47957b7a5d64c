import { DynamoSemaphore, LockLostError, type HeldPermit } from '@x/dynamo-semaphore';

import type { Worker } from '../client/worker.js';
import { nowUs } from '../journal/now-us.js';
import { judgeLocks } from './judge-locks.js';
import type { Workload } from './workload.js';

const keysPerRound = 2;
const leaseMs = 1_000;
const waitMsMax = 1_500;
const worksMax = 4;
const workMsMax = 150;
/** Now and then a holder works beyond its lease. */
const longWorkOneOf = 12;
const longWorkMs = 1_600;

/** Clients take a place where there is one, or one of two, renew it or not, and give it back or let it end. */
export const semaphoreWorkload: Workload = {
  name: 'semaphore',
  breakage: 'asks for one place more than there are',
  waits: true,
  isPaused: true,

  start: (worker) => {
    const { options, tables, isBroken } = worker;
    const semaphore = new DynamoSemaphore({ ...options, tableName: tables.locks });
    return async () => {
      const key = `semaphore-r${worker.round}-${1 + worker.pick(keysPerRound)}`;
      const n = placesOf(key);
      const heartbeat = worker.pick(3) === 0;
      let permit: HeldPermit | undefined;
      await worker.call('acquire', key, { heartbeat }, async () => {
        const places = isBroken ? n + 1 : n;
        permit = await semaphore.acquire(key, { n: places, leaseMs, waitMsMax, heartbeat });
        return permit.fence;
      });
      const held = permit;
      if (held === undefined) return;
      await workWith(worker, held);
      // Now and then a place is left to its end: the next has to replace it.
      if (heartbeat || worker.pick(8) > 0) {
        await worker.call('release', key, held.fence, () => held.release());
      }
    };
  },

  check: async (round) => judgeLocks(round, placesOf),
};

/** How many places a key has: one, or two. */
function placesOf(key: string): number {
  return Number(key.at(-1));
}

async function workWith(worker: Worker, permit: HeldPermit): Promise<void> {
  noteHeld(worker, permit);
  for (let work = worker.pick(worksMax); work > 0; work--) {
    const isLong = worker.pick(longWorkOneOf) === 0;
    await (isLong ? worker.clock.sleep(longWorkMs) : worker.pause(workMsMax));
    noteHeld(worker, permit);
    if (worker.pick(4) === 0 && permit.remainingMs > 0) {
      await worker.call('renew', permit.key, permit.fence, () => renew(permit));
      noteHeld(worker, permit);
    }
  }
}

/** Journals that the place is held: it was so at the instant that is taken before asking. */
function noteHeld(worker: Worker, permit: HeldPermit): void {
  const at = nowUs();
  if (permit.remainingMs > 0) worker.note(permit.key, 'held', permit.fence, at);
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
