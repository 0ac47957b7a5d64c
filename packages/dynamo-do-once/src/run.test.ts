import { N, S, type DynamoTransport } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { gate, lose, TestSetup, startMs, tableName } from '../test/test-setup.js';
import { DoOnceManager, type DoOnceContext, type DoOnceManagerOptions } from './index.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
  return () => expect(setup.clock.pendingSleeps).toBe(0);
});

const never = (): Promise<never> => Promise.reject(new Error('It acted again'));

describe('a row that holds another thing', () => {
  test.each([
    ['a count', { count: N(7) }],
    ['the attempts of a limit', { r0: S('a') }],
    ['a count', { count: N(7), lease: N(1), owner: S('dead') }],
  ])('is not claimed or marked while it holds %s', async (what, row) => {
    await setup.put(row);
    const before = setup.row();
    for (const call of [
      () => setup.open().doOnce('ann', 'mail', never),
      () => setup.open().markDone('ann', 'mail'),
      () => setup.open().transact('ann', 'mail', [remove]),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'KeyCollisionError' });
      await expect(call()).rejects.toThrow(what);
      expect(setup.row()).toEqual(before);
    }
  });

  test('is not taken over where another program has begun to count there', async () => {
    await setup.die({ leaseMs: 1_000 });
    await setup.clock.advance(5_000);
    setup.before = async ({ input }) => {
      const { ConditionExpression: taking } = input as { ConditionExpression?: string };
      if (taking?.includes('lease = :lease')) await setup.put({ ...setup.row(), count: N(7) });
    };
    const call = setup.open().doOnce('ann', 'mail', never);
    await expect(call).rejects.toMatchObject({ name: 'KeyCollisionError' });
    expect(setup.row()).toMatchObject({ count: N(7) });
  });

  test.each([
    ['a count', { count: N(7) }],
    ['a mark', { data: S('1'), owner: S('a'), hash: S('other') }],
    ['attempts', { r0: S('a') }],
  ])('counts as absent once %s has expired', async (_, row) => {
    await setup.put({ ...row, expiresAt: N(startMs / 1000) });
    const answer = setup.open().doOnce('ann', 'mail', () => 1, { payload: 2 });
    expect(await answer).toMatchObject({ didAction: true });
    expect(setup.row()).not.toHaveProperty(Object.keys(row)[0] === 'data' ? 'r0' : 'count');
    expect(setup.row()).not.toHaveProperty('r0');
  });
});

