import type { Worker } from '../client/worker.js';
import { nowUs } from '../journal.js';

/** What a lock and a semaphore hand out. */
interface Held {
  readonly key: string;
  readonly fence: number;
  readonly remainingMs: number;
}

/** How something is taken. */
interface TakeOptions {
  readonly leaseMs: number;
  readonly waitMsMax: number;
  readonly heartbeat: boolean;
}

const leaseMs = 1_000;
const waitMsMax = 1_500;
const worksMax = 5;
const workMsMax = 150;
/** Now and then a holder works beyond its lease. */
const longWorkOneOf = 12;
const longWorkMs = 1_600;

/**
 * Takes something for a key, works for a while, does `act` after each piece of work, and notes all
 * the time whether it is held. Answers with it, to be given back, and with how it was taken.
 */
export async function workUnderLease<H extends Held>(
  worker: Worker,
  key: string,
  take: (options: TakeOptions) => Promise<H>,
  act: (held: H) => Promise<unknown>,
): Promise<{ readonly held: H; readonly heartbeat: boolean } | undefined> {
  const heartbeat = worker.pick(3) === 0;
  let taken: H | undefined;
  await worker.call('acquire', key, { heartbeat }, async () => {
    taken = await take({ leaseMs, waitMsMax, heartbeat });
    return taken.fence;
  });
  const held = taken;
  if (held === undefined) return undefined;
  noteHeld(worker, held);
  for (let work = worker.pick(worksMax); work > 0; work--) {
    const isLong = worker.pick(longWorkOneOf) === 0;
    await (isLong ? worker.clock.sleep(longWorkMs) : worker.pause(workMsMax));
    noteHeld(worker, held);
    await act(held);
    noteHeld(worker, held);
  }
  return { held, heartbeat };
}

/** Journals that it is held: it was so at the instant that is taken before asking. */
function noteHeld(worker: Worker, held: Held): void {
  const at = nowUs();
  if (held.remainingMs > 0) worker.note(held.key, 'held', held.fence, at);
}
