import { getEventListeners, setMaxListeners } from 'node:events';

import { beforeEach, describe, expect, test } from 'vitest';

import type { DynamoInput } from '@x/dynamo-core';
import { TestSetup, held, startMs } from '../test/test-setup.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

describe('withLock() of several keys', () => {
  test('takes them in sorted order, and gives them in the order of the caller', async () => {
    const fences = await setup.open().withLock(['b', 'a', 'b'], (locks) => {
      locks.assertHeld();
      return locks.locks.map(({ key, fence }) => [key, fence]);
    });
    expect(fences.map(([key]) => key)).toEqual(['b', 'a']);
    expect(setup.sent).toEqual(Array.from({ length: 4 }, () => 'UpdateItem'));
  });

  test('renews them while the work runs', async () => {
    const work = setup.open().withLock(['a', 'b'], { leaseMs: 3_000 }, async (locks) => {
      await setup.clock.sleep(20_000);
      return locks.remainingMs;
    });
    expect(await setup.clock.drive(work)).toBeGreaterThan(0);
  });
});

describe('withLock({ signal })', () => {
  test('reaches the work, and releases when that has ended', async () => {
    const abort = new AbortController();
    const work = setup.open().withLock('k', { signal: abort.signal }, async ({ signal }) => {
      abort.abort('stop');
      return [signal.aborted, signal.reason as unknown, (await setup.open().tryAcquire('k'))?.key];
    });
    expect(await work).toEqual([true, 'stop', undefined]);
    await held(setup.open().tryAcquire('k'));
  });
});

test('a release frees the lock at once, also where the wall clock was set back since', async () => {
  const lock = await setup.take(60);
  setup.clock.jumpWall(-30_000);
  expect(await lock.release()).toBe('released');
  await held(setup.open().tryAcquire('k'));
});

describe('withLock({ minimumHoldMs })', () => {
  test('keeps it closed for as long, also where the wall clock was set back since', async () => {
    await setup.open().withLock('k', { minimumHoldMs: 60_000 }, () => {
      setup.clock.jumpWall(-30_000);
    });
    await setup.clock.advance(59_999);
    expect(await setup.open().tryAcquire('k')).toBeUndefined();
    await setup.clock.advance(1);
    await held(setup.open().tryAcquire('k'));
  });

  test('resolves at once, and the row stays closed until then', async () => {
    expect(await setup.open().withLock('k', { minimumHoldMs: 60_000 }, () => 'done')).toBe('done');
    // It has no holder any more, whose late renewal would keep it closed for longer.
    expect(setup.rowOf()?.['owner']).toBeUndefined();
    expect(await setup.open().inspect('k')).toMatchObject({ holder: undefined });
    expect(setup.clock.now()).toBe(startMs);
    await setup.clock.advance(59_999);
    expect(await setup.open().tryAcquire('k')).toBeUndefined();
    await setup.clock.advance(1);
    const next = await held(setup.open().tryAcquire('k'));
    expect(next.previous).toEqual({ info: undefined, holder: 'client 1', ended: 'released' });
  });

  test('keeps nothing closed for work that never began', async () => {
    await setup.take(9, 'b');
    const options = { minimumHoldMs: 60_000, waitMsMax: 0 };
    const work = setup.open().withLock(['a', 'b'], options, () => 1);
    await expect(work).rejects.toMatchObject({ name: 'LockTimeoutError' });
    await (await held(setup.open().tryAcquire('a'))).release();
    await setup.open().withLock(['a', 'c'], options, () => 1);
    expect(await setup.open().tryAcquire('a')).toBeUndefined();
  });

  test('is nothing to work that takes longer', async () => {
    const work = setup.open().withLock('k', { minimumHoldMs: 60 }, () => setup.clock.sleep(60));
    await setup.clock.drive(work);
    await held(setup.open().tryAcquire('k'));
  });
});