describe('a claim is bound to its payload', () => {
  const mismatch = { name: 'DoOnceMismatchError' };

  test('also when its owner has died: another payload is refused at once', async () => {
    await setup.die({ leaseMs: 1_000 }, { payload: 1 });
    await setup.clock.advance(5_000);
    const other = setup.open().doOnce('ann', 'mail', never, { payload: 2 });
    await expect(other).rejects.toMatchObject(mismatch);
    await expect(other).rejects.toThrow('clearKey');
    const marked = setup.open().markDone('ann', 'mail', { payload: 2 });
    await expect(marked).rejects.toMatchObject(mismatch);
    const applied = setup.open().transact('ann', 'mail', [remove], { payload: 2 });
    await expect(applied).rejects.toMatchObject(mismatch);
    expect(setup.clock.now()).toBe(startMs + 5_000);
    await setup.open().clearKey('ann', 'mail');
    const free = setup.open().doOnce('ann', 'mail', () => 1, { payload: 2 });
    expect(await free).toMatchObject({ didAction: true });
  });

  test('also when one without a payload has taken it over, and done it', async () => {
    await setup.die({ leaseMs: 1_000 }, { payload: 1 });
    await setup.clock.advance(1_000);
    await setup.die({ leaseMs: 1_000 });
    await setup.clock.advance(1_000);
    const other = (): Promise<unknown> => setup.open().doOnce('ann', 'mail', never, { payload: 2 });
    await expect(other()).rejects.toMatchObject(mismatch);
    await setup.open().doOnce('ann', 'mail', () => 1);
    await expect(other()).rejects.toMatchObject(mismatch);
    const same = setup.open().doOnce('ann', 'mail', never, { payload: 1 });
    expect(await same).toMatchObject({ didAction: false });
  });

  test('also for a transaction that takes it over without a payload', async () => {
    await setup.die({ leaseMs: 1_000 }, { payload: 1 });
    await setup.clock.advance(1_000);
    await setup.open().transact('ann', 'mail', [remove]);
    const other = setup.open().doOnce('ann', 'mail', never, { payload: 2 });
    await expect(other).rejects.toMatchObject(mismatch);
  });

  test('but not after an error that released it', async () => {
    const failing = setup.open().doOnce('ann', 'mail', never, { payload: 1 });
    await expect(failing).rejects.toThrow('It acted again');
    const other = setup.open().doOnce('ann', 'mail', () => 1, { payload: 2 });
    expect(await other).toMatchObject({ didAction: true });
  });

  test('markDone() with another payload is a mismatch, done or under way', async () => {
    const work = gate();
    const first = setup.open().doOnce('ann', 'mail', () => work.opened, { payload: 1 });
    await setup.clock.advance(0);
    const other = (): Promise<unknown> => setup.open().markDone('ann', 'mail', { payload: 2 });
    await expect(other()).rejects.toMatchObject({ ...mismatch, record: { done: false } });
    work.open();
    expect(await first).toMatchObject({ didAction: true });
    await expect(other()).rejects.toMatchObject({ ...mismatch, record: { done: true } });
    expect(await setup.open().markDone('ann', 'mail', { payload: 1 })).toBe(startMs);
  });

  test('an owner is not answered with the result of another payload', async () => {
    const work = gate();
    const options = { payload: 1, storeResult: true };
    const slow = setup.open().doOnce('ann', 'mail', () => work.opened, options);
    await setup.clock.advance(0);
    await setup.open().clearKey('ann', 'mail');
    await setup.open().doOnce('ann', 'mail', () => 'other', { ...options, payload: 2 });
    work.open();
    await expect(slow).rejects.toMatchObject(mismatch);
  });
});

describe('an action', () => {
  test.each([
    ['a generator', (): unknown => numbers()],
    ['an async generator', (): unknown => asyncNumbers()],
    ['a stream', (): unknown => new ReadableStream()],
  ])('that returns %s is refused and not marked as done', async (_, action) => {
    const refused = { name: 'InvalidInputError', field: 'what the action returns' };
    await expect(setup.open().doOnce('ann', 'mail', action)).rejects.toMatchObject(refused);
    expect(setup.row()).toBeUndefined();
  });

  test('that is no function is refused before anything is sent', async () => {
    const acting = setup.open().doOnce('ann', 'mail', undefined as never);
    await expect(acting).rejects.toMatchObject({ name: 'InvalidInputError', field: 'action' });
    expect(setup.sent).toEqual([]);
  });
});

describe('a takeover', () => {
  test('takes two requests, of which the first finds the claim, on the first try', async () => {
    await setup.die({ leaseMs: 1_000 });
    await setup.clock.advance(1_000);
    const answer = setup.open().doOnce('ann', 'mail', () => 1, { onInProgress: 'throw' });
    expect(await answer).toMatchObject({ didAction: true });
    expect(setup.sent).toEqual(['PutItem', 'PutItem', 'PutItem']);
  });

  test.each([
    ['when its signal aborts', true, null],
    ['when its answer is lost', false, expect.objectContaining({ name: 'TimeoutError' })],
  ])('puts the claim back, whole, %s', async (_, isAborted, reason) => {
    await setup.die({ leaseMs: 1_000 }, { payload: 1 });
    const before = setup.row();
    await setup.clock.advance(1_000);
    const abort = new AbortController();
    setup.after = ({ operation }) => {
      if (operation !== 'PutItem') return;
      setup.after = undefined;
      return isAborted ? abort.abort(null) : lose();
    };
    const acting = setup.open().doOnce('ann', 'mail', never, { signal: abort.signal });
    expect(await acting.catch((error: unknown) => error)).toEqual(reason);
    expect(setup.row()).toEqual(before);
  });

  test('recognises itself when the SDK repeats it', async () => {
    await setup.die({ leaseMs: 1_000 });
    await setup.clock.advance(1_000);
    setup.after = (sent) => {
      setup.after = undefined;
      return setup.repeat(sent);
    };
    const answer = setup.open().doOnce('ann', 'mail', ({ isTakeover }) => isTakeover);
    expect(await answer).toMatchObject({ didAction: true, actionResponse: true });
  });
});

