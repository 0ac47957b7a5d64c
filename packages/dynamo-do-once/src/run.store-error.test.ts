import { inspect } from 'node:util';

import { N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { gate, lose, TestSetup, startMs } from '../test/test-setup.js';
import { DoOnceStoredError } from './index.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
});

class CardDeclined extends Error {
  override readonly name = 'CardDeclined';
}

const declined = new CardDeclined('no funds');
const decline = (): Promise<never> => Promise.reject(declined);
const never = (): Promise<unknown> => Promise.reject(new Error('It acted again'));
const isFinal = (error: unknown): boolean => error instanceof CardDeclined;
const stored = { code: 'DoOnceStored', storedName: 'CardDeclined', storedMessage: 'no funds' };

describe('storeError', () => {
  test('gives the first caller its own error and later ones what is stored, in 2 requests and 1', async () => {
    const manager = setup.open({ storeError: isFinal });
    await expect(manager.doOnce('ann', 'mail', decline)).rejects.toBe(declined);
    expect(setup.sent).toEqual(['PutItem', 'PutItem']);
    setup.sent = [];
    const again = setup.open().doOnce('ann', 'mail', never);
    await expect(again).rejects.toMatchObject({ ...stored, at: startMs });
    await expect(again).rejects.toBeInstanceOf(DoOnceStoredError);
    expect(setup.sent).toEqual(['PutItem']);
  });

  test('of a call goes before that of the manager, and leaves other errors to onError', async () => {
    const manager = setup.open({ storeError: isFinal });
    const call = manager.doOnce('ann', 'mail', decline, { storeError: () => false });
    await expect(call).rejects.toBe(declined);
    expect(setup.row()).toBeUndefined();
    const other = manager.doOnce('ann', 'mail', never, { onError: 'keep' });
    await expect(other).rejects.toThrow('It acted again');
    expect(setup.row()).toHaveProperty('lease');
  });

  test('stores that it has failed where what was thrown cannot be read', async () => {
    const thrown: unknown = Object.create(null);
    const call = setup.open({ storeError: () => true }).doOnce('ann', 'mail', () => {
      throw thrown;
    });
    await expect(call.catch((error: unknown) => error === thrown)).resolves.toBe(true);
    const again = setup.open().doOnce('ann', 'mail', never);
    await expect(again).rejects.toMatchObject({ code: 'DoOnceStored', storedName: 'Error' });
  });

  test.each<[string, unknown, string]>([
    ['an emoji where it is cut off', `${'x'.repeat(4_095)}😀`, `${'x'.repeat(4_095)}\uFFFD`],
    ['half of a surrogate pair', 'a\uD800', 'a\uFFFD'],
    ['a number in place of a text', 402, '402'],
  ])('stores a failure whose message has %s', async (_, message, storedMessage) => {
    const thrown = Object.assign(new Error(), { message });
    const call = setup.open({ storeError: () => true }).doOnce('ann', 'mail', () => {
      throw thrown;
    });
    await expect(call).rejects.toBe(thrown);
    const again = setup.open().doOnce('ann', 'mail', never);
    await expect(again).rejects.toMatchObject({ code: 'DoOnceStored', storedMessage });
  });

  test('answers the same to all: haveAlreadyDone, getDone, markDone, transact, separate claims', async () => {
    const options = { storeError: isFinal, separateClaims: true };
    await expect(setup.open(options).doOnce('ann', 'mail', decline)).rejects.toBe(declined);
    const manager = setup.open(options);
    expect(await manager.haveAlreadyDone('ann', 'mail')).toEqual({ done: true, at: startMs });
    const storedError = { name: 'CardDeclined', message: 'no funds' };
    expect(await manager.getDone('ann', 'mail')).toEqual({
      at: startMs,
      result: undefined,
      storedError,
    });
    await expect(manager.markDone('ann', 'mail')).rejects.toMatchObject(stored);
    await expect(manager.transact('ann', 'mail', [])).rejects.toMatchObject({
      field: 'the number of items',
    });
    const write = {
      Put: { TableName: 'partitioned_keys', Item: { partitionKey: 'x', sortKey: 'y' } },
    };
    await expect(manager.transact('ann', 'mail', [write])).rejects.toMatchObject(stored);
    await expect(manager.doOnce('ann', 'mail', never)).rejects.toMatchObject(stored);
    await manager.clearKey('ann', 'mail');
    expect(await manager.doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('reaches those who share the call, and those of other processes, as stored', async () => {
    const manager = setup.open({ storeError: isFinal });
    const { opened, fail } = gate();
    const first = manager.doOnce('ann', 'mail', () => opened);
    const sharing = manager.doOnce('ann', 'mail', never);
    await setup.clock.advance(10);
    const waiting = setup.open().doOnce('ann', 'mail', never);
    const all = Promise.allSettled([first, sharing, waiting]);
    await setup.clock.advance(10);
    fail(declined);
    await setup.clock.advance(2_000);
    const reasons = (await all).map((each) => each.status === 'rejected' && each.reason);
    expect(reasons).toEqual([
      declined,
      expect.objectContaining(stored),
      expect.objectContaining(stored),
    ]);
  });

  test('counts once when the response of the mark is lost', async () => {
    let puts = 0;
    setup.after = async (sent) => {
      if (++puts === 2) await setup.repeat(sent);
    };
    const call = setup.open({ storeError: isFinal }).doOnce('ann', 'mail', decline);
    await expect(call).rejects.toBe(declined);
    await expect(setup.open().doOnce('ann', 'mail', never)).rejects.toMatchObject(stored);
  });

  test('leaves the claim, and says so, when the mark gets no answer', async () => {
    let puts = 0;
    setup.before = () => (++puts === 2 ? lose() : undefined);
    const call = setup.open({ storeError: isFinal }).doOnce('ann', 'mail', decline);
    await expect(call).rejects.toBe(declined);
    expect(setup.row()).toHaveProperty('lease');
    expect(setup.warnings).toEqual([expect.stringContaining('Cannot store the failure')]);
  });

  test('of one that was overtaken does not replace what came first', async () => {
    const slow = gate();
    const first = setup
      .open({ storeError: isFinal, leaseMs: 1_000 })
      .doOnce('ann', 'mail', () => slow.opened);
    void first.catch(() => undefined);
    await setup.clock.advance(1_001);
    const taken = await setup.open({ storeResult: true }).doOnce('ann', 'mail', () => 'paid');
    expect(taken.didAction).toBe(true);
    slow.fail(declined);
    await expect(first).rejects.toBe(declined);
    const later = await setup.open({ storeResult: true }).doOnce('ann', 'mail', never);
    expect(later).toMatchObject({ didAction: false, actionResponse: 'paid' });
  });

  test('that came first is what one gets whose action succeeded later', async () => {
    const slow = gate();
    const first = setup.open({ leaseMs: 1_000 }).doOnce('ann', 'mail', () => slow.opened);
    void first.catch(() => undefined);
    await setup.clock.advance(1_001);
    const taken = setup.open({ storeError: isFinal }).doOnce('ann', 'mail', decline);
    await expect(taken).rejects.toBe(declined);
    slow.open();
    await expect(first).rejects.toMatchObject(stored);
  });

  test.each([
    ['throws', () => lose()],
    ['answers no boolean', () => 'yes' as unknown as boolean],
  ])('that %s keeps the claim, and both errors are told', async (_, storeError) => {
    const call = setup.open({ storeError }).doOnce('ann', 'mail', decline);
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ errors: [declined, expect.any(Error)] });
    expect(setup.row()).toHaveProperty('lease');
  });

  test('stores long texts cut, and whatever is thrown', async () => {
    const manager = setup.open({ storeError: () => true });
    await expect(
      manager.doOnce('ann', 'mail', () => Promise.reject(new RangeError('x'.repeat(500_000)))),
    ).rejects.toBeInstanceOf(RangeError);
    const failure = setup.row()?.['failure']?.M;
    expect([failure?.['name'], failure?.['message']?.S?.length]).toEqual([S('RangeError'), 4_096]);
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- users do
    await expect(manager.doOnce('ann', 'b', () => Promise.reject('plain'))).rejects.toBe('plain');
    expect(await manager.getDone('ann', 'b')).toMatchObject({ storedError: { message: 'plain' } });
  });

  test('expires with ttlSeconds', async () => {
    const manager = setup.open({ storeError: isFinal, ttlSeconds: 60 });
    await expect(manager.doOnce('ann', 'mail', decline)).rejects.toBe(declined);
    expect(setup.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 60));
    await setup.clock.advance(60_000);
    expect(await manager.doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('shows no message in logs', async () => {
    const manager = setup.open({ storeError: isFinal });
    await expect(manager.doOnce('ann', 'mail', decline)).rejects.toBe(declined);
    const error = await manager.doOnce('ann', 'mail', never).catch((thrown: unknown) => thrown);
    expect(inspect(error) + JSON.stringify(error)).not.toContain('no funds');
  });

  test('is refused where it is no function', () => {
    expect(() => setup.open({ storeError: true as never })).toThrow('storeError');
  });
});
