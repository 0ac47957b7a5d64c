import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { N, S, type DynamoInput } from '@x/dynamo-core';
import { requestMsMax, uncorrected, waitingOf, type DynamoClock } from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, held, lose, startMs, startSeconds } from '../test/test-setup.js';
import { takeLock, attemptLock } from './acquire.js';
import { lockContext, type LockContext } from './options.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

describe('acquire()', () => {
  test('takes a free lock in one request', async () => {
    await setup.open().acquire('k', 9);
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('takes the lock of a dead holder in the millisecond in which it is free', async () => {
    await held(setup.open().tryAcquire('k', 9));
    const lock = await setup.clock.drive(setup.open({ skewToleranceMs: 100 }).acquire('k', 9));
    expect(setup.clock.now()).toBe(startMs + 9_100);
    lock.assertHeld();
  });

  test('throws a LockTimeoutError with the holder and the expiry after waitMsMax', async () => {
    await held(setup.open({ holder: 'web-7' }).tryAcquire('k', 60));
    const waiting = setup.open().acquire('k', 9, { waitMsMax: 1_500 });
    await expect(setup.clock.drive(waiting)).rejects.toMatchObject({
      name: 'LockTimeoutError',
      code: 'LockTimeout',
      key: 'k',
      waitedMs: 1_500,
      holder: 'web-7',
      expiresAtMs: startMs + 60_000,
      message: 'Cannot acquire "k" within 1500 ms: held by "web-7" until 2030-01-01T12:01:00.000Z',
    });
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('waits 10 seconds by default', async () => {
    await held(setup.open().tryAcquire('k', 60));
    await expect(setup.clock.drive(setup.open().acquire('k', 9))).rejects.toMatchObject({
      waitedMs: 10_000,
    });
  });

  test('with waitMsMax 0 is one attempt', async () => {
    await held(setup.open().tryAcquire('k', 60));
    setup.sent = [];
    await expect(setup.open().acquire('k', 9, { waitMsMax: 0 })).rejects.toMatchObject({
      waitedMs: 0,
    });
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('names no holder where an original client holds the lock', async () => {
    const row = { key: S('k'), expiresAt: N(startSeconds + 60) };
    await setup.put(row);
    await expect(setup.open().acquire('k', 9, { waitMsMax: 0 })).rejects.toMatchObject({
      holder: undefined,
      expiresAtMs: startMs + 60_000,
    });
  });

  test('ends its wait when the signal aborts, and leaves nothing', async () => {
    await held(setup.open().tryAcquire('k', 60));
    const abort = new AbortController();
    const waiting = setup.open().acquire('k', 9, { signal: abort.signal });
    const outcome = waiting.catch((error: unknown) => error);
    await setup.clock.advance(1);
    abort.abort(new Error('enough'));
    expect(await outcome).toMatchObject({ message: 'enough' });
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('tries again when the lease was over before the answer came', async () => {
    setup.after = () => {
      setup.after = undefined;
      return setup.clock.advance(9_000);
    };
    const lock = await setup.clock.drive(setup.open().acquire('k', 9));
    expect(lock.remainingMs).toBe(9_000);
  });

  test.each([0, 1])(
    'a late copy behind the releases of its own and of %i others holds it for nobody, with a later fence',
    async (others) => {
      let copy: DynamoInput<'UpdateItem'> | undefined;
      setup.before = (input) => (copy ??= input);
      const own = await held(setup.open().tryAcquire('k', 9));
      await own.release();
      let { fence } = own;
      for (let other = 0; other < others; other++) {
        const lock = await held(setup.open().tryAcquire('k', 9));
        ({ fence } = lock);
        await lock.release();
      }
      await setup.memory.call('UpdateItem', copy!).catch(() => undefined);
      // Its own release is remembered until another's is.
      const status = await setup.open().inspect('k');
      expect((status?.fence ?? 0) > fence).toBe(others > 0);
      await setup.clock.advance(9_000);
      expect((await held(setup.open().tryAcquire('k', 9))).fence).toBeGreaterThan(fence);
    },
  );

  test('recognises a late copy of an earlier attempt, and writes its lease again', async () => {
    const first = await held(setup.open().tryAcquire('k', 90));
    let copy: DynamoInput<'UpdateItem'> | undefined;
    setup.before = (input) => (copy ??= input);
    const waiting = setup.open().acquire('k', 60);
    await setup.clock.advance(5_000);
    setup.before = undefined;
    await first.release();
    await setup.memory.call('UpdateItem', copy!);
    setup.sent = [];
    const lock = await setup.clock.drive(waiting);
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem']);
    expect(lock.remainingMs).toBe(60_000);
    expect(setup.rowOf()?.['endsAtMs']).toEqual(N(setup.clock.now() + 60_000));
  });
});

describe('a machine whose clock is wrong, as the first answer tells it', () => {
  const request = {
    key: 'k',
    leaseMs: 9_000,
    info: undefined,
    signal: undefined,
    heartbeat: false,
    minimumHoldMs: () => 0,
  };
  const bounds = { clock: new ManualClock(), ms: requestMsMax };

  /** A clock that is off by `errorMs`, which it knows from the first answer on. */
  function offBy(errorMs: number, toleranceMs = 0): LockContext {
    const machine = new ManualClock({ nowMs: setup.clock.now() + errorMs });
    let offset = { earliest: 0, latest: 0 };
    setup.after = () => void (offset = { earliest: -errorMs - 1_000, latest: -errorMs + 1_000 });
    const clock: DynamoClock = {
      ...uncorrected(machine),
      now: () => machine.now() + offset.earliest,
      offsetMs: () => offset,
    };
    const context = lockContext({
      dynamo: setup.transport,
      tableName: 'locks',
      skewToleranceMs: toleranceMs,
    });
    return { ...context, clock };
  }

  test('ahead, gives back a lock whose holder may still act', async () => {
    const other = await held(setup.open().tryAcquire('k', 60));
    const before = setup.rowOf();
    setup.sent = [];
    const tried = await attemptLock(offBy(240_000), request, 'me', bounds);
    expect(tried).toMatchObject({ outcome: 'returned', status: { expiresAtMs: startMs + 60_000 } });
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem']);
    const { expiresAt, heldUntil, endsAtMs } = before ?? {};
    expect(setup.rowOf()).toMatchObject({ expiresAt, heldUntil, endsAtMs });
    await setup.clock.advance(59_999);
    expect(await setup.open().tryAcquire('k', 9)).toBeUndefined();
    await setup.clock.advance(1);
    expect((await held(setup.open().tryAcquire('k', 9))).fence).toBe(other.fence + 2);
  });

  test('ahead, and set right before the answer comes, gives back a lock whose holder may still act', async () => {
    const other = await held(setup.open().tryAcquire('k', 60));
    const machine = new ManualClock({ nowMs: setup.clock.now() + 240_000 });
    const context = { ...offBy(0), clock: uncorrected(machine) };
    setup.after = () => {
      setup.after = undefined;
      machine.jumpWall(-240_000);
    };
    expect((await attemptLock(context, request, 'me', bounds)).outcome).toBe('returned');
    expect(other.remainingMs).toBe(60_000);
    expect(await setup.open().tryAcquire('k', 9)).toBeUndefined();
  });

  test('ahead, keeps a lock whose holder has ended by the earliest time that it may be', async () => {
    await held(setup.open().tryAcquire('k', 1));
    await setup.clock.advance(2_249);
    const early = await attemptLock(offBy(240_000, 250), request, 'me', bounds);
    expect(early.outcome).toBe('returned');
    await setup.clock.advance(1);
    const inTime = await attemptLock(offBy(240_000, 250), request, 'me again', bounds);
    expect(inTime.outcome).toBe('held');
  });

  test('ahead, takes a free lock in one request', async () => {
    const tried = await attemptLock(offBy(240_000), request, 'me', bounds);
    expect(tried).toMatchObject({ outcome: 'held', lock: { key: 'k' } });
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('ahead, goes on with a lease that it wrote before it knew', async () => {
    const context = offBy(240_000);
    const tried = await attemptLock(context, request, 'me', bounds);
    if (tried.outcome !== 'held') throw new Error('It is not free');
    for (let renewals = 0; renewals < 5; renewals++) {
      await (context.clock.machine as ManualClock).advance(5_000);
      await tried.lock.renew();
      expect(tried.lock.remainingMs).toBe(9_000);
    }
  });

  test('behind, writes a lease again that is over already', async () => {
    const tried = await attemptLock(offBy(-240_000), request, 'me', bounds);
    expect(tried.outcome).toBe('held');
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem']);
    // The end is that of the latest time that it may be.
    expect(setup.rowOf()?.['endsAtMs']).toEqual(N(startMs + 10_000));
    expect(tried.outcome === 'held' && tried.lock.remainingMs).toBe(9_000);
    expect(await setup.open().tryAcquire('k', 9)).toBeUndefined();
  });

  test('a little behind, holds the lock for less time', async () => {
    const tried = await attemptLock(offBy(-3_000), request, 'me', bounds);
    expect(setup.sent).toEqual(['UpdateItem']);
    expect(tried.outcome === 'held' && tried.lock.remainingMs).toBe(5_000);
  });

  test('waits with a new id for the end of a lease that it gave back', async () => {
    await held(setup.open().tryAcquire('k', 4));
    const context = offBy(240_000);
    const clock = context.clock.machine as ManualClock;
    const waiting = takeLock(context, request, waitingOf({}));
    const lock = await clock.drive(waiting);
    expect(clock.now() - 240_000).toBeGreaterThanOrEqual(startMs + 4_000);
    lock.assertHeld();
  });
});

describe('acquireAll()', () => {
  test('takes each key once, and gives the locks in the order of the caller', async () => {
    const all = await setup.open().acquireAll(['b', 'a', 'b'], 9);
    expect(all.locks.map(({ key }) => key)).toEqual(['b', 'a']);
    expect(all.remainingMs).toBe(9_000);
    all.assertHeld();
    expect(await all.release()).toEqual(['released', 'released']);
    expect(setup.sent).toHaveLength(4);
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('keeps the first locks while it waits for the others, and no longer', async () => {
    await held(setup.open().tryAcquire('b', 9));
    const all = await setup.clock.drive(setup.open().acquireAll(['a', 'b'], 3));
    expect(setup.clock.now()).toBe(startMs + 9_000);
    all.assertHeld();
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('with a heartbeat keeps all of them', async () => {
    await using all = await setup.open().acquireAll(['a', 'b'], 3, { heartbeat: true });
    await setup.clock.advance(60_000);
    expect(all.remainingMs).toBeGreaterThan(0);
  });

  test('releases what it took when one cannot be had', async () => {
    await held(setup.open().tryAcquire('b', 60));
    const waiting = setup.open().acquireAll(['a', 'b'], 9, { waitMsMax: 500 });
    await expect(setup.clock.drive(waiting)).rejects.toMatchObject({
      code: 'LockTimeout',
      key: 'b',
    });
    await held(setup.open().tryAcquire('a', 9));
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('aborts its signal when one of the locks is lost', async () => {
    const all = await setup.open().acquireAll(['a', 'b'], 9);
    const { signal } = all;
    await all.locks[1]?.renew(60);
    await setup.clock.advance(9_000);
    expect(signal.reason).toMatchObject({ reason: 'expired', key: 'a' });
    expect(() => all.assertHeld()).toThrow(expect.objectContaining({ key: 'a' }));
    await all.release();
  });

  test('releases all although the release of one fails', async () => {
    const all = await setup.open().acquireAll(['a', 'b'], 9);
    setup.before = ({ Key }) => {
      if (Key?.['key']?.S === 'a') lose();
    };
    await expect(all.release()).rejects.toThrow('lost');
    expect(setup.rowOf('b')?.heldUntil).toBeUndefined();
    setup.before = lose;
    const others = setup.open().acquireAll(['c'], 9);
    await expect(others).rejects.toThrow('lost');
  });

  test('has one signal, however often it is asked for', async () => {
    const all = await setup.open().acquireAll(['a', 'b'], 9);
    expect(all.signal).toBe(all.signal);
    await all.release();
    expect(all.signal.aborted).toBe(true);
  });

  test('keeps nothing of locks that are released while somebody listens to their signal', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const signals: WeakRef<AbortSignal>[] = [];
    for (let round = 0; round < 20; round++) {
      const all = await setup.open().acquireAll(['a', 'b'], 9);
      all.signal.addEventListener('abort', () => {});
      signals.push(new WeakRef(all.signal));
      await all.release();
    }
    const kept = (): number => signals.filter((signal) => signal.deref() !== undefined).length;
    // The last ones may still stand on the stack, or with what a promise has not let go of yet.
    for (let tries = 0; tries < 20 && kept() > 2; tries++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(kept()).toBeLessThanOrEqual(2);
  });

  test('copies what it is given before it sends anything', async () => {
    const keys = ['a', 'b'];
    const info = { job: 1 };
    const acquiring = setup.open().acquireAll(keys, 9, { info });
    keys[1] = 'c';
    info.job = 2;
    expect((await acquiring).locks.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(await setup.open().inspect('b')).toMatchObject({ info: { job: 1 } });
  });

  test('starts no heartbeat that is asked for after the call', async () => {
    const options = { leaseMs: 9_000, heartbeat: false };
    const acquiring = setup.open().acquire('k', options);
    options.heartbeat = true;
    const lock = await acquiring;
    await setup.clock.advance(9_000);
    expect(lock.remainingMs).toBe(0);
  });

  test('throws all the errors of several releases', async () => {
    const all = await setup.open().acquireAll(['a', 'b'], 9);
    setup.before = lose;
    const error = await all.release().catch((thrown: unknown) => thrown);
    expect((error as AggregateError).errors).toHaveLength(2);
  });
});