describe("DynamoDB's clock", () => {
  /** A process whose clock is off, and which hears DynamoDB's time with each answer. */
  function openOff(
    offMs: number,
    options: DoOnceManagerOptions = {},
  ): { readonly manager: DoOnceManager; readonly clock: ManualClock } {
    const clock = new ManualClock({ nowMs: setup.clock.now() + offMs });
    const dynamo: DynamoTransport = {
      async call(operation, input, callOptions) {
        const $metadata = { serverTimeMs: Math.floor(setup.clock.now() / 1000) * 1000 };
        try {
          return { ...(await setup.transport.call(operation, input, callOptions)), $metadata };
        } catch (error) {
          throw Object.assign(error as Error, { $metadata });
        }
      },
    };
    const table = { dynamo, tableName, clock, serverClock: true };
    return { manager: new DoOnceManager(table, { skewToleranceMs: 0, ...options }), clock };
  }

  const minuteMs = 60_000;

  test('a clock that is ahead takes nothing over that runs: the claim stands as before', async () => {
    const work = gate();
    const first = setup.open({ leaseMs: 10_000 }).doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(0);
    const before = setup.row();
    const { manager } = openOff(4 * minuteMs);
    const second = manager.doOnce('ann', 'mail', never, { onInProgress: 'throw' });
    await expect(second).rejects.toMatchObject({ code: 'DoOnceInProgress' });
    expect(setup.row()).toEqual(before);
    work.open();
    expect(await first).toMatchObject({ didAction: true });
  });

  test('acts under no claim that it is giving back, where that takes longer', async () => {
    const work = gate();
    const first = setup.open().doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(0);
    const { manager, clock } = openOff(0);
    const back = gate();
    let puts = 0;
    setup.before = async ({ operation }) => {
      if (operation !== 'PutItem') return;
      // Set between the request and its answer, it finds the lease over.
      if (++puts === 1) clock.jumpWall(1_440 * minuteMs);
      if (puts === 3) await back.opened;
    };
    const second = manager.doOnce('ann', 'mail', never);
    await clock.advance(2_000);
    back.open();
    work.open();
    expect(await first).toMatchObject({ didAction: true });
    expect(await clock.drive(second)).toMatchObject({ didAction: false });
    expect(puts).toBe(4);
  });

  test('a clock that is ahead takes no mark for expired: it stands as before', async () => {
    await setup.open({ ttlSeconds: 60 }).doOnce('ann', 'mail', () => 1);
    const before = setup.row();
    const { manager } = openOff(4 * minuteMs);
    expect(await manager.doOnce('ann', 'mail', never)).toMatchObject({ didAction: false });
    expect(setup.row()).toEqual(before);
  });

  test('a clock that is behind holds a lease that has ended for nobody: it is written again', async () => {
    const { manager } = openOff(-4 * minuteMs, { leaseMs: 10_000 });
    let context: DoOnceContext | undefined;
    await manager.doOnce('ann', 'mail', (given) => {
      context = given;
      const leaseMs = Number(setup.row()?.['lease']?.N) - setup.clock.now();
      expect(leaseMs).toBeGreaterThanOrEqual(10_000);
      expect(leaseMs).toBeLessThan(13_000);
      expect(given.remainingMs).toBeGreaterThan(8_000);
    });
    expect(context?.isTakeover).toBe(false);
    expect(setup.sent).toEqual(['PutItem', 'PutItem', 'PutItem']);
  });
});

const remove = { Delete: { TableName: tableName, Key: { partitionKey: 'b', sortKey: 'c' } } };

function* numbers(): Generator<number> {
  yield 1;
}

async function* asyncNumbers(): AsyncGenerator<number> {
  yield 1;
}
