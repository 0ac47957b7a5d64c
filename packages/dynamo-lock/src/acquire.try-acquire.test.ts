import { N, S, type DynamoInput } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { Scene, held, lose, startMs, startSeconds } from '../test/scene.js';
import type { HeldLock } from './index.js';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

describe('tryAcquire()', () => {
  test('returns undefined while the lease of another holder runs, in one request', async () => {
    await held(scene.open().tryAcquire('k', 9));
    scene.sent = [];
    await scene.clock.advance(8_999);
    expect(await scene.open().tryAcquire('k', 9)).toBeUndefined();
    expect(scene.sent).toEqual(['UpdateItem']);
  });

  test('takes a dead holder’s lock on the first try, as soon as its lease is over', async () => {
    const dead = await held(scene.open().tryAcquire('k', 9));
    await scene.clock.advance(9_000);
    const next = await held(scene.open().tryAcquire('k', 9));
    expect(next.fence).toBe(dead.fence + 1);
  });

  test('takes an expired lock only after the tolerance for the clocks', async () => {
    await held(scene.open().tryAcquire('k', 9));
    const patient = scene.open({ skewToleranceMs: 1_000 });
    await scene.clock.advance(9_999);
    scene.sent = [];
    expect(await patient.tryAcquire('k', 9)).toBeUndefined();
    // Refused, and not taken and given back.
    expect(scene.sent).toEqual(['UpdateItem']);
    await scene.clock.advance(1);
    await held(patient.tryAcquire('k', 9));
  });

  test('counts a part of a second as a whole one for original clients only', async () => {
    await scene.clock.advance(1);
    const lock = await held(scene.open().tryAcquire('k', 1));
    expect(lock.remainingMs).toBe(1_000);
    expect(scene.rowOf()).toMatchObject({
      expiresAt: N(startSeconds + 2),
      endsAtMs: N(startMs + 1_001),
    });
    await scene.clock.advance(999);
    expect(await scene.open().tryAcquire('k', 1)).toBeUndefined();
    await scene.clock.advance(1);
    await held(scene.open().tryAcquire('k', 1));
  });

  test('goes by the whole seconds where an original client took the lock after us', async () => {
    await held(scene.open().tryAcquire('k', 1));
    await scene.clock.advance(1_000);
    await scene.overwriteExpiry(startSeconds + 3);
    await scene.clock.advance(1_999);
    scene.sent = [];
    expect(await scene.open().tryAcquire('k', 1)).toBeUndefined();
    expect(scene.sent).toEqual(['UpdateItem']);
    await scene.clock.advance(1);
    await held(scene.open().tryAcquire('k', 1));
  });

  test.each([
    ['without an expiry', {}],
    ['whose expiry is no number', { expiresAt: S('soon') }],
  ])('takes a row %s: it is free', async (_, row) => {
    await scene.put({ fence: N(7), ...row });
    expect(await scene.open().inspect('k')).toBeUndefined();
    const lock = await held(scene.open().tryAcquire('k', 9));
    expect(lock.fence).toBe(8);
    expect(await lock.release()).toBe('released');
  });

  test('finds a lock free that a client released whose clock is days ahead', async () => {
    const ahead = new ManualClock({ nowMs: startMs + 9 * 86_400_000 });
    await (await held(scene.open({ clock: ahead }).tryAcquire('k', 9))).release();
    await held(scene.open().tryAcquire('k', 9));
  });

  test('sends nothing when the signal is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(scene.open().tryAcquire('k', 9, { signal })).rejects.toThrow('enough');
    expect(scene.sent).toEqual([]);
  });

  test('that is aborted gives back what it took and throws the reason of the signal', async () => {
    const abort = new AbortController();
    scene.after = () => {
      scene.after = undefined;
      abort.abort(new Error('enough'));
    };
    await expect(scene.open().tryAcquire('k', 9, { signal: abort.signal })).rejects.toThrow(
      'enough',
    );
    expect(scene.sent).toEqual(['UpdateItem', 'UpdateItem']);
    await held(scene.open().tryAcquire('k', 9));
    expect(scene.clock.pendingSleeps).toBe(0);
  });

  test.each([
    ['null', null],
    // It looks as if DynamoDB had refused the only attempt.
    ['the refusal of another request', { $fault: 'client', $metadata: { attempts: 1 } }],
  ])('that is aborted with %s throws it, and gives back what it took', async (_, reason) => {
    const abort = new AbortController();
    scene.after = () => {
      scene.after = undefined;
      abort.abort(reason);
    };
    const { signal } = abort;
    await expect(scene.open().tryAcquire('k', 9, { signal })).rejects.toBe(reason);
    await held(scene.open().tryAcquire('k', 9));
  });

  test('that is aborted writes the end back that it replaced', async () => {
    const before = { expiresAt: N(startSeconds + 2), heldUntil: N(startSeconds + 2) };
    await scene.put({ ...before, endsAtMs: N(startMs + 1_500), fence: N(7), owner: S('B') });
    const abort = new AbortController();
    scene.after = () => {
      scene.after = undefined;
      abort.abort();
    };
    // By this clock the lease of the other has ended.
    const ahead = new ManualClock({ nowMs: startMs + 2_000 });
    const locks = scene.open({ clock: ahead });
    await expect(locks.tryAcquire('k', 9, { signal: abort.signal })).rejects.toThrow();
    expect(scene.rowOf()).toMatchObject({ ...before, endsAtMs: N(startMs + 1_500), fence: N(8) });
    await scene.clock.advance(1_499);
    expect(await scene.open().tryAcquire('k', 9)).toBeUndefined();
    await scene.clock.advance(1);
    await held(scene.open().tryAcquire('k', 9));
  });

  test('that got no answer gives back what it took and throws the error', async () => {
    scene.after = () => {
      scene.after = undefined;
      lose();
    };
    await expect(scene.open().tryAcquire('k', 9)).rejects.toThrow('lost');
    expect(scene.sent).toEqual(['UpdateItem', 'UpdateItem']);
    await held(scene.open().tryAcquire('k', 9));
  });

  test('that got no answer leaves the lock of another alone', async () => {
    const other = await held(scene.open().tryAcquire('k', 9));
    scene.before = lose;
    await expect(scene.open().tryAcquire('k', 9)).rejects.toThrow('lost');
    scene.before = undefined;
    expect(await other.release()).toBe('released');
  });

  test('that cannot give back what it took reports it and throws the first error', async () => {
    scene.after = lose;
    await expect(scene.open().tryAcquire('k', 9)).rejects.toThrow('lost');
    expect(scene.warnings).toContainEqual(expect.stringMatching(/^Cannot free "k"/));
  });

  test('that is answered with an error of the caller gives nothing back', async () => {
    const denied = { name: 'AccessDeniedException', $fault: 'client', $metadata: { attempts: 1 } };
    scene.before = () => {
      throw Object.assign(new Error('denied'), denied);
    };
    await expect(scene.open().tryAcquire('k', 9)).rejects.toThrow('denied');
    expect(scene.sent).toEqual(['UpdateItem']);
  });

  test('writes the lease again that was over before the answer came', async () => {
    scene.after = () => {
      scene.after = undefined;
      return scene.clock.advance(9_000);
    };
    const lock = await held(scene.open().tryAcquire('k', 9));
    expect(scene.sent).toEqual(['UpdateItem', 'UpdateItem']);
    expect(lock.remainingMs).toBe(9_000);
    expect(scene.rowOf()).toMatchObject({ endsAtMs: N(startMs + 18_000), fence: N(lock.fence) });
  });

  test('gives back a lock whose lease was over before both answers came', async () => {
    let answers = 0;
    scene.after = () => (++answers > 2 ? undefined : scene.clock.advance(9_000));
    expect(await scene.open().tryAcquire('k', 9)).toBeUndefined();
    expect(scene.sent).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
    expect(scene.rowOf()).toMatchObject({ expiresAt: N(0), heldUntil: N(0) });
  });

  test('leaves a lock to the one who took it before the answer came', async () => {
    let other: HeldLock | undefined;
    scene.after = async () => {
      scene.after = undefined;
      await scene.clock.advance(9_000);
      other = await held(scene.open().tryAcquire('k', 9));
    };
    expect(await scene.open().tryAcquire('k', 9)).toBeUndefined();
    expect(await other?.release()).toBe('released');
  });

  test('is not undone by a copy of its request that arrives after the release', async () => {
    let copy: DynamoInput<'UpdateItem'> | undefined;
    scene.before = (input) => (copy ??= input);
    const lock = await held(scene.open().tryAcquire('k', 9));
    await lock.release();
    await expect(scene.memory.call('UpdateItem', copy!)).rejects.toThrow(/conditional/i);
    await held(scene.open().tryAcquire('k', 9));
  });

  test('recognises a lock that it took under an earlier send', async () => {
    scene.before = async (input) => {
      scene.before = undefined;
      await scene.memory.call('UpdateItem', input);
    };
    const lock = await held(scene.open().tryAcquire('k', 9));
    expect(lock.fence).toBe(Number(scene.rowOf('k')?.['fence']?.N));
    expect(scene.sent).toEqual(['UpdateItem']);
  });

  test('with a heartbeat keeps the lock until it is released', async () => {
    const lock = await held(scene.open().tryAcquire('k', 9, { heartbeat: true }));
    await scene.clock.advance(60_000);
    lock.assertHeld();
    await lock.release();
    expect(scene.clock.pendingSleeps).toBe(0);
  });

  test('refuses a row without a fence that claims to be its own', async () => {
    scene.before = async (input) => {
      scene.before = undefined;
      const owner = input.ExpressionAttributeValues?.[':owner'] ?? S('');
      const row = { key: S('k'), owner, expiresAt: N(9e9), heldUntil: N(9e9) };
      await scene.put(row);
    };
    await expect(scene.open().tryAcquire('k', 9)).rejects.toMatchObject({ code: 'UnreadableRow' });
  });
});