describe('info and previous', () => {
  test('are undefined and kept as the holder says', async () => {
    const first = await setup.open().acquire('k', { info: { at: 1 } });
    expect([first.info, first.previous]).toEqual([{ at: 1 }, undefined]);
    setup.sent = [];
    await first.renew({ info: { at: 2 } });
    expect(setup.sent).toEqual(['UpdateItem']);
    expect(first.info).toEqual({ at: 2 });
    expect((await setup.open().inspect('k'))?.info).toEqual({ at: 2 });
    await first.release({ keepInfo: true });
    const second = await held(setup.open().tryAcquire('k', { leaseMs: 1_000 }));
    expect(second.previous).toEqual({ info: { at: 2 }, holder: 'client 1', ended: 'released' });
    await second.release();
    const third = await held(setup.open().tryAcquire('k', { leaseMs: 1_000, info: 3 }));
    expect(third.previous).toMatchObject({ info: undefined, ended: 'released' });
    await setup.clock.advance(1_000);
    const fourth = await held(setup.open().tryAcquire('k', { info: 4 }));
    expect(fourth.previous).toMatchObject({ info: 3, ended: 'expired' });
    await setup.open().forceRelease('k');
    const fifth = await held(setup.open().tryAcquire('k'));
    expect(fifth.previous).toMatchObject({ info: 4, ended: 'forced' });
  });

  test('what a renewal says is written where the lease ends further ahead', async () => {
    const lock = await setup.open().acquire('k', { leaseMs: 60_000 });
    await lock.renew({ leaseMs: 1_000, info: 'soon' });
    expect((await setup.open().inspect('k'))?.info).toBe('soon');
    expect(lock.remainingMs).toBe(60_000);
  });
});

