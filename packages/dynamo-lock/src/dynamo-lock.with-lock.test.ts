import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, held, lose } from '../test/test-setup.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

function* work(): Generator<number> {
  yield 1;
}

async function* workLater(): AsyncGenerator<number> {
  yield await Promise.resolve(1);
}

describe('withLock()', () => {
  test('runs the function under the lock, renews it, and releases it', async () => {
    const work = setup.open().withLock('k', { leaseMs: 3_000 }, async (lock) => {
      await setup.clock.sleep(10_000);
      lock.assertHeld();
      return 42;
    });
    expect(await setup.clock.drive(work)).toBe(42);
    expect(setup.rowOf('k')?.heldUntil).toBeUndefined();
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('takes a lease of 30 seconds by default', async () => {
    expect(await setup.open().withLock('k', {}, (lock) => lock.remainingMs)).toBe(30_000);
  });

  test('releases the lock and throws what the function threw', async () => {
    const work = setup.open().withLock('k', {}, () => Promise.reject(new Error('work')));
    await expect(work).rejects.toThrow('work');
    await held(setup.open().tryAcquire('k', 9));
  });

  test.each<[string, () => unknown]>([
    ['a generator', () => work()],
    ['an async generator', () => workLater()],
    ['a stream', () => new ReadableStream()],
  ])('refuses %s, whose work would follow the release, and releases the lock', async (_, fn) => {
    const work = setup.open().withLock('k', {}, fn);
    await expect(work).rejects.toMatchObject({
      name: 'InvalidInputError',
      field: 'what the function returns',
    });
    await held(setup.open().tryAcquire('k', 9));
  });

  test('keeps both errors when the release fails after the function did', async () => {
    const work = setup.open().withLock('k', {}, () => {
      setup.before = lose;
      throw new Error('work');
    });
    const error = await work.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({
      message: 'work (and the release failed)',
      cause: { message: 'work' },
      errors: [{ message: 'work' }, { message: 'lost' }],
    });
  });

  test('tells both failures also where what was thrown has no text', async () => {
    const thrown: unknown = Object.create(null);
    const work = setup.open().withLock('k', {}, () => {
      setup.before = lose;
      throw thrown;
    });
    await expect(work).rejects.toMatchObject({
      message: 'an instance of Object (and the release failed)',
      errors: [thrown, { message: 'lost' }],
    });
  });

  test('keeps the result when the release fails after it, and reports that', async () => {
    const work = setup.open().withLock('k', {}, () => {
      setup.before = lose;
      return 42;
    });
    expect(await work).toBe(42);
    expect(setup.warnings).toContainEqual(
      expect.stringContaining('Cannot release "k": it is free when its lease ends'),
    );
  });

  test('without a heartbeat throws a LockLostError when the function outlived the lease', async () => {
    const options = { leaseMs: 3_000, heartbeat: false };
    const work = setup.open().withLock('k', options, () => setup.clock.sleep(3_000));
    await expect(setup.clock.drive(work)).rejects.toMatchObject({ reason: 'expired' });
    expect(setup.rowOf('k')?.heldUntil).toBeUndefined();
  });

  test('throws a LockLostError when a renewal found the lock with another', async () => {
    const work = setup.open().withLock('k', { leaseMs: 3_000 }, async () => {
      await setup.delete();
      await setup.clock.sleep(1_500);
    });
    await expect(setup.clock.drive(work)).rejects.toMatchObject({ reason: 'stolen' });
  });

  test('reports a release that finds the lock with another', async () => {
    const work = setup.open().withLock('k', {}, () => setup.delete());
    await work;
    expect(setup.warnings).toContain('"k" was not ours any more when it was released');
  });

  test('stops the function through the signal of the lock', async () => {
    const work = setup.open().withLock('k', { leaseMs: 3_000 }, (lock) => {
      setup.before = lose;
      return setup.clock.sleep(60_000, { signal: lock.signal });
    });
    const outcome = work.catch((error: unknown) => error);
    await setup.clock.advance(3_000);
    expect(await outcome).toMatchObject({
      errors: [{ name: 'LockLostError', reason: 'unreachable' }, { message: 'lost' }],
    });
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('lets the function release the lock itself', async () => {
    const work = setup.open().withLock('k', {}, async (lock) => {
      await lock.release();
      return 1;
    });
    expect(await work).toBe(1);
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem']);
  });
});
