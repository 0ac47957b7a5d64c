import { N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, held, startMs, startSeconds } from '../test/test-setup.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

describe('inspect()', () => {
  test('tells who holds the lock, in one request', async () => {
    const lock = await held(
      setup.open({ holder: 'web-7' }).tryAcquire('k', 9, { info: { job: 5 } }),
    );
    setup.sent = [];
    expect(await setup.open().inspect('k')).toEqual({
      key: 'k',
      holder: 'web-7',
      info: { job: 5 },
      fence: lock.fence,
      expiresAtMs: startMs + 9_000,
      acquiredAtMs: startMs,
      leaseMs: 9_000,
    });
    expect(setup.sent).toEqual(['GetItem']);
  });

  test('is undefined for a lock that was never taken, was released, or is expired', async () => {
    expect(await setup.open().inspect('k')).toBeUndefined();
    const lock = await held(setup.open().tryAcquire('k', 9));
    await lock.release();
    expect(await setup.open().inspect('k')).toBeUndefined();
    await held(setup.open().tryAcquire('k', 9));
    await setup.clock.advance(9_000);
    expect(await setup.open().inspect('k')).toBeUndefined();
  });

  test('does not name the last holder where an original client took the lock after it', async () => {
    await held(setup.open().tryAcquire('k', 9));
    await setup.overwriteExpiry(startSeconds + 60);
    expect(await setup.open().inspect('k')).toMatchObject({
      holder: undefined,
      acquiredAtMs: undefined,
    });
  });

  test.each([['not JSON'], ['5'], ['{"holder":7,"leaseMs":"x"}']])(
    'reads a lock whose payload somebody changed to %s',
    async (meta) => {
      const row = {
        key: S('k'),
        owner: S('o'),
        fence: N(1),
        expiresAt: N(startSeconds + 9),
        heldUntil: N(startSeconds + 9),
        meta: S(meta),
      };
      await setup.put(row);
      expect(await setup.open().inspect('k')).toMatchObject({
        holder: undefined,
        leaseMs: undefined,
      });
    },
  );
});

describe('inspect() and list()', () => {
  test('tell an end in milliseconds, and that a lock is free from then on', async () => {
    const locks = setup.open();
    await held(locks.tryAcquire('k', 1.2));
    await setup.clock.advance(1_199);
    expect(await locks.inspect('k')).toMatchObject({ expiresAtMs: startMs + 1_200 });
    await setup.clock.advance(1);
    expect(await locks.inspect('k')).toBeUndefined();
    for await (const { key } of locks.list()) expect(key).toBe('none is held');
  });

  test('show an end that no date can have', async () => {
    await setup.put({ expiresAt: N(9e15) });
    const waiting = setup.open().acquire('k', 9, { waitMsMax: 0 });
    await expect(waiting).rejects.toMatchObject({ code: 'LockTimeout' });
  });
});

describe('list()', () => {
  test('yields the locks that are held and begin with the prefix', async () => {
    const locks = setup.open();
    await held(locks.tryAcquire('a.1', 9));
    await held(locks.tryAcquire('a.2', 1));
    await held(locks.tryAcquire('b.1', 9));
    await (await held(locks.tryAcquire('a.3', 9))).release();
    await setup.clock.advance(1_000);
    const keys: string[] = [];
    for await (const { key } of locks.list({ prefix: 'a.' })) keys.push(key);
    expect(keys).toEqual(['a.1']);
    for await (const { key } of locks.list()) keys.push(key);
    expect(keys.sort()).toEqual(['a.1', 'a.1', 'b.1']);
  });
});

