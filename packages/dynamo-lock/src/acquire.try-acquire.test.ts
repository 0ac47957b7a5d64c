import { N, S, type DynamoInput } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { TestSetup, held, lose, startMs, startSeconds } from '../test/test-setup.js';
import type { HeldLock } from './index.js';

let setup: TestSetup;
beforeEach(() => {
  setup = new TestSetup();
});

describe('tryAcquire()', () => {
  test('returns undefined while the lease of another holder runs, in one request', async () => {
    await held(setup.open().tryAcquire('k', 9));
    setup.sent = [];
    await setup.clock.advance(8_999);
    expect(await setup.open().tryAcquire('k', 9)).toBeUndefined();
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('takes a dead holder’s lock on the first try, as soon as its lease is over', async () => {
    const dead = await held(setup.open().tryAcquire('k', 9));
    await setup.clock.advance(9_000);
    const next = await held(setup.open().tryAcquire('k', 9));
    expect(next.fence).toBe(dead.fence + 1);
  });

  test.each([0, 1])('takes, renews, frees and takes again at %i ms since 1970', async (nowMs) => {
    const clock = new ManualClock({ nowMs });
    const lock = await held(setup.open({ clock, skewToleranceMs: 250 }).tryAcquire('k'));
    expect(await setup.open({ clock, skewToleranceMs: 250 }).tryAcquire('k')).toBeUndefined();
    await lock.renew();
    expect(await lock.release()).toBe('released');
    await held(setup.open({ clock, skewToleranceMs: 250 }).tryAcquire('k'));
  });

  test('takes an expired lock only after the tolerance for the clocks', async () => {
    await held(setup.open().tryAcquire('k', 9));
    const patient = setup.open({ skewToleranceMs: 1_000 });
    await setup.clock.advance(9_999);
    setup.sent = [];
    expect(await patient.tryAcquire('k', 9)).toBeUndefined();
    // Refused, and not taken and given back.
    expect(setup.sent).toEqual(['UpdateItem']);
    await setup.clock.advance(1);
    await held(patient.tryAcquire('k', 9));
  });

  test('counts a part of a second as a whole one for original clients only', async () => {
    await setup.clock.advance(1);
    const lock = await held(setup.open().tryAcquire('k', 1));
    expect(lock.remainingMs).toBe(1_000);
    expect(setup.rowOf()).toMatchObject({
      expiresAt: N(startSeconds + 2),
      endsAtMs: N(startMs + 1_001),
    });
    await setup.clock.advance(999);
    expect(await setup.open().tryAcquire('k', 1)).toBeUndefined();
    await setup.clock.advance(1);
    await held(setup.open().tryAcquire('k', 1));
  });

  test('goes by the whole seconds where an original client took the lock after us', async () => {
    await held(setup.open().tryAcquire('k', 1));
    await setup.clock.advance(1_000);
    await setup.overwriteExpiry(startSeconds + 3);
    await setup.clock.advance(1_999);
    setup.sent = [];
    expect(await setup.open().tryAcquire('k', 1)).toBeUndefined();
    expect(setup.sent).toEqual(['UpdateItem']);
    await setup.clock.advance(1);
    await held(setup.open().tryAcquire('k', 1));
  });

  test.each([
    ['without an expiry', {}],
    ['whose expiry is no number', { expiresAt: S('soon') }],
  ])('takes a row %s: it is free', async (_, row) => {
    await setup.put({ fence: N(7), ...row });
    expect(await setup.open().inspect('k')).toBeUndefined();
    const lock = await held(setup.open().tryAcquire('k', 9));
    expect(lock.fence).toBe(8);
    expect(await lock.release()).toBe('released');
  });

  test('finds a lock free that a client released whose clock is days ahead', async () => {
    const ahead = new ManualClock({ nowMs: startMs + 9 * 86_400_000 });
    await (await held(setup.open({ clock: ahead }).tryAcquire('k', 9))).release();
    await held(setup.open().tryAcquire('k', 9));
  });

  test('sends nothing when the signal is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(setup.open().tryAcquire('k', 9, { signal })).rejects.toThrow('enough');
    expect(setup.sent).toEqual([]);
  });

  test('that is aborted gives back what it took and throws the reason of the signal', async () => {
    const abort = new AbortController();
    setup.after = () => {
      setup.after = undefined;
      abort.abort(new Error('enough'));
    };
    await expect(setup.open().tryAcquire('k', 9, { signal: abort.signal })).rejects.toThrow(
      'enough',
    );
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem']);
    await held(setup.open().tryAcquire('k', 9));
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test.each([
    ['null', null],
    // It looks as if DynamoDB had refused the only attempt.
    ['the refusal of another request', { $fault: 'client', $metadata: { attempts: 1 } }],
  ])('that is aborted with %s throws it, and gives back what it took', async (_, reason) => {
    const abort = new AbortController();
    setup.after = () => {
      setup.after = undefined;
      abort.abort(reason);
    };
    const { signal } = abort;
    await expect(setup.open().tryAcquire('k', 9, { signal })).rejects.toBe(reason);
    await held(setup.open().tryAcquire('k', 9));
  });

  test('that is aborted writes the end back that it replaced', async () => {
    const before = { expiresAt: N(startSeconds + 2), heldUntil: N(startSeconds + 2) };
    await setup.put({ ...before, endsAtMs: N(startMs + 1_500), fence: N(7), owner: S('B') });
    const abort = new AbortController();
    setup.after = () => {
      setup.after = undefined;
      abort.abort();
    };
    // By this clock the lease of the other has ended.
    const ahead = new ManualClock({ nowMs: startMs + 2_000 });
    const locks = setup.open({ clock: ahead });
    await expect(locks.tryAcquire('k', 9, { signal: abort.signal })).rejects.toThrow();
    expect(setup.rowOf()).toMatchObject({ ...before, endsAtMs: N(startMs + 1_500), fence: N(8) });
    await setup.clock.advance(1_499);
    expect(await setup.open().tryAcquire('k', 9)).toBeUndefined();
    await setup.clock.advance(1);
    await held(setup.open().tryAcquire('k', 9));
  });

  test('that got no answer gives back what it took and throws the error', async () => {
    setup.after = () => {
      setup.after = undefined;
      lose();
    };
    await expect(setup.open().tryAcquire('k', 9)).rejects.toThrow('lost');
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem']);
    await held(setup.open().tryAcquire('k', 9));
  });

  test('that got no answer leaves the lock of another alone', async () => {
    const other = await held(setup.open().tryAcquire('k', 9));
    setup.before = lose;
    await expect(setup.open().tryAcquire('k', 9)).rejects.toThrow('lost');
    setup.before = undefined;
    expect(await other.release()).toBe('released');
  });

  test('that cannot give back what it took reports it and throws the first error', async () => {
    setup.after = lose;
    await expect(setup.open().tryAcquire('k', 9)).rejects.toThrow('lost');
    expect(setup.warnings).toContainEqual(expect.stringMatching(/^Cannot free "k"/));
  });

  test('that is answered with an error of the caller gives nothing back', async () => {
    const denied = { name: 'AccessDeniedException', $fault: 'client', $metadata: { attempts: 1 } };
    setup.before = () => {
      throw Object.assign(new Error('denied'), denied);
    };
    await expect(setup.open().tryAcquire('k', 9)).rejects.toThrow('denied');
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('writes the lease again that was over before the answer came', async () => {
    setup.after = () => {
      setup.after = undefined;
      return setup.clock.advance(9_000);
    };
    const lock = await held(setup.open().tryAcquire('k', 9));
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem']);
    expect(lock.remainingMs).toBe(9_000);
    expect(setup.rowOf()).toMatchObject({ endsAtMs: N(startMs + 18_000), fence: N(lock.fence) });
  });

  test('gives back a lock whose lease was over before both answers came', async () => {
    let answers = 0;
    setup.after = () => (++answers > 2 ? undefined : setup.clock.advance(9_000));
    expect(await setup.open().tryAcquire('k', 9)).toBeUndefined();
    expect(setup.sent).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
    expect(setup.rowOf()).toMatchObject({ expiresAt: N(0), heldUntil: N(0) });
  });

  test('leaves a lock to the one who took it before the answer came', async () => {
    let other: HeldLock | undefined;
    setup.after = async () => {
      setup.after = undefined;
      await setup.clock.advance(9_000);
      other = await held(setup.open().tryAcquire('k', 9));
    };
    expect(await setup.open().tryAcquire('k', 9)).toBeUndefined();
    expect(await other?.release()).toBe('released');
  });

  test('is not undone by a copy of its request that arrives after the release', async () => {
    let copy: DynamoInput<'UpdateItem'> | undefined;
    setup.before = (input) => (copy ??= input);
    const lock = await held(setup.open().tryAcquire('k', 9));
    await lock.release();
    await expect(setup.memory.call('UpdateItem', copy!)).rejects.toThrow(/conditional/i);
    await held(setup.open().tryAcquire('k', 9));
  });

  test('recognises a lock that it took under an earlier send', async () => {
    setup.before = async (input) => {
      setup.before = undefined;
      await setup.memory.call('UpdateItem', input);
    };
    const lock = await held(setup.open().tryAcquire('k', 9));
    expect(lock.fence).toBe(Number(setup.rowOf('k')?.['fence']?.N));
    expect(setup.sent).toEqual(['UpdateItem']);
  });

  test('with a heartbeat keeps the lock until it is released', async () => {
    const lock = await held(setup.open().tryAcquire('k', 9, { heartbeat: true }));
    await setup.clock.advance(60_000);
    lock.assertHeld();
    await lock.release();
    expect(setup.clock.pendingSleeps).toBe(0);
  });

  test('refuses a row without a fence that claims to be its own', async () => {
    setup.before = async (input) => {
      setup.before = undefined;
      const owner = input.ExpressionAttributeValues?.[':owner'] ?? S('');
      const row = { key: S('k'), owner, expiresAt: N(9e9), heldUntil: N(9e9) };
      await setup.put(row);
    };
    await expect(setup.open().tryAcquire('k', 9)).rejects.toMatchObject({ code: 'UnreadableRow' });
  });
});
