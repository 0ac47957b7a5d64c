import { N, type DynamoInput, type DynamoTransport } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, lose, startSeconds } from '../test/test-setup.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

function lost(reason: string): object {
  return { name: 'LockLostError', code: 'LockLost', reason, key: 'k' };
}

describe('renew()', () => {
  test('sends one UpdateItem and moves the end of the lease', async () => {
    const lock = await setup.take();
    await setup.clock.advance(4_000);
    await lock.renew();
    expect(setup.sent).toEqual(['UpdateItem']);
    expect(lock.remainingMs).toBe(9_000);
    expect(setup.rowOf()).toMatchObject({
      expiresAt: N(startSeconds + 13),
      heldUntil: N(startSeconds + 13),
    });
  });

  test('is built anew where DynamoDB refused it for its time', async () => {
    const dynamo: DynamoTransport = {
      usesSockets: false,
      call: (operation, input, options) => {
        const isRefused = setup.clock.now() > startSeconds * 1_000 + 300_000;
        if (isRefused) setup.clock.jumpWall(startSeconds * 1_000 - setup.clock.now());
        return setup.memory.call(operation, (isRefused && options?.rebuild?.()) || input);
      },
    };
    const lock = await setup.open({ dynamo }).acquire('k', { leaseMs: 3_600_000 });
    setup.clock.jumpWall(1_200_000);
    await lock.renew({ leaseMs: 3_600_001 });
    expect(setup.rowOf()?.['endsAtMs']).toEqual(N(startSeconds * 1_000 + 3_600_001));
  });

  test('with another duration keeps it for the next renewals', async () => {
    const lock = await setup.take();
    await lock.renew(20);
    await setup.clock.advance(10_000);
    await lock.renew();
    expect(lock.remainingMs).toBe(20_000);
  });

  test('never shortens the lease', async () => {
    const lock = await setup.take();
    await lock.renew(2);
    expect(lock.remainingMs).toBe(9_000);
    expect(setup.rowOf()?.expiresAt).toEqual(N(startSeconds + 9));
  });

  test('prolongs the row with the lease when the wall clock was set back', async () => {
    const lock = await setup.take();
    await setup.clock.advance(2_000);
    setup.clock.jumpWall(-60_000);
    await lock.renew();
    expect(lock.remainingMs).toBe(9_000);
    expect(setup.rowOf()?.['endsAtMs']).toEqual(N(startSeconds * 1_000 + 11_000));
  });

  test('says something also where a longer renewal before it got no answer', async () => {
    const lock = await setup.take();
    setup.after = lose;
    await expect(lock.renew(60)).rejects.toThrow('lost');
    setup.after = undefined;
    await lock.renew({ leaseMs: 2_000, info: 'new' });
    expect((await setup.open().inspect('k'))?.info).toBe('new');
    expect(lock.info).toBe('new');
  });

  test.each([9, 60])('with info for %d s that comes late says nothing again', async (seconds) => {
    const lock = await setup.take();
    let old: DynamoInput<'UpdateItem'> | undefined;
    setup.before = (input) => {
      old ??= input;
    };
    setup.after = lose;
    const options = { leaseMs: seconds * 1_000, info: 'old' };
    await expect(lock.renew(options)).rejects.toThrow('lost');
    setup.after = undefined;
    await lock.renew({ info: 'new' });
    const copy = setup.memory.call('UpdateItem', old as DynamoInput<'UpdateItem'>);
    await expect(copy).rejects.toThrow('conditional');
    expect((await setup.open().inspect('k'))?.info).toBe('new');
  });

  test('of a lock that an original client took throws with the reason stolen', async () => {
    const lock = await setup.take();
    const { signal } = lock;
    await setup.overwriteExpiry(startSeconds + 60);
    await expect(lock.renew()).rejects.toMatchObject(lost('stolen'));
    expect(signal.reason).toMatchObject(lost('stolen'));
    expect(setup.rowOf()?.expiresAt).toEqual(N(startSeconds + 60));
  });

  test('of a row that was deleted throws with the reason stolen, in one request', async () => {
    const lock = await setup.take();
    await setup.delete();
    await expect(lock.renew()).rejects.toMatchObject(lost('stolen'));
    expect(setup.sent).toEqual(['UpdateItem']);
    expect(setup.rowOf()).toBeUndefined();
  });

  test('does not send anything once the lease is over', async () => {
    const lock = await setup.take();
    await setup.clock.advance(9_000);
    await expect(lock.renew()).rejects.toMatchObject(lost('expired'));
    expect(setup.sent).toEqual([]);
  });

  test('does not revive a lease that ended before the answer came', async () => {
    const lock = await setup.take();
    const { signal } = lock;
    setup.clock.pause();
    setup.before = () => setup.clock.advance(9_000);
    await expect(lock.renew()).rejects.toMatchObject(lost('expired'));
    expect(signal.aborted).toBe(true);
    await setup.clock.resume();
    expect(lock.remainingMs).toBe(0);
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('gives up at the deadline when no answer comes, and says unreachable', async () => {
    const lock = await setup.take();
    let aborted: AbortSignal | undefined;
    setup.before = (_, signal) => {
      aborted = signal;
      return new Promise(() => {});
    };
    const renewal = lock.renew().catch((error: unknown) => error);
    await setup.clock.advance(9_000);
    expect(await renewal).toMatchObject({
      ...lost('unreachable'),
      cause: { name: 'TimeoutError' },
    });
    expect(aborted?.aborted).toBe(true);
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('throws the error of the request while the lease runs, and can be tried again', async () => {
    const lock = await setup.take();
    setup.before = lose;
    await expect(lock.renew()).rejects.toThrow('lost');
    lock.assertHeld();
    setup.before = undefined;
    await lock.renew();
  });

  test('that failed makes the end of the lease unreachable, with the failure as its cause', async () => {
    const lock = await setup.take();
    setup.before = lose;
    await expect(lock.renew()).rejects.toThrow('lost');
    await setup.clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(
      expect.objectContaining({
        ...lost('unreachable'),
        cause: expect.objectContaining({ message: 'lost' }),
      }),
    );
  });

  test('called twice at once sends one after the other', async () => {
    const lock = await setup.take();
    let underWay = 0;
    let most = 0;
    setup.before = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    };
    await Promise.all([lock.renew(), lock.renew(20)]);
    expect(most).toBe(1);
    expect(lock.remainingMs).toBe(20_000);
  });

  test.each([0, -1, Number.NaN, Infinity, 1e9])('refuses %d seconds', async (timeoutSeconds) => {
    const lock = await setup.take();
    await expect(lock.renew(timeoutSeconds)).rejects.toMatchObject({
      name: 'InvalidInputError',
      field: 'timeoutSeconds',
    });
    expect(setup.sent).toEqual([]);
  });
});
