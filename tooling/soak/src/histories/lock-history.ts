import { DynamoLock, type HeldLock, type ReleaseOutcome } from '@x/dynamo-lock';
import { lockModel, type LockInput, type Operation } from '@x/simulation';

import { isPastMemory, outputOf } from '../run/round.js';
import type { Workload } from '../workloads/workload.js';
import { HistorySlot } from './history-slot.js';
import { judgeHistories, operationOf } from './judge-histories.js';

/** Longer than a key is in use, also by a clock that was set by minutes, so that no lease ends meanwhile. */
const leaseMs = 600_000;

/**
 * Single attempts to take a lock, and releases of it.
 *
 * One that is broken on purpose frees the lock whoever holds it when an attempt is refused.
 */
export const lockHistory: Workload = {
  name: 'history-lock',

  start: (worker) => {
    const { random, isBroken } = worker;
    const locks = new DynamoLock(worker.on('locks'));
    const slot = new HistorySlot(worker);
    return async () => {
      const key = `history-${await slot.next()}`;
      const owner = random.id();
      let lock: HeldLock | undefined;
      await worker.call('acquire', key, { kind: 'acquire', owner }, async () => {
        lock = await locks.tryAcquire(key, { leaseMs });
        if (isBroken && lock === undefined) await locks.forceRelease(key);
        return lock !== undefined;
      });
      const held = lock;
      if (held === undefined) return;
      await worker.pause(10);
      slot.another();
      await worker.call('release', key, { kind: 'release', owner }, () => held.release());
    };
  },

  check: (round, findings) =>
    judgeHistories(round, lockModel, findings, (call, calls): Operation<LockInput, boolean>[] => {
      const input = call.input as unknown as LockInput;
      const isRepeated = (call.over?.sent ?? 0) > 1;
      if (input.kind === 'release') {
        const outcome = outputOf<ReleaseOutcome>(call)?.output;
        // A repeat that comes after two more holders cannot know its own work, as the docs say.
        const isKnown = outcome === 'released' || (outcome === 'superseded' && !isRepeated);
        const output = outcome === 'released';
        return [operationOf(call, input, isKnown ? { output } : undefined)];
      }
      const answer = outputOf<boolean>(call);
      // A copy of an attempt that was refused, or that two holders came after, holds the lock for nobody.
      const isOpen = answer?.output === false ? isRepeated : isPastMemory(call, calls, 2);
      const copy = operationOf<LockInput, boolean>(call, input, undefined);
      const copies = isOpen ? [copy] : [];
      // An attempt whose outcome is unknown gives back what it may have taken.
      const given = operationOf<LockInput, boolean>(call, { ...input, kind: 'release' }, undefined);
      const tried = operationOf(call, input, answer);
      if (answer === undefined) return [tried, given, ...copies];
      return [tried, ...copies];
    }),
};
