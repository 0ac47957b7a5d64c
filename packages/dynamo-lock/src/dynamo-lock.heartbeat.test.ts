import { beforeEach, describe, expect, test } from 'vitest';

import { Scene, held, lose, startSeconds } from '../test/scene.js';
import { LockLostError } from './index.js';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

function lost(reason: string): object {
  return { name: 'LockLostError', code: 'LockLost', reason, key: 'k' };
}

describe('heartbeat()', () => {
  test('renews after each third of the lease', async () => {
    const lock = await scene.take();
    lock.heartbeat();
    await scene.clock.advance(2_999);
    expect(scene.sent).toEqual([]);
    await scene.clock.advance(1);
    expect(scene.sent).toEqual(['UpdateItem']);
    await scene.clock.advance(60_000);
    expect(scene.sent).toHaveLength(21);
    lock.assertHeld();
  });

  test('goes by the duration of the latest renewal', async () => {
    const lock = await scene.take();
    lock.heartbeat();
    await lock.renew(90);
    await scene.clock.advance(3_000);
    expect(scene.sent).toHaveLength(2);
    await scene.clock.advance(29_999);
    expect(scene.sent).toHaveLength(2);
    await scene.clock.advance(1);
    expect(scene.sent).toHaveLength(3);
  });

  test('ends with the release and leaves no timer', async () => {
    const lock = await scene.take();
    lock.heartbeat();
    expect(scene.clock.pendingSleeps).toBe(1);
    await lock.release();
    expect(scene.clock.pendingSleeps).toBe(0);
    expect(scene.sent).toEqual(['UpdateItem']);
  });

  test('is one, however often it is called, and is ended by all that it returned', async () => {
    const lock = await scene.take();
    const stop = lock.heartbeat();
    const other = lock.heartbeat();
    expect(scene.clock.pendingSleeps).toBe(1);
    stop();
    stop();
    expect(scene.clock.pendingSleeps).toBe(1);
    other();
    expect(scene.clock.pendingSleeps).toBe(0);
    await scene.clock.advance(9_000);
    expect(scene.sent).toEqual([]);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
  });

  test('of a part of the work is not that of withLock(), which goes on', async () => {
    const work = scene.open().withLock('k', { leaseMs: 9_000 }, async (lock) => {
      lock.heartbeat()();
      await scene.clock.sleep(30_000);
      return lock.remainingMs;
    });
    expect(await scene.clock.drive(work)).toBeGreaterThan(0);
  });

  test('starts again after it was ended', async () => {
    const lock = await scene.take();
    lock.heartbeat()();
    lock.heartbeat();
    await scene.clock.advance(30_000);
    lock.assertHeld();
    await lock.release();
    expect(scene.clock.pendingSleeps).toBe(0);
  });

  test('tries sooner after a failure, reports it, and survives an outage shorter than the lease', async () => {
    const lock = await scene.take();
    lock.heartbeat();
    scene.before = lose;
    await scene.clock.advance(8_000);
    scene.before = undefined;
    await scene.clock.advance(30_000);
    lock.assertHeld();
    expect(scene.warnings).toContainEqual(expect.stringContaining('Cannot renew "k" yet'));
  });

  test('ends at the deadline of an outage: unreachable, no further request, no timer', async () => {
    const lock = await scene.take();
    const { signal } = lock;
    lock.heartbeat();
    scene.before = lose;
    await scene.clock.advance(9_000);
    expect(signal.reason).toMatchObject({
      ...lost('unreachable'),
      cause: expect.objectContaining({ message: 'lost' }),
    });
    const count = scene.sent.length;
    await scene.clock.advance(60_000);
    expect(scene.sent).toHaveLength(count);
    expect(scene.clock.pendingSleeps).toBe(0);
  });

  test('goes on where the logger fails', async () => {
    const logger = { ...console, debug: () => {}, warn: lose };
    const lock = await held(scene.open({ monitoring: { logger } }).tryAcquire('k', 9));
    lock.heartbeat();
    await scene.overwriteExpiry(startSeconds + 9);
    scene.before = lose;
    await scene.clock.advance(4_000);
    scene.before = undefined;
    await scene.clock.advance(30_000);
    lock.assertHeld();
    await lock.release();
  });

  test('ends when the lock was stolen', async () => {
    const lock = await scene.take();
    const { signal } = lock;
    lock.heartbeat();
    await scene.overwriteExpiry(startSeconds + 60);
    await scene.clock.advance(3_000);
    expect(signal.reason).toMatchObject(lost('stolen'));
    expect(scene.clock.pendingSleeps).toBe(0);
  });

  test('finds a suspended process out and sends nothing', async () => {
    const lock = await scene.take();
    const { signal } = lock;
    lock.heartbeat();
    scene.clock.pause();
    await scene.clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining(lost('expired')));
    await scene.clock.resume();
    expect(signal.reason).toMatchObject(lost('expired'));
    expect(scene.sent).toEqual([]);
    expect(scene.clock.pendingSleeps).toBe(0);
  });

  test('of a lock that is not held does nothing', async () => {
    const lock = await scene.take();
    await lock.release();
    lock.heartbeat();
    expect(scene.clock.pendingSleeps).toBe(0);
  });
});