describe('sweep()', () => {
  async function free(key: string): Promise<void> {
    await (await held(setup.open().tryAcquire(key, 9))).release();
  }
  const weekMs = 7 * 86_400_000;

  test('deletes the rows of free locks a week after their end, and says how many', async () => {
    await free('a');
    await setup.clock.advance(1_000);
    await free('b');
    await setup.clock.advance(weekMs - 1_000);
    setup.sent = [];
    expect(await setup.open().sweep()).toEqual({ deleted: 1 });
    expect(setup.sent).toEqual(['Scan', 'DeleteItem']);
    expect(setup.memory.rows('locks')).toMatchObject([{ key: S('b') }]);
  });

  test('goes by the prefix', async () => {
    for (const key of ['a.1', 'a.2', 'b.1']) await free(key);
    await setup.clock.advance(weekMs);
    expect(await setup.open().sweep({ prefix: 'a.' })).toEqual({ deleted: 2 });
    expect(setup.memory.rows('locks')).toMatchObject([{ key: S('b.1') }]);
  });

  test('keeps a lock that an original client holds under our old purgeAt', async () => {
    await free('k');
    await setup.clock.advance(weekMs + 1_000);
    await setup.overwriteExpiry(startSeconds + 8 * 86_400);
    expect(await setup.open().sweep()).toEqual({ deleted: 0 });
    expect(setup.rowOf()).toBeDefined();
  });

  test('leaves a row alone that is taken between the scan and the deletion', async () => {
    await free('k');
    await setup.clock.advance(weekMs);
    setup.before = async () => {
      if (setup.sent.at(-1) !== 'DeleteItem') return;
      setup.before = undefined;
      await held(setup.open().tryAcquire('k', 9));
    };
    expect(await setup.open().sweep()).toEqual({ deleted: 0 });
    expect(setup.rowOf()?.['owner']).toBeDefined();
  });

  test('counts a row whose deletion lost its response', async () => {
    await free('k');
    await setup.clock.advance(weekMs);
    setup.before = async (input) => {
      if (setup.sent.at(-1) !== 'DeleteItem') return;
      setup.before = undefined;
      await setup.memory.call('DeleteItem', input);
    };
    expect(await setup.open().sweep()).toEqual({ deleted: 1 });
  });

  test('sends nothing once its signal aborts, and throws the reason', async () => {
    await free('k');
    await setup.clock.advance(weekMs);
    setup.sent = [];
    await expect(setup.open().sweep({ signal: AbortSignal.abort(null) })).rejects.toBe(null);
    expect(setup.sent).toEqual([]);
    const abort = new AbortController();
    setup.after = () => abort.abort(null);
    await expect(setup.open().sweep({ signal: abort.signal })).rejects.toBe(null);
    expect(setup.sent).toEqual(['Scan']);
  });
});

describe('forceRelease()', () => {
  test('frees the lock, says whose it was, and keeps the fence growing', async () => {
    const lock = await held(setup.open({ holder: 'dead' }).tryAcquire('k', 60));
    setup.sent = [];
    expect(await setup.open().forceRelease('k')).toMatchObject({
      holder: 'dead',
      fence: lock.fence,
    });
    expect(setup.sent).toEqual(['GetItem', 'UpdateItem']);
    const next = await held(setup.open().tryAcquire('k', 9));
    expect(next.fence).toBe(lock.fence + 1);
    await expect(lock.renew()).rejects.toMatchObject({ reason: 'stolen' });
  });

  test('of a free lock answers undefined and writes nothing', async () => {
    expect(await setup.open().forceRelease('k')).toBeUndefined();
    expect(setup.sent).toEqual(['GetItem']);
  });

  test('frees the lock of an original client', async () => {
    const row = { key: S('k'), expiresAt: N(startSeconds + 60) };
    await setup.put(row);
    expect(await setup.open().forceRelease('k')).toMatchObject({ holder: undefined });
    await held(setup.open().tryAcquire('k', 9));
  });

  test('follows up a renewal in between', async () => {
    const lock = await held(setup.open().tryAcquire('k', 60));
    setup.before = async ({ UpdateExpression }) => {
      if (UpdateExpression === undefined) return;
      setup.before = undefined;
      await setup.clock.advance(1_000);
      await lock.renew();
    };
    expect(await setup.open().forceRelease('k')).toMatchObject({ fence: lock.fence });
    expect(setup.rowOf('k')?.heldUntil).toBeUndefined();
  });

  test('leaves a lock alone that passed to another in between', async () => {
    const lock = await held(setup.open().tryAcquire('k', 60));
    setup.before = async ({ UpdateExpression }) => {
      if (UpdateExpression === undefined) return;
      setup.before = undefined;
      await lock.release();
      await held(setup.open().tryAcquire('k', 9));
    };
    expect(await setup.open().forceRelease('k')).toBeUndefined();
    expect(setup.rowOf('k')?.heldUntil).toEqual(N(startSeconds + 9));
  });

  test('recognises its own work when the request is repeated', async () => {
    await held(setup.open({ holder: 'dead' }).tryAcquire('k', 60));
    setup.before = async (input) => {
      if (input.UpdateExpression === undefined) return;
      setup.before = undefined;
      await setup.memory.call('UpdateItem', input);
    };
    expect(await setup.open().forceRelease('k')).toMatchObject({ holder: 'dead' });
  });
});
