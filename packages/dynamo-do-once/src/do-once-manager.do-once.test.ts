import { N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { gate, lose, TestSetup, startMs } from '../test/test-setup.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
  return () => expect(setup.clock.pendingSleeps).toBe(0);
});

const never = (): Promise<string> => Promise.reject(new Error('It acted again'));

describe('doOnce()', () => {
  test('acts the first time with two requests, and repeats with one', async () => {
    const manager = setup.open();
    const first = await manager.doOnce('ann', 'mail', async () => ({ sent: true }));
    expect(first).toEqual({ didAction: true, actionResponse: { sent: true }, at: startMs });
    expect(setup.sent).toEqual(['PutItem', 'PutItem']);
    setup.sent = [];
    await setup.clock.advance(1_000);
    expect(await manager.doOnce('ann', 'mail', never)).toEqual({ didAction: false, at: startMs });
    expect(setup.sent).toEqual(['PutItem']);
  });

  test('stores a claim without data, and then the mark as the original wrote it', async () => {
    const manager = setup.open();
    await manager.doOnce('ann', 'mail', async ({ owner }) => {
      expect(setup.row()).toEqual({
        partitionKey: S('ann'),
        sortKey: S('users.do_once.mail'),
        owner: S(owner),
        started: N(startMs),
        lease: N(startMs + 60_000),
        expiresAt: N(startMs / 1000 + 86_400),
      });
      await setup.clock.advance(5);
    });
    expect(setup.row()).toEqual({
      partitionKey: S('ann'),
      sortKey: S('users.do_once.mail'),
      data: S(String(startMs + 5)),
      owner: setup.row()?.['owner'],
      started: N(startMs),
    });
  });

  test('takes an action that is no promise, and tells users and keys apart', async () => {
    const manager = setup.open();
    for (const [user, key] of [
      ['ann', 'mail'],
      ['bob', 'mail'],
      ['ann', 'call'],
    ] as const) {
      expect(await manager.doOnce(user, key, () => key)).toMatchObject({ actionResponse: key });
    }
  });

  test('throws what the action throws and gives the claim back: two requests', async () => {
    const manager = setup.open();
    const broken = new Error('broken');
    const failing = manager.doOnce('ann', 'mail', () => Promise.reject(broken));
    await expect(failing).rejects.toBe(broken);
    expect(setup.sent).toEqual(['PutItem', 'DeleteItem']);
    expect(setup.row()).toBeUndefined();
    const again = manager.doOnce('ann', 'mail', () => {
      throw broken;
    });
    await expect(again).rejects.toBe(broken);
    expect(await manager.doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('throws what the action throws also when the release fails, and reports that', async () => {
    setup.before = ({ operation }) => operation === 'DeleteItem' && lose();
    const broken = new Error('broken');
    const failing = setup.open().doOnce('ann', 'mail', () => Promise.reject(broken));
    await expect(failing).rejects.toBe(broken);
    expect(setup.warnings).toEqual([expect.stringContaining('Cannot release')]);
  });

  test('a logger that throws changes nothing', async () => {
    setup.before = ({ operation }) => operation === 'DeleteItem' && lose();
    const warn = (): never => lose();
    const logger = { debug: warn, info: warn, warn, error: warn };
    const manager = setup.open({ monitoring: { logger } });
    const broken = new Error('broken');
    await expect(manager.doOnce('ann', 'mail', () => Promise.reject(broken))).rejects.toBe(broken);
  });

  test('recognises its own claim when the answer was lost and the SDK repeats it', async () => {
    let repeats = 0;
    setup.after = async (sent) => {
      if (sent.operation !== 'PutItem' || repeats++ > 0) return;
      await setup.clock.advance(10);
      await setup.repeat(sent);
    };
    let isTakeover: boolean | undefined;
    const action = (context: { isTakeover: boolean }): void =>
      void (isTakeover = context.isTakeover);
    expect(await setup.open().doOnce('ann', 'mail', action)).toMatchObject({ didAction: true });
    expect(isTakeover).toBe(false);
  });

  test('releases a claim whose answer never came', async () => {
    setup.after = ({ operation }) => operation === 'PutItem' && lose();
    const acting = setup.open().doOnce('ann', 'mail', never);
    await expect(acting).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(setup.row()).toBeUndefined();
  });

  test('sends nothing more after an error that DynamoDB answered with', async () => {
    const $metadata = { attempts: 1 };
    const denied = Object.assign(new Error('denied'), { $fault: 'client', $metadata });
    setup.before = () => Promise.reject(denied);
    await expect(setup.open().doOnce('ann', 'mail', never)).rejects.toBe(denied);
    expect(setup.sent).toEqual(['PutItem']);
  });

  test('releases a claim that was refused in the end: an earlier attempt may be applied', async () => {
    const $metadata = { attempts: 3 };
    const throttled = Object.assign(new Error('slow down'), { $fault: 'client', $metadata });
    setup.after = ({ operation }) => {
      if (operation === 'PutItem') throw throttled;
    };
    await expect(setup.open().doOnce('ann', 'mail', never)).rejects.toBe(throttled);
    expect(setup.row()).toBeUndefined();
  });

  test('keeps the claim when the mark cannot be stored, and the next one takes over', async () => {
    setup.before = ({ input }) => 'Item' in input && input.Item?.['data'] && lose();
    const acting = setup.open().doOnce('ann', 'mail', () => 1);
    await expect(acting).rejects.toMatchObject({ name: 'TimeoutError' });
    setup.before = undefined;
    await setup.clock.advance(60_000);
    const again = setup.open().doOnce('ann', 'mail', ({ isTakeover }) => isTakeover);
    expect(await again).toMatchObject({ didAction: true, actionResponse: true });
  });

  test.each([0, 1])('repeats a write that meets a transaction: write %i', async (write) => {
    let conflicts = 0;
    setup.before = ({ operation }) => {
      if (operation !== 'PutItem' || setup.sent.length <= write || conflicts++ >= 3) return;
      throw Object.assign(new Error('busy'), { name: 'TransactionConflictException' });
    };
    const acting = setup.open().doOnce('ann', 'mail', () => 1);
    expect(await setup.clock.drive(acting)).toMatchObject({ didAction: true });
    expect(setup.sent).toHaveLength(5);
  });

  test('gives up on a transaction that stays', async () => {
    const busy = Object.assign(new Error('busy'), { name: 'TransactionConflictException' });
    setup.before = ({ operation }) => {
      if (operation === 'PutItem') throw busy;
    };
    const acting = setup.clock.drive(setup.open().doOnce('ann', 'mail', never));
    await expect(acting).rejects.toBe(busy);
    expect(setup.sent).toEqual([...Array<string>(9).fill('PutItem'), 'DeleteItem']);
  });

  test('does not begin on a claim whose answer came after its lease', async () => {
    setup.after = async ({ operation }) => {
      if (setup.sent.length === 1 && operation === 'PutItem') await setup.clock.advance(5_000);
    };
    const left: number[] = [];
    const manager = setup.open({ leaseMs: 5_000 });
    const acting = manager.doOnce('ann', 'mail', (context) => left.push(context.remainingMs));
    await setup.clock.drive(acting);
    expect(left).toEqual([5_000]);
  });

  test('a late copy of a claim does not shorten the lease of the one that runs', async () => {
    const inputs: Parameters<TestSetup['memory']['call']>[1][] = [];
    setup.before = ({ operation, input }) => operation === 'PutItem' && inputs.push(input);
    await setup.open({ heartbeat: true, leaseMs: 900 }).doOnce('ann', 'mail', async () => {
      await setup.clock.advance(300);
      const late = setup.memory.call('PutItem', inputs[0] as never);
      await expect(late).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
      expect(setup.row()?.['lease']).toEqual(N(startMs + 1_200));
    });
  });
});

describe('onError', () => {
  const broken = new Error('broken');
  const fail = (): Promise<never> => Promise.reject(broken);

  test("'keep' leaves the claim until its lease ends", async () => {
    const manager = setup.open({ onError: 'keep', onInProgress: 'throw' });
    await expect(manager.doOnce('ann', 'mail', fail)).rejects.toBe(broken);
    await expect(manager.doOnce('ann', 'mail', never)).rejects.toMatchObject({
      code: 'DoOnceInProgress',
      retryAfterMs: 60_000,
    });
    await setup.clock.advance(60_000);
    expect(await manager.doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('a function decides by the error', async () => {
    const onError = vi.fn<(error: unknown) => Promise<'keep'>>(async () => 'keep');
    const manager = setup.open({ onError });
    await expect(manager.doOnce('ann', 'mail', fail)).rejects.toBe(broken);
    expect(onError).toHaveBeenCalledWith(broken);
    expect(setup.row()).toBeDefined();
  });

  test.each([
    ['throws', () => Promise.reject(new Error('too'))],
    ['says neither', () => 'perhaps'],
  ])('a function that %s keeps the claim and both errors', async (_, onError) => {
    const manager = setup.open({ onError: onError as never });
    const acting = manager.doOnce('ann', 'mail', fail);
    await expect(acting).rejects.toMatchObject({ errors: [broken, expect.any(Error)] });
    expect(setup.row()).toBeDefined();
  });
});

describe('a caller that comes while another process acts', () => {
  test('waits for it and gets when it was done', async () => {
    const work = gate();
    const first = setup.open().doOnce('ann', 'mail', () => work.opened);
    const second = setup.open().doOnce('ann', 'mail', never);
    await setup.clock.advance(3_000);
    work.open();
    expect(await first).toMatchObject({ didAction: true, at: startMs + 3_000 });
    expect(await setup.clock.drive(second)).toEqual({ didAction: false, at: startMs + 3_000 });
  });

  test.each([
    // Until some have told the others that they wait.
    ['in one moment', 0, 1],
    ['within ten seconds', 10_000, 2],
  ])(
    'a thousand that come %s to a claim look at most 500 times a second soon, also when it ends',
    async (_, ms, settledAfter) => {
      await setup.die({ leaseMs: 12_000 });
      const perSecond: number[] = Array(40).fill(0);
      setup.before = () => void (perSecond[Math.floor(setup.clock.monotonic() / 1_000)]! += 1);
      const work = gate();
      let takenAtMs = 0;
      const act = (): Promise<void> => ((takenAtMs = setup.clock.monotonic()), work.opened);
      const options = { leaseMs: 60_000, waitMsMax: 60_000 };
      const calls = Array.from({ length: 1_000 }, async (__, index) => {
        await setup.clock.sleep((index * ms) / 1_000);
        return setup.open().doOnce('ann', 'mail', act, options);
      });
      await setup.clock.advance(20_000);
      expect(Math.max(...perSecond.slice(settledAfter))).toBeLessThanOrEqual(500);
      expect(takenAtMs - 12_000).toBeLessThanOrEqual(5_000);
      work.open();
      await setup.clock.drive(Promise.all(calls));
    },
  );

  test('acts when the first one fails', async () => {
    const work = gate();
    const first = setup.open().doOnce('ann', 'mail', () => work.opened);
    const second = setup.open().doOnce('ann', 'mail', () => 2);
    await setup.clock.advance(3_000);
    work.fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    expect(await setup.clock.drive(second)).toMatchObject({ didAction: true, actionResponse: 2 });
  });

  test('takes over as soon as the lease of a dead one ends, and is told so', async () => {
    await setup.die({ leaseMs: 5_000 });
    const second = setup.open().doOnce('ann', 'mail', ({ isTakeover }) => isTakeover);
    const answer = await setup.clock.drive(second);
    expect(answer).toEqual({ didAction: true, actionResponse: true, at: startMs + 5_000 });
  });

  test('keeps the tolerance for clocks before it takes over', async () => {
    await setup.die({ leaseMs: 5_000 });
    const second = setup.open({ skewToleranceMs: 700 }).doOnce('ann', 'mail', () => 1);
    expect(await setup.clock.drive(second)).toMatchObject({ at: startMs + 5_700 });
  });

  test('is refused within the tolerance, though the lease of the dead one has ended', async () => {
    await setup.die({ leaseMs: 5_000 });
    await setup.clock.advance(5_300);
    const manager = setup.open({ skewToleranceMs: 700, waitMsMax: 0 });
    const early = manager.doOnce('ann', 'mail', never);
    await expect(setup.clock.drive(early)).rejects.toMatchObject({ name: 'DoOnceInProgressError' });
  });

  test('what is done is not forgotten within the tolerance', async () => {
    const manager = setup.open({ skewToleranceMs: 700, ttlSeconds: 5 });
    await setup.clock.drive(manager.doOnce('ann', 'mail', () => 1));
    await setup.clock.advance(5_300);
    expect(await setup.clock.drive(manager.doOnce('ann', 'mail', never))).toMatchObject({
      didAction: false,
    });
    await setup.clock.advance(700);
    expect(await setup.clock.drive(manager.doOnce('ann', 'mail', () => 2))).toMatchObject({
      didAction: true,
    });
  });

  test('gives up after waitMsMax, with the time that the lease still runs', async () => {
    await setup.die();
    const second = setup.open().doOnce('ann', 'mail', never);
    await expect(setup.clock.drive(second)).rejects.toMatchObject({
      name: 'DoOnceInProgressError',
      key: 'ann/users.do_once.mail',
      retryAfterMs: expect.closeTo(50_000, -1) as number,
    });
    expect(setup.clock.now()).toBe(startMs + 10_000);
    expect(setup.sent.slice(1).every((operation) => operation === 'GetItem')).toBe(true);
    expect(setup.sent.length).toBeLessThan(50);
  });

  test("gives up at once with onInProgress: 'throw': one request", async () => {
    await setup.die();
    const second = setup.open().doOnce('ann', 'mail', never, { onInProgress: 'throw' });
    await expect(second).rejects.toMatchObject({ retryAfterMs: 60_000 });
    expect(setup.sent).toEqual(['PutItem']);
  });

  test('is ended by its signal while it waits, and has sent nothing if that came before', async () => {
    await setup.die();
    const abort = new AbortController();
    const second = setup.open().doOnce('ann', 'mail', never, { signal: abort.signal });
    await setup.clock.advance(1_000);
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    setup.sent = [];
    const third = setup.open().doOnce('ann', 'mail', never, { signal: abort.signal });
    await expect(third).rejects.toThrow('enough');
    expect(setup.sent).toEqual([]);
  });

  test('gives the claim back when its signal aborts during the request', async () => {
    const abort = new AbortController();
    setup.after = () => abort.abort(new Error('enough'));
    const acting = setup.open().doOnce('ann', 'mail', never, { signal: abort.signal });
    await expect(acting).rejects.toThrow('enough');
    expect(setup.row()).toBeUndefined();
  });
});

describe('takeover: false', () => {
  const abandoned = { name: 'DoOnceAbandonedError', key: 'ann/users.do_once.mail' };

  test('never takes over, and says that the claim is abandoned, whatever the options', async () => {
    await setup.die({ takeover: false, leaseMs: 1_000 });
    await setup.clock.advance(86_400_000 * 400);
    for (const takeover of [true, false]) {
      const second = setup.open({ takeover }).doOnce('ann', 'mail', never);
      await expect(second).rejects.toMatchObject({ ...abandoned, startedAtMs: startMs });
      await expect(second).rejects.not.toHaveProperty('retryAfterMs');
      await expect(second).rejects.toThrow('clearKey');
    }
    await setup.open().clearKey('ann', 'mail');
    expect(await setup.open().doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('waits while the lease runs, and no longer', async () => {
    await setup.die({ takeover: false, leaseMs: 3_000 });
    const second = setup.open({ takeover: false }).doOnce('ann', 'mail', never);
    await expect(setup.clock.drive(second)).rejects.toMatchObject(abandoned);
    expect(setup.clock.now()).toBe(startMs + 3_000);
  });

  test('does not take the claim of another that allows it, but when that has expired', async () => {
    await setup.die({ leaseMs: 1_000, claimTtlSeconds: 60 });
    await setup.clock.advance(2_000);
    const careful = setup.open({ takeover: false });
    await expect(careful.doOnce('ann', 'mail', never)).rejects.toMatchObject(abandoned);
    await setup.clock.advance(58_000);
    const again = await careful.doOnce('ann', 'mail', (context) => [
      context.remainingMs,
      context.isTakeover,
    ]);
    expect(again).toMatchObject({ actionResponse: [Infinity, true] });
  });

  test('has claims that never expire: nobody acts beside the first, whose mark does', async () => {
    const work = gate();
    const options = { takeover: false, leaseMs: 1_000, ttlSeconds: 2, claimTtlSeconds: 1 };
    const first = setup.open(options).doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(10_000);
    expect(setup.row()).toMatchObject({ expiresAt: N(253_402_300_799) });
    const second = setup.open(options).doOnce('ann', 'mail', never);
    await expect(second).rejects.toMatchObject(abandoned);
    work.open();
    expect(await first).toMatchObject({ didAction: true });
    expect(setup.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 12));
  });

  test("with onError: 'keep' is abandoned at once: nobody waits for it", async () => {
    const careful = setup.open({ takeover: false, onError: 'keep' });
    await expect(careful.doOnce('ann', 'mail', never)).rejects.toThrow('It acted again');
    expect(setup.sent).toEqual(['PutItem', 'UpdateItem']);
    await expect(setup.open().doOnce('ann', 'mail', never)).rejects.toMatchObject(abandoned);
    expect(setup.clock.now()).toBe(startMs);
  });

  test('with a heartbeat is not abandoned while its owner lives', async () => {
    const work = gate();
    const options = { takeover: false, heartbeat: true, leaseMs: 3_000 };
    const first = setup.open(options).doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(0);
    for (let beat = 0; beat < 9; beat++) await setup.clock.advance(1_000);
    const second = setup.open().doOnce('ann', 'mail', never, { onInProgress: 'throw' });
    await expect(second).rejects.toMatchObject({ code: 'DoOnceInProgress', retryAfterMs: 3_000 });
    work.open();
    await first;
  });
});

describe('claimTtlSeconds', () => {
  test('lets a dead claim expire, and its payload with it', async () => {
    const abort = new AbortController();
    await setup.die({ leaseMs: 1_000, claimTtlSeconds: 100 }, { payload: 1 });
    await setup.clock.advance(99_999);
    const other = setup.open().doOnce('ann', 'mail', never, { payload: 2, signal: abort.signal });
    await expect(other).rejects.toMatchObject({ code: 'DoOnceMismatch' });
    await setup.clock.advance(1);
    const answer = await setup
      .open()
      .doOnce('ann', 'mail', ({ isTakeover }) => isTakeover, { payload: 2 });
    expect(answer).toMatchObject({ didAction: true, actionResponse: true });
  });

  test('is a day by default, an option of a call too, and never shorter than the lease', async () => {
    await setup.open().doOnce('ann', 'mail', () => {
      expect(setup.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 86_400));
    });
    expect(setup.row()).not.toHaveProperty('expiresAt');
    await setup.open().clearKey('ann', 'mail');
    const options = { claimTtlSeconds: 1.5, leaseMs: 5_000, heartbeat: true };
    await setup.open().doOnce(
      'ann',
      'mail',
      async () => {
        expect(setup.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 5));
        await setup.clock.advance(4_000);
        expect(setup.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 9));
      },
      options,
    );
  });
});

describe('ttlSeconds', () => {
  test('lets the action run again, though the row is still there', async () => {
    const manager = setup.open({ ttlSeconds: 10, storeResult: true });
    await manager.doOnce('ann', 'mail', () => 1);
    expect(setup.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 10));
    await setup.clock.advance(9_999);
    expect(await manager.doOnce('ann', 'mail', never)).toMatchObject({ didAction: false });
    expect(await manager.haveAlreadyDone('ann', 'mail')).toEqual({ done: true, at: startMs });
    await setup.clock.advance(1);
    expect(await manager.haveAlreadyDone('ann', 'mail')).toBeUndefined();
    const again = await manager.doOnce('ann', 'mail', ({ isTakeover }) => isTakeover);
    expect(again).toMatchObject({ didAction: true, actionResponse: false });
  });
});
