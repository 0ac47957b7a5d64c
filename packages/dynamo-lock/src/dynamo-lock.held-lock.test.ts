import { N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, held, lose, startMs, startSeconds } from '../test/test-setup.js';
import { LockLostError } from './index.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

function lost(reason: string): object {
  return { name: 'LockLostError', code: 'LockLost', reason, key: 'k' };
}

describe('the lease', () => {
  test('expiresAt and remainingMs count from before the request was sent', async () => {
    setup.before = () => setup.clock.advance(400);
    const lock = await setup.take();
    expect(lock.expiresAtMs).toBe(startMs + 9_000);
    expect(lock.remainingMs).toBe(8_600);
    expect(lock).toMatchObject({ type: 'lock', key: 'k' });
  });

  test('assertHeld() passes until the last millisecond and throws from the deadline on', async () => {
    const lock = await setup.take();
    await setup.clock.advance(8_999);
    lock.assertHeld();
    await setup.clock.advance(1);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining(lost('expired')));
    expect(lock.remainingMs).toBe(0);
  });

  test('assertHeld() throws as soon as the wall clock is set forward beyond the lease', async () => {
    const lock = await setup.take();
    setup.clock.jumpWall(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
  });

  test('assertHeld() throws at the end of the lease though the wall clock was set back', async () => {
    const lock = await setup.take();
    setup.clock.jumpWall(-3_600_000);
    await setup.clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
  });

  test('a lock that was lost stays lost when the wall clock is set back', async () => {
    const lock = await setup.take();
    setup.clock.jumpWall(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
    setup.clock.jumpWall(-9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
    expect(lock.remainingMs).toBe(0);
  });
});

describe('signal', () => {
  test('aborts at the deadline with the reason expired', async () => {
    const { signal } = await setup.take();
    await setup.clock.advance(8_999);
    expect(signal.aborted).toBe(false);
    await setup.clock.advance(1);
    expect(signal.reason).toMatchObject(lost('expired'));
  });

  test('follows a renewal', async () => {
    const lock = await setup.take();
    const { signal } = lock;
    await setup.clock.advance(5_000);
    await lock.renew();
    await setup.clock.advance(8_999);
    expect(signal.aborted).toBe(false);
    await setup.clock.advance(1);
    expect(signal.aborted).toBe(true);
  });

  test('aborts with the reason released, and leaves no timer', async () => {
    const lock = await setup.take();
    const { signal } = lock;
    expect(setup.clock.pendingSleeps).toBe(1);
    await lock.release();
    expect(signal.reason).toMatchObject(lost('released'));
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('is aborted from the start on a lock that was lost before', async () => {
    const lock = await setup.take();
    await setup.clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
    expect(lock.signal.reason).toMatchObject(lost('expired'));
  });
});

describe('release()', () => {
  test('sends one UpdateItem, keeps the row with its fence and says released', async () => {
    const lock = await setup.take();
    expect(await lock.release()).toBe('released');
    expect(setup.sent).toEqual(['UpdateItem']);
    expect(setup.rowOf()).toEqual({
      key: S('k'),
      meta: S('{"holder":"client 1","ended":"released"}'),
      expiresAt: N(0),
      releasedBy: { S: expect.any(String) as string },
      fence: N(lock.fence),
      purgeAt: N(startSeconds + 7 * 86_400),
    });
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining(lost('released')));
  });

  test('called again sends nothing and answers the same', async () => {
    const lock = await setup.take();
    expect(await Promise.all([lock.release(), lock.release()])).toEqual(['released', 'released']);
    expect(await lock.release()).toBe('released');
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('that failed can be tried again', async () => {
    const lock = await setup.take();
    setup.before = lose;
    await expect(lock.release()).rejects.toThrow('lost');
    setup.before = undefined;
    expect(await lock.release()).toBe('released');
  });

  test('of a lease that is over frees the row where nobody took it', async () => {
    const lock = await setup.take();
    await setup.clock.advance(60_000);
    expect(await lock.release()).toBe('released');
  });

  test('leaves the next holder alone and says superseded', async () => {
    const lock = await setup.take();
    await setup.clock.advance(9_000);
    const next = await setup.open().tryAcquire('k', 9);
    const rowBefore = setup.rowOf();
    expect(await lock.release()).toBe('superseded');
    expect(setup.rowOf()).toEqual(rowBefore);
    next?.assertHeld();
  });

  test.each([
    ['an original client took', () => setup.overwriteExpiry(startSeconds + 60)],
    ['was deleted', () => setup.delete()],
  ])('of a lock that %s leaves it alone and says superseded', async (_, change) => {
    const lock = await setup.take();
    await change();
    const rowBefore = setup.rowOf();
    expect(await lock.release()).toBe('superseded');
    expect(setup.rowOf()).toEqual(rowBefore);
  });

  test('whose response was lost says released though another took the lock meanwhile', async () => {
    const lock = await setup.take();
    setup.before = async (input) => {
      setup.before = undefined;
      await setup.memory.call('UpdateItem', input);
      await held(setup.open().tryAcquire('k', 9));
    };
    expect(await lock.release()).toBe('released');
    expect(setup.rowOf()).toMatchObject({ fence: N(lock.fence + 1), heldUntil: expect.anything() });
  });

  test('ends a renewal that is under way before it sends anything', async () => {
    const lock = await setup.take();
    let aborted: AbortSignal | undefined;
    setup.before = (_, signal) => {
      aborted ??= signal;
      return setup.sent.length === 1 ? new Promise(() => {}) : undefined;
    };
    const renewal = lock.renew().catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    const released = lock.release();
    expect(aborted?.aborted).toBe(true);
    expect(await renewal).toMatchObject(lost('released'));
    expect(await released).toBe('released');
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('is what await using does', async () => {
    {
      await using lock = await setup.take();
      lock.assertHeld();
    }
    expect(setup.sent).toEqual(['UpdateItem']);
    expect(setup.rowOf()?.heldUntil).toBeUndefined();
  });
});
