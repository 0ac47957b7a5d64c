import { describePeers } from '@x/conformance';
import { beforeEach, expect } from 'vitest';

import { LockLostError, LockTimeoutError, fenceCondition } from '../src/index.js';
import { held, TestSetup, startMs } from './test-setup.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
  return () => expect(setup.clock.pendingSleeps).toBe(0);
});

const lost = (reason: string): object => ({ name: 'LockLostError', reason });

describePeers('Locks', {
  redlock: {
    'acquire([a, b], ms)': async () => {
      const both = await setup.open().acquireAll(['b', 'a', 'b'], { leaseMs: 9_000 });
      expect(both.locks.map(({ key }) => key)).toEqual(['b', 'a']);
      expect(await setup.open().tryAcquire('a')).toBeUndefined();
      // All or none: what was taken before the one that is held is free again.
      const third = setup.open().acquireAll(['0', 'b'], { waitMsMax: 0 });
      await expect(third).rejects.toThrow(LockTimeoutError);
      expect(await setup.open().inspect('0')).toBeUndefined();
      expect(await both.release()).toEqual(['released', 'released']);
    },
    'using(keys, ms, fn)': async () => {
      const result = await setup.open().withLock(['a', 'b'], { leaseMs: 9_000 }, async (both) => {
        await setup.clock.advance(20_000);
        both.assertHeld();
        return 'done';
      });
      expect(result).toBe('done');
      expect(await setup.open().inspect('a')).toBeUndefined();
    },
    'signal.aborted, signal.error': async () => {
      const running = setup.open().withLock('k', { leaseMs: 9_000 }, async ({ signal }) => {
        await setup.open().forceRelease('k');
        await setup.clock.advance(3_000);
        expect([signal.aborted, signal.reason]).toEqual([true, expect.any(LockLostError)]);
      });
      await expect(running).rejects.toMatchObject(lost('stolen'));
    },
    'lock.extend(ms)': async () => {
      const lock = await setup.take(9);
      await lock.renew({ leaseMs: 20_000 });
      expect(lock.remainingMs).toBe(20_000);
      await lock.renew({ leaseMs: 1_000 });
      expect(lock.remainingMs).toBe(20_000);
      await setup.clock.advance(20_000);
      await expect(lock.renew({ leaseMs: 1_000 })).rejects.toMatchObject(lost('expired'));
    },
    'retryCount: 0': async () => {
      await setup.take();
      expect(await setup.open().tryAcquire('k')).toBeUndefined();
      expect(setup.sent).toEqual(['UpdateItem']);
    },
    'retryCount, retryDelay': async () => {
      await setup.take(9);
      const retry = { firstMs: 200, maxMs: 200 };
      const refused = setup.open().acquire('k', { waitMsMax: 1_000, retry });
      await expect(setup.clock.drive(refused)).rejects.toThrow(LockTimeoutError);
      expect(setup.clock.now() - startMs).toBeCloseTo(1_000, -1);
      const slow = { firstMs: 60_000, maxMs: 60_000 };
      await setup.clock.drive(setup.open().acquire('k', { waitMsMax: 60_000, retry: slow }));
      expect(setup.clock.now() - startMs).toBeLessThanOrEqual(9_000);
    },
    'release() of one that expired': async () => {
      const lock = await setup.take(9);
      await setup.clock.advance(9_000);
      await held(setup.open().tryAcquire('k'));
      expect(await lock.release()).toBe('superseded');
      expect(await setup.open().inspect('k')).toBeDefined();
    },
    driftFactor: async () => {
      const lock = await setup.take(9);
      expect(lock.remainingMs).toBe(9_000);
      const careful = setup.open({ skewToleranceMs: 500 });
      await setup.clock.advance(9_499);
      expect(await careful.tryAcquire('k')).toBeUndefined();
      await setup.clock.advance(1);
      await held(careful.tryAcquire('k'));
    },
    'a quorum of servers': async () => {
      const first = await setup.take(9);
      await setup.clock.advance(9_000);
      const second = await held(setup.open().tryAcquire('k'));
      expect(second.fence).toBeGreaterThan(first.fence);
      expect(fenceCondition(second).condition).toContain('<');
    },
  },

  'amazon-dynamodb-lock-client': {
    'tryAcquireLock, shouldSkipBlockingWait': async () => {
      await setup.take(9);
      expect(await setup.open().tryAcquire('k')).toBeUndefined();
      expect(setup.clock.now()).toBe(startMs);
    },
    'acquireLock, additionalTimeToWaitForLock': async () => {
      await setup.take(9);
      const refused = setup.open().acquire('k', { leaseMs: 9_000, waitMsMax: 3_000 });
      await expect(setup.clock.drive(refused)).rejects.toMatchObject({
        holder: 'client 1',
        expiresAtMs: startMs + 9_000,
      });
      expect(setup.clock.now() - startMs).toBeCloseTo(3_000, -1);
    },
    'recordVersionNumber: watched for a whole lease': async () => {
      await setup.take(9);
      await setup.clock.advance(9_000);
      await held(setup.open().tryAcquire('k'));
    },
    'data of a lock whose holder died': async () => {
      await setup.open().tryAcquire('k', { leaseMs: 9_000, info: { done: 3 } });
      await setup.clock.advance(9_000);
      const next = await held(setup.open().tryAcquire('k', { info: 'mine' }));
      expect(next.previous).toEqual({ info: { done: 3 }, holder: 'client 1', ended: 'expired' });
      expect(next.info).toBe('mine');
    },
    'deleteLockOnRelease(false)': async () => {
      for (const [keepInfo, info] of [
        [true, 'kept'],
        [false, undefined],
      ] as const) {
        const lock = await held(setup.open().tryAcquire('k', { info: 'kept' }));
        await lock.release({ keepInfo });
        const next = await held(setup.open().tryAcquire('k'));
        expect(next.previous).toMatchObject({ info, ended: 'released' });
        await next.release();
      }
    },
    'sendHeartbeat with data': async () => {
      const lock = await setup.take(9);
      await lock.renew({ info: { done: 7 } });
      expect(lock.info).toEqual({ done: 7 });
      expect(await setup.open().inspect('k')).toMatchObject({ info: { done: 7 } });
    },
    heartbeatPeriod: async () => {
      const lock = await setup.take(9);
      lock.heartbeat();
      await setup.clock.advance(60_000);
      expect(lock.remainingMs).toBeGreaterThan(5_000);
      expect(setup.sent.length).toBe(20);
      await lock.release();
    },
    sessionMonitor: async () => {
      const lock = await setup.take(9);
      const ending = lock.ending(2_000);
      await setup.clock.advance(6_000);
      await lock.renew();
      await setup.clock.advance(6_999);
      expect(ending.aborted).toBe(false);
      await setup.clock.advance(1);
      expect([ending.aborted, lock.remainingMs]).toEqual([true, 2_000]);
      await lock.release();
    },
    'ensure(leaseDuration)': async () => {
      const lock = await setup.take(9);
      await setup.clock.advance(8_000);
      if (lock.remainingMs < 5_000) await lock.renew({ leaseMs: 5_000 });
      expect(lock.remainingMs).toBe(5_000);
    },
    'isExpired()': async () => {
      const lock = await setup.take(9);
      lock.assertHeld();
      await setup.clock.advance(9_000);
      expect(lock.remainingMs).toBe(0);
      expect(() => lock.assertHeld()).toThrow(LockLostError);
    },
    'releaseLock answers a boolean': async () => {
      const lock = await setup.take(9);
      await setup.open().forceRelease('k');
      expect(await lock.release()).toBe('superseded');
    },
    'close()': async () => {
      const locks = setup.open();
      await locks.acquireAll(['a', 'b']);
      expect(await locks.releaseAll()).toEqual(['released', 'released']);
      expect(await locks.inspect('a')).toBeUndefined();
    },
    'getLock(key)': async () => {
      const lock = await setup.take(9);
      const seen = await setup.open().inspect('k');
      expect(seen).toMatchObject({ holder: 'client 1', fence: lock.fence, leaseMs: 9_000 });
      lock.assertHeld();
    },
    getAllLocksFromDynamoDB: async () => {
      await setup.take(9, 'a');
      await (await setup.take(9, 'b')).release();
      const keys: string[] = [];
      for await (const { key } of setup.open().list()) keys.push(key);
      expect(keys).toEqual(['a']);
    },
  },

  ShedLock: {
    'a task that is locked is skipped': async () => {
      await setup.take(9);
      let runs = 0;
      const task = setup.open().withLock('k', { waitMsMax: 0 }, () => (runs += 1));
      await expect(task).rejects.toThrow(LockTimeoutError);
      expect(runs).toBe(0);
    },
    lockAtMostFor: async () => {
      const options = { leaseMs: 9_000, heartbeat: false };
      const task = setup.open().withLock('k', options, () => setup.clock.advance(9_000));
      await expect(task).rejects.toMatchObject(lost('expired'));
      await held(setup.open().tryAcquire('k'));
    },
    lockAtLeastFor: async () => {
      let runs = 0;
      const options = { minimumHoldMs: 60_000, waitMsMax: 0 };
      for (let node = 0; node < 3; node++) {
        const task = setup.open().withLock('k', options, () => (runs += 1));
        await task.catch((error: unknown) => expect(error).toBeInstanceOf(LockTimeoutError));
        await setup.clock.advance(5);
      }
      expect([runs, setup.clock.now() - startMs]).toEqual([1, 15]);
      await setup.clock.advance(60_000);
      await setup.open().withLock('k', options, () => (runs += 1));
      expect(runs).toBe(2);
    },
    KeepAliveLockProvider: async () => {
      await setup.open().withLock('k', { leaseMs: 9_000 }, () => setup.clock.advance(60_000));
      expect(setup.sent.length).toBe(22);
    },
    'LockAssert.assertLocked()': async () => {
      await setup.open().withLock('k', { leaseMs: 9_000 }, (lock) => lock.assertHeld());
    },
    'LockExtender.extendActiveLock': async () => {
      const options = { leaseMs: 9_000, heartbeat: false };
      await setup.open().withLock('k', options, async (lock) => {
        await lock.renew({ leaseMs: 60_000 });
        await setup.clock.advance(59_999);
      });
    },
    'locked_at, locked_by': async () => {
      await setup.open({ holder: 'node-1' }).tryAcquire('k');
      const status = await setup.open().inspect('k');
      expect(status).toMatchObject({ acquiredAtMs: startMs, holder: 'node-1' });
    },
    'a row deleted by hand': async () => {
      const lock = await setup.take(9);
      expect(await setup.open().forceRelease('k')).toMatchObject({ holder: 'client 1' });
      const next = await held(setup.open().tryAcquire('k'));
      expect(next.previous).toMatchObject({ holder: 'client 1', ended: 'forced' });
      expect(next.fence).toBeGreaterThan(lock.fence);
      await expect(lock.renew()).rejects.toMatchObject(lost('stolen'));
    },
  },
});