describe('ending()', () => {
  test('aborts before the end, and moves with renewals', async () => {
    const lock = await setup.open().acquire('k', { leaseMs: 9_000 });
    const ending = lock.ending(2_000);
    await setup.clock.advance(6_000);
    await lock.renew();
    await setup.clock.advance(6_999);
    expect(ending.aborted).toBe(false);
    await setup.clock.advance(1);
    expect([ending.aborted, lock.signal.aborted]).toEqual([true, false]);
    expect(ending.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('has aborted once the lock is over, and leaves no timer', async () => {
    const lock = await setup.open().acquire('k', { leaseMs: 9_000 });
    const ending = lock.ending(2_000);
    await lock.release();
    expect(ending.reason).toMatchObject({ name: 'LockLostError', reason: 'released' });
    expect(lock.ending(1).aborted).toBe(true);
    expect(setup.clock.pendingSleeps).toBe(0);
  });
});

test('ending() asked for in a loop is one signal, and a new one after a renewal', async () => {
  const lock = await setup.open().acquire('k', { leaseMs: 9_000 });
  const ending = lock.ending(2_000);
  for (let asked = 0; asked < 20; asked++) expect(lock.ending(2_000)).toBe(ending);
  expect(setup.clock.pendingSleeps).toBe(1);
  await setup.clock.advance(7_000);
  await lock.renew();
  expect([ending.aborted, lock.ending(2_000).aborted]).toEqual([true, false]);
  await lock.release();
});

test('ending() of several locks asked for in a loop is one signal, and a new one after a renewal', async () => {
  const locks = await setup.open().acquireAll(['a', 'b'], 9);
  const of = locks.locks.map((lock) => lock.ending(2_000));
  const ending = locks.ending(2_000);
  for (let asked = 0; asked < 20; asked++) expect(locks.ending(2_000)).toBe(ending);
  expect(of.map((one) => getEventListeners(one, 'abort').length)).toEqual([1, 1]);
  await setup.clock.advance(1_000);
  await locks.locks[1]?.renew();
  await setup.clock.advance(6_000);
  // The other one's lease runs on, and nothing is left there.
  expect([ending.aborted, of.map((one) => getEventListeners(one, 'abort').length)]).toEqual([
    true,
    [0, 0],
  ]);
  await locks.renew();
  expect(locks.ending(2_000).aborted).toBe(false);
  await locks.release();
});

describe('releaseAll()', () => {
  test('releases what is held, once', async () => {
    const locks = setup.open();
    await locks.acquire('a');
    await (await locks.acquire('b')).release();
    await locks.acquireAll(['c', 'd']);
    expect(await locks.releaseAll()).toEqual(['released', 'released', 'released']);
    expect(await locks.releaseAll()).toEqual([]);
  });

  test('ends what waits for a lock', async () => {
    const locks = setup.open();
    await (await locks.acquireAll(['a'])).release();
    const other = await setup.take();
    const work = locks.withLock('k', { waitMsMax: Infinity }, () => expect.unreachable());
    const several = locks.acquireAll(['a', 'k']);
    const ended = Promise.allSettled([work, several]);
    await setup.clock.advance(100);
    await locks.releaseAll();
    const reasons = (await ended).map((result) => (result as PromiseRejectedResult).reason.name);
    expect(reasons).toEqual(['AbortError', 'AbortError']);
    await other.release();
    await held(setup.open().tryAcquire('a'));
    await held(setup.open().tryAcquire('k'));
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test.each(['before', 'after'] as const)(
    'ends an attempt under way, %s it is applied',
    async (moment) => {
      const locks = setup.open();
      const closed = new Promise<unknown>((resolve) => {
        setup[moment] = () => {
          setup.after = undefined;
          setup.before = () => setup.clock.sleep(100);
          resolve(locks.releaseAll());
        };
      });
      const outcome = locks.tryAcquire('k').catch((error: Error) => error.name);
      expect(await setup.clock.drive(closed)).toEqual([]);
      expect(setup.rowOf()?.['owner']).toBeUndefined();
      expect(await outcome).toBe('AbortError');
    },
  );

  test('lets nothing be acquired until it has ended', async () => {
    const locks = setup.open();
    const { signal } = await locks.acquire('k');
    let again: Promise<unknown> | undefined;
    // As a worker does that goes on where it has lost its lock.
    signal.addEventListener('abort', () => {
      again = locks.acquire('k', { waitMsMax: Infinity }).catch((error: Error) => error.name);
    });
    setup.before = () => setup.clock.sleep(100);
    expect(await setup.clock.drive(locks.releaseAll())).toEqual(['released']);
    expect(await again).toBe('AbortError');
    await held(setup.clock.drive(locks.tryAcquire('k')));
  });

  test('gets through beside a worker that tries again at once', async () => {
    const locks = setup.open();
    await locks.acquire('k');
    await setup.take(9, 'taken');
    const seen = { isDone: false, failures: 0 };
    const working = (async () => {
      while (!seen.isDone && seen.failures < 100) {
        await locks.acquire('taken').catch(() => void (seen.failures += 1));
      }
    })();
    await setup.clock.advance(1);
    setup.before = () => setup.clock.sleep(100);
    expect(await setup.clock.drive(locks.releaseAll())).toEqual(['released']);
    seen.isDone = true;
    expect(seen.failures).toBeLessThan(3);
    await setup.clock.drive(Promise.all([working, locks.releaseAll()]));
  });

  test('ends nothing where its signal has aborted', async () => {
    const locks = setup.open();
    const attempt = locks.tryAcquire('k');
    const signal = AbortSignal.abort(new TypeError('no'));
    await expect(locks.releaseAll({ signal })).rejects.toThrow(TypeError);
    await held(attempt);
  });

  test('comes at the end of an await using block', async () => {
    {
      await using locks = setup.open();
      await locks.acquire('k');
    }
    await held(setup.open().tryAcquire('k'));
  });

  test('does not keep locks whose leases have ended', async () => {
    const locks = setup.open();
    for (let index = 0; index < 40; index++) {
      await locks.acquire(`k${index}`, { leaseMs: 1 });
      await setup.clock.advance(1);
    }
    expect((await locks.releaseAll()).length).toBeLessThan(17);
  });
});

describe('retry', () => {
  test('a standby sends at most 75 requests in ten minutes', async () => {
    const lock = await setup.open().acquire('k', { heartbeat: true });
    const retry = { firstMs: 1_000, maxMs: 30_000 };
    setup.sent = [];
    const standby = setup.open().acquire('k', { waitMsMax: 600_000, retry });
    const outcome = standby.catch((error: unknown) => (error as Error).name);
    expect(await setup.clock.drive(outcome)).toBe('LockTimeoutError');
    const beats = 60;
    expect(setup.sent.length - beats).toBeLessThanOrEqual(75);
    await lock.release();
  });

  test.each([
    [10, 1_000],
    [1_000, 5_000],
  ])(
    '%d waiters take a dead holder’s lock within %d ms, and send at most 500 requests in any second',
    async (waiters, withinMs) => {
      const leaseMs = 12_000;
      await setup.take(leaseMs / 1_000);
      const times: number[] = [];
      setup.before = () => void times.push(setup.clock.monotonic());
      const ends: AbortController[] = [];
      let takenAtMs = Infinity;
      const calls = Array.from({ length: waiters }, async () => {
        const end = new AbortController();
        ends.push(end);
        const options = { leaseMs: 60_000, waitMsMax: Infinity, signal: end.signal };
        await setup.open().acquire('k', options);
        takenAtMs = setup.clock.monotonic();
      });
      const settled = Promise.allSettled(calls);
      await setup.clock.advance(leaseMs + withinMs);
      expect(takenAtMs - leaseMs).toBeLessThanOrEqual(withinMs);
      // They have come at once, and find their pace in the first seconds.
      const perSecond: number[] = Array(40).fill(0);
      for (const ms of times) if (ms > 5_000) perSecond[Math.floor(ms / 1_000)]! += 1;
      expect(Math.max(...perSecond)).toBeLessThanOrEqual(500);
      for (const end of ends) end.abort();
      await settled;
    },
  );

  test.each([
    // All try once, and once more before they know that they are many.
    [0, 2_500],
    [10_000, 500],
  ])('1,000 that come within %d ms send at most %d requests in any second', async (ms, max) => {
    await setup.take(60);
    const perSecond: number[] = Array(20).fill(0);
    setup.before = () => void (perSecond[Math.floor(setup.clock.monotonic() / 1_000)]! += 1);
    const end = new AbortController();
    setMaxListeners(0, end.signal);
    const calls = Array.from({ length: 1_000 }, async (_, index) => {
      await setup.clock.sleep((index * ms) / 1_000);
      await setup.open().acquire('k', { waitMsMax: Infinity, signal: end.signal });
    });
    const settled = Promise.allSettled(calls);
    await setup.clock.advance(14_000);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(max);
    end.abort();
    await settled;
  });

  describe('one that says that it waits', () => {
    const says = ({ UpdateExpression = '' }: DynamoInput<'UpdateItem'>): boolean =>
      UpdateExpression.startsWith('ADD waiters');
    const talkative = { unit: () => 0.01, id: () => 'me' };

    test('says it once, also where the request is repeated, and nothing once two have', async () => {
      await setup.take(60);
      let said = 0;
      setup.before = async (input) => {
        if (!says(input)) return;
        said += 1;
        await setup.memory.call('UpdateItem', input);
      };
      const wait = { waitMsMax: 3_000, retry: { firstMs: 1_000 } };
      const waits = ['me', 'you', 'she'].map((id) =>
        setup
          .open({ random: { ...talkative, id: () => id } })
          .acquire('k', wait)
          .catch(() => id),
      );
      await setup.clock.drive(Promise.all(waits));
      expect(setup.rowOf()?.['waiters']?.SS?.toSorted()).toEqual(['me', 'you']);
      expect(said).toBe(3);
      said = 0;
      await setup.clock.drive(
        setup
          .open({ random: talkative })
          .acquire('k', wait)
          .catch(() => 0),
      );
      expect(said).toBe(0);
    });

    test('waits no longer where that gets no answer', async () => {
      await setup.take(60);
      setup.before = (input) => (says(input) ? new Promise(() => {}) : undefined);
      const waiting = setup.open({ random: talkative }).acquire('k', { waitMsMax: 2_000 });
      const outcome = waiting.catch((error: unknown) => (error as Error).name);
      await setup.clock.advance(3_000);
      expect(await outcome).toBe('LockTimeoutError');
    });
  });
});
