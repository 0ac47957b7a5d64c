import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, held, lose, startSeconds } from '../test/test-setup.js';
import { LockLostError } from './index.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

function lost(reason: string): object {
  return { name: 'LockLostError', code: 'LockLost', reason, key: 'k' };
}

describe('heartbeat()', () => {
  test('renews after each third of the lease', async () => {
    const lock = await setup.take();
    lock.heartbeat();
    await setup.clock.advance(2_999);
    expect(setup.sent).toEqual([]);
    await setup.clock.advance(1);
    expect(setup.sent).toEqual(['UpdateItem']);
    await setup.clock.advance(60_000);
    expect(setup.sent).toHaveLength(21);
    lock.assertHeld();
  });

  test('goes by the duration of the latest renewal', async () => {
    const lock = await setup.take();
    lock.heartbeat();
    await lock.renew(90);
    await setup.clock.advance(3_000);
    expect(setup.sent).toHaveLength(2);
    await setup.clock.advance(29_999);
    expect(setup.sent).toHaveLength(2);
    await setup.clock.advance(1);
    expect(setup.sent).toHaveLength(3);
  });

  test('ends with the release and leaves no timer', async () => {
    const lock = await setup.take();
    lock.heartbeat();
    expect(setup.clock.pendingSleeps).toBe(1);
    await lock.release();
    expect(setup.clock.pendingSleeps).toBe(0);
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('is one, however often it is called, and is ended by all that it returned', async () => {
    const lock = await setup.take();
    const stop = lock.heartbeat();
    const other = lock.heartbeat();
    expect(setup.clock.pendingSleeps).toBe(1);
    stop();
    stop();
    expect(setup.clock.pendingSleeps).toBe(1);
    other();
    expect(setup.clock.pendingSleeps).toBe(0);
    await setup.clock.advance(9_000);
    expect(setup.sent).toEqual([]);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
  });

  test('of a part of the work is not that of withLock(), which goes on', async () => {
    const work = setup.open().withLock('k', { leaseMs: 9_000 }, async (lock) => {
      lock.heartbeat()();
      await setup.clock.sleep(30_000);
      return lock.remainingMs;
    });
    expect(await setup.clock.drive(work)).toBeGreaterThan(0);
  });

  test('starts again after it was ended', async () => {
    const lock = await setup.take();
    lock.heartbeat()();
    lock.heartbeat();
    await setup.clock.advance(30_000);
    lock.assertHeld();
    await lock.release();
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('tries sooner after a failure, reports it, and survives an outage shorter than the lease', async () => {
    const lock = await setup.take();
    lock.heartbeat();
    setup.before = lose;
    await setup.clock.advance(8_000);
    setup.before = undefined;
    await setup.clock.advance(30_000);
    lock.assertHeld();
    expect(setup.warnings).toContainEqual(expect.stringContaining('Cannot renew "k" yet'));
  });

  test('ends at the deadline of an outage: unreachable, no further request, no timer', async () => {
    const lock = await setup.take();
    const { signal } = lock;
    lock.heartbeat();
    setup.before = lose;
    await setup.clock.advance(9_000);
    expect(signal.reason).toMatchObject({
      ...lost('unreachable'),
      cause: expect.objectContaining({ message: 'lost' }),
    });
    const count = setup.sent.length;
    await setup.clock.advance(60_000);
    expect(setup.sent).toHaveLength(count);
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('goes on where the logger fails', async () => {
    const logger = { ...console, debug: () => {}, warn: lose };
    const lock = await held(setup.open({ monitoring: { logger } }).tryAcquire('k', 9));
    lock.heartbeat();
    await setup.overwriteExpiry(startSeconds + 9);
    setup.before = lose;
    await setup.clock.advance(4_000);
    setup.before = undefined;
    await setup.clock.advance(30_000);
    lock.assertHeld();
    await lock.release();
  });

  test('ends when the lock was stolen', async () => {
    const lock = await setup.take();
    const { signal } = lock;
    lock.heartbeat();
    await setup.overwriteExpiry(startSeconds + 60);
    await setup.clock.advance(3_000);
    expect(signal.reason).toMatchObject(lost('stolen'));
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('finds a suspended process out and sends nothing', async () => {
    const lock = await setup.take();
    const { signal } = lock;
    lock.heartbeat();
    setup.clock.pause();
    await setup.clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining(lost('expired')));
    await setup.clock.resume();
    expect(signal.reason).toMatchObject(lost('expired'));
    expect(setup.sent).toEqual([]);
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('of a lock that is not held does nothing', async () => {
    const lock = await setup.take();
    await lock.release();
    lock.heartbeat();
    expect(setup.clock.pendingSleeps).toBe(0);
  });
});
