import { N, S } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { gate, TestSetup, startMs, type Sent } from '../test/test-setup.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
});

const never = (): Promise<unknown> => Promise.reject(new Error('It acted'));

describe('markDone({ result })', () => {
  test('stores it for later callers with one PutItem', async () => {
    const manager = setup.open({ storeResult: true });
    expect(await manager.markDone('ann', 'mail', { result: { id: 7 } })).toBe(startMs);
    expect(setup.sent).toEqual(['PutItem']);
    expect(await manager.doOnce('ann', 'mail', never)).toEqual({
      didAction: false,
      at: startMs,
      actionResponse: { id: 7 },
    });
    expect(await manager.getDone('ann', 'mail')).toEqual({ at: startMs, result: { id: 7 } });
  });

  test('is JSON where the manager stores no results, and goes through its codec where it does', async () => {
    await setup.open().markDone('ann', 'mail', { result: null });
    expect(setup.row()?.['result']).toEqual(S('null'));
    await setup.open().clearKey('ann', 'mail');
    const storeResult = { encode: () => S('in'), decode: () => 'out' };
    await setup.open({ storeResult }).markDone('ann', 'mail', { result: 1 });
    expect(setup.row()?.['result']).toEqual(S('in'));
  });

  test('leaves the result of an earlier completion', async () => {
    const manager = setup.open({ storeResult: true });
    await manager.doOnce('ann', 'mail', () => 'first');
    expect(await manager.markDone('ann', 'mail', { result: 'second' })).toBe(startMs);
    expect(await manager.getDone('ann', 'mail')).toMatchObject({ result: 'first' });
  });

  test('recognises its repeat, and overtakes a caller that runs it', async () => {
    const manager = setup.open({ storeResult: true });
    const running = gate<string>();
    const first = setup.open({ storeResult: true }).doOnce('ann', 'mail', () => running.opened);
    await setup.clock.advance(10);
    let isRepeated = false;
    setup.after = async (sent) => {
      if (isRepeated) return;
      isRepeated = true;
      await setup.repeat(sent);
    };
    expect(await manager.markDone('ann', 'mail', { result: 'by hand' })).toBe(startMs + 10);
    running.open('by the action');
    expect(await first).toMatchObject({ overtaken: true, actionResponse: 'by hand' });
  });

  test.each([
    ['its expiry', 60],
    ['clearKey', undefined],
  ])('a copy that comes after %s leaves a claim that was made since', async (_, ttlSeconds) => {
    let copy: Sent | undefined;
    setup.after = (sent) => (copy ??= sent);
    await setup.open().markDone('ann', 'mail', { ttlSeconds });
    await setup.clock.advance(61_000);
    if (ttlSeconds === undefined) await setup.open().clearKey('ann', 'mail');
    const running = gate<string>();
    const first = setup.open().doOnce('ann', 'mail', () => running.opened);
    await setup.clock.advance(10);
    await expect(setup.repeat(copy as Sent)).rejects.toThrow('conditional');
    const second = setup.open().doOnce('ann', 'mail', never, { onInProgress: 'throw' });
    await expect(second).rejects.toMatchObject({ code: 'DoOnceInProgress' });
    running.open('done');
    expect(await first).toMatchObject({ didAction: true });
  });

  test('overtakes a claim of a clock that is ahead, and one that was made while it was sent', async () => {
    const ahead = new ManualClock({ nowMs: startMs + 3_600_000 });
    const running = gate<string>();
    const first = setup.open({}, ahead).doOnce('ann', 'mail', () => running.opened);
    await setup.clock.advance(0);
    expect(await setup.open().markDone('ann', 'mail')).toBe(startMs);
    running.open('late');
    expect(await first).toMatchObject({ overtaken: true, at: startMs });
  });

  test.each([
    ['a beginning that is no number', { started: S('x') }],
    ['a hash that is no text', { hash: N(1) }],
  ])('ends where a claim of others has %s, which it cannot replace', async (_, others) => {
    await setup.put({ lease: N(startMs), owner: S('other'), ...others });
    const marking = setup.open().markDone('ann', 'mail', { payload: 1 });
    await expect(marking).rejects.toMatchObject({ code: 'DoOnceInProgress' });
    expect(setup.sent).toEqual(['PutItem']);
  });

  test.each([
    ['that JSON would lose', new Map(), 'InvalidInput'],
    ['that is too large', 'x'.repeat(409_600), 'ItemTooLarge'],
  ])('refuses one %s before anything is sent', async (_, result, code) => {
    await expect(setup.open().markDone('ann', 'mail', { result })).rejects.toMatchObject({ code });
    expect(setup.sent).toEqual([]);
  });
});

interface Context {
  readonly leftMs: () => number;
}

describe('once({ leaseMs })', () => {
  test('makes the lease of the arguments of each call', async () => {
    const run = setup.open().once(
      {
        userId: (user: string, _context: Context) => user,
        key: () => 'mail',
        leaseMs: (_user, { leftMs }) => leftMs(),
      },
      (user) => `${user} ${setup.row()?.['lease']?.N}`,
    );
    const { actionResponse } = await run('ann', { leftMs: () => 4_321 });
    expect(actionResponse).toBe(`ann ${startMs + 4_321}`);
    await expect(run('ann', { leftMs: () => 0 })).rejects.toMatchObject({ field: 'leaseMs' });
  });

  test('is checked when it is given as a number', () => {
    const how = { userId: () => 'ann', key: () => 'mail', leaseMs: 0 };
    expect(() => setup.open().once(how, () => 1)).toThrow('leaseMs');
  });
});

describe('hashLongKeys', () => {
  const long = 'k'.repeat(2_000);

  test('takes keys of any length, each its own', async () => {
    const manager = setup.open({ hashLongKeys: true });
    expect(await manager.doOnce('ann', long, () => 1)).toMatchObject({ didAction: true });
    expect(await manager.doOnce('ann', long, never)).toMatchObject({ didAction: false });
    expect(await manager.doOnce('ann', `${long}2`, () => 1)).toMatchObject({ didAction: true });
    expect(await manager.haveAlreadyDone('ann', long)).toMatchObject({ done: true });
    const [row] = setup.memory.rows('partitioned_keys');
    const hash = row?.['sortKey']?.S?.replace('users.do_once_hash.', '') ?? '';
    expect(hash).toMatch(/^[\w-]{43}$/);
    expect(await manager.haveAlreadyDone('ann', hash)).toBeUndefined();
    await manager.clearKey('ann', long);
    expect(await manager.haveAlreadyDone('ann', long)).toBeUndefined();
  });

  test('leaves short keys as they are, and refuses long ones where it is not given', async () => {
    await setup.open({ hashLongKeys: true }).markDone('ann', 'mail');
    expect(setup.row()).toBeDefined();
    await setup.open({ hashLongKeys: true }).markDone('ann', 'k'.repeat(1_010));
    expect(await setup.open().haveAlreadyDone('ann', 'k'.repeat(1_010))).toBeDefined();
    await expect(setup.open().doOnce('ann', long, never)).rejects.toMatchObject({ field: 'key' });
    const broken = `${long}\uD800`;
    const hashing = setup.open({ hashLongKeys: true, separateClaims: true });
    await expect(hashing.doOnce('ann', broken, never)).rejects.toMatchObject({ field: 'key' });
    await expect(hashing.doOnce('ann', long, () => 1)).resolves.toMatchObject({ didAction: true });
  });
});
