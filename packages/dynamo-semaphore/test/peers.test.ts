import { describePeers } from '@x/conformance';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, expect } from 'vitest';

import {
  DynamoSemaphore,
  LockTimeoutError,
  semaphoresTable,
  type HeldPermit,
} from '../src/index.js';

let clock: ManualClock;
let memory: MemoryDynamo;
let processes: number;
beforeEach(() => {
  clock = new ManualClock();
  memory = new MemoryDynamo({ clock });
  memory.createTable(semaphoresTable);
  processes = 0;
  return () => expect(clock.pendingSleeps).toBe(0);
});

/** The semaphores of another process. */
function open(): DynamoSemaphore {
  const random = seededRandom((processes += 1));
  const connection = { dynamo: memory, tableName: 'semaphores', clock, random };
  return new DynamoSemaphore({ ...connection, skewToleranceMs: 0, holder: `p${processes}` });
}

async function take(n: number, leaseMs = 9_000): Promise<HeldPermit> {
  return open().acquire('k', { n, leaseMs, waitMsMax: 0 });
}

describePeers('Semaphores', {
  Redisson: {
    'acquire(leaseTime)': async () => {
      await take(2);
      await take(2);
      expect(await open().tryAcquire('k', { n: 2 })).toBeUndefined();
      await clock.advance(9_000);
      await take(2);
    },
    'tryAcquire(waitTime, leaseTime)': async () => {
      await take(1, 5_000);
      const refused = open().acquire('k', { n: 1, waitMsMax: 2_000 });
      await expect(clock.drive(refused)).rejects.toThrow(LockTimeoutError);
      const permit = await clock.drive(open().acquire('k', { n: 1, waitMsMax: 9_000 }));
      permit.assertHeld();
    },
    'tryAcquire()': async () => {
      await take(1);
      expect(await open().tryAcquire('k', { n: 1 })).toBeUndefined();
    },
    'release(permitId)': async () => {
      const permit = await take(1, 1_000);
      expect(await permit.release()).toBe('released');
      const late = await take(1, 1_000);
      await clock.advance(1_000);
      await take(1);
      expect(await late.release()).toBe('superseded');
      expect(await open().tryAcquire('k', { n: 1 })).toBeUndefined();
    },
    'updateLeaseTime(permitId)': async () => {
      const permit = await take(1);
      await permit.renew({ leaseMs: 20_000 });
      await permit.renew({ leaseMs: 1_000 });
      expect(permit.remainingMs).toBe(20_000);
    },
    'trySetPermits(n)': async () => {
      const permits = [await take(3), await take(3), await take(3)];
      for (const permit of permits) {
        expect(await open().tryAcquire('k', { n: 1 })).toBeUndefined();
        permit.assertHeld();
        await permit.release();
      }
      await take(1);
    },
    'availablePermits()': async () => {
      await take(3, 5_000);
      await take(3, 9_000);
      const holders = await open().inspect('k');
      expect(holders).toMatchObject([{ holder: 'p1' }, { holder: 'p2' }]);
      expect(holders[0]?.expiresAtMs).toBe(clock.now() + 5_000);
    },
  },
});
