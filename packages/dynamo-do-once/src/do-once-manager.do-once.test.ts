import { N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { gate, lose, Scene, startMs } from '../test/scene.js';

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
  return () => expect(scene.clock.pendingSleeps).toBe(0);
});

const never = (): Promise<string> => Promise.reject(new Error('It acted again'));

describe('doOnce()', () => {
  test('acts the first time with two requests, and repeats with one', async () => {
    const manager = scene.open();
    const first = await manager.doOnce('ann', 'mail', async () => ({ sent: true }));
    expect(first).toEqual({ didAction: true, actionResponse: { sent: true }, at: startMs });
    expect(scene.sent).toEqual(['PutItem', 'PutItem']);
    scene.sent = [];
    await scene.clock.advance(1_000);
    expect(await manager.doOnce('ann', 'mail', never)).toEqual({ didAction: false, at: startMs });
    expect(scene.sent).toEqual(['PutItem']);
  });

  test('stores a claim without data, and then the mark as the original wrote it', async () => {
    const manager = scene.open();
    await manager.doOnce('ann', 'mail', async ({ owner }) => {
      expect(scene.row()).toEqual({
        partitionKey: S('ann'),
        sortKey: S('users.do_once.mail'),
        owner: S(owner),
        started: N(startMs),
        lease: N(startMs + 60_000),
        expiresAt: N(startMs / 1000 + 86_400),
      });
      await scene.clock.advance(5);
    });
    expect(scene.row()).toEqual({
      partitionKey: S('ann'),
      sortKey: S('users.do_once.mail'),
      data: S(String(startMs + 5)),
      owner: scene.row()?.['owner'],
      started: N(startMs),
    });
  });

  test('takes an action that is no promise, and tells users and keys apart', async () => {
    const manager = scene.open();
    for (const [user, key] of [
      ['ann', 'mail'],
      ['bob', 'mail'],
      ['ann', 'call'],
    ] as const) {
      expect(await manager.doOnce(user, key, () => key)).toMatchObject({ actionResponse: key });
    }
  });

  test('throws what the action throws and gives the claim back: two requests', async () => {
    const manager = scene.open();
    const broken = new Error('broken');
    const failing = manager.doOnce('ann', 'mail', () => Promise.reject(broken));
    await expect(failing).rejects.toBe(broken);
    expect(scene.sent).toEqual(['PutItem', 'DeleteItem']);
    expect(scene.row()).toBeUndefined();
    const again = manager.doOnce('ann', 'mail', () => {
      throw broken;
    });
    await expect(again).rejects.toBe(broken);
    expect(await manager.doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('throws what the action throws also when the release fails, and reports that', async () => {
    scene.before = ({ operation }) => operation === 'DeleteItem' && lose();
    const broken = new Error('broken');
    const failing = scene.open().doOnce('ann', 'mail', () => Promise.reject(broken));
    await expect(failing).rejects.toBe(broken);
    expect(scene.warnings).toEqual([expect.stringContaining('Cannot release')]);
  });

  test('a logger that throws changes nothing', async () => {
    scene.before = ({ operation }) => operation === 'DeleteItem' && lose();
    const warn = (): never => lose();
    const logger = { debug: warn, info: warn, warn, error: warn };
    const manager = scene.open({ monitoring: { logger } });
    const broken = new Error('broken');
    await expect(manager.doOnce('ann', 'mail', () => Promise.reject(broken))).rejects.toBe(broken);
  });

  test('recognises its own claim when the answer was lost and the SDK repeats it', async () => {
    let repeats = 0;
    scene.after = async (sent) => {
      if (sent.operation !== 'PutItem' || repeats++ > 0) return;
      await scene.clock.advance(10);
      await scene.repeat(sent);
    };
    let isTakeover: boolean | undefined;
    const action = (context: { isTakeover: boolean }): void =>
      void (isTakeover = context.isTakeover);
    expect(await scene.open().doOnce('ann', 'mail', action)).toMatchObject({ didAction: true });
    expect(isTakeover).toBe(false);
  });

  test('releases a claim whose answer never came', async () => {
    scene.after = ({ operation }) => operation === 'PutItem' && lose();
    const acting = scene.open().doOnce('ann', 'mail', never);
    await expect(acting).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(scene.row()).toBeUndefined();
  });

  test('sends nothing more after an error that DynamoDB answered with', async () => {
    const $metadata = { attempts: 1 };
    const denied = Object.assign(new Error('denied'), { $fault: 'client', $metadata });
    scene.before = () => Promise.reject(denied);
    await expect(scene.open().doOnce('ann', 'mail', never)).rejects.toBe(denied);
    expect(scene.sent).toEqual(['PutItem']);
  });

  test('releases a claim that was refused in the end: an earlier attempt may be applied', async () => {
    const $metadata = { attempts: 3 };
    const throttled = Object.assign(new Error('slow down'), { $fault: 'client', $metadata });
    scene.after = ({ operation }) => {
      if (operation === 'PutItem') throw throttled;
    };
    await expect(scene.open().doOnce('ann', 'mail', never)).rejects.toBe(throttled);
    expect(scene.row()).toBeUndefined();
  });

  test('keeps the claim when the mark cannot be stored, and the next one takes over', async () => {
    scene.before = ({ input }) => 'Item' in input && input.Item?.['data'] && lose();
    const acting = scene.open().doOnce('ann', 'mail', () => 1);
    await expect(acting).rejects.toMatchObject({ name: 'TimeoutError' });
    scene.before = undefined;
    await scene.clock.advance(60_000);
    const again = scene.open().doOnce('ann', 'mail', ({ isTakeover }) => isTakeover);
    expect(await again).toMatchObject({ didAction: true, actionResponse: true });
  });

  test.each([0, 1])('repeats a write that meets a transaction: write %i', async (write) => {
    let conflicts = 0;
    scene.before = ({ operation }) => {
      if (operation !== 'PutItem' || scene.sent.length <= write || conflicts++ >= 3) return;
      throw Object.assign(new Error('busy'), { name: 'TransactionConflictException' });
    };
    const acting = scene.open().doOnce('ann', 'mail', () => 1);
    expect(await scene.clock.drive(acting)).toMatchObject({ didAction: true });
    expect(scene.sent).toHaveLength(5);
  });

  test('gives up on a transaction that stays', async () => {
    const busy = Object.assign(new Error('busy'), { name: 'TransactionConflictException' });
    scene.before = ({ operation }) => {
      if (operation === 'PutItem') throw busy;
    };
    const acting = scene.clock.drive(scene.open().doOnce('ann', 'mail', never));
    await expect(acting).rejects.toBe(busy);
    expect(scene.sent).toEqual([...Array<string>(9).fill('PutItem'), 'DeleteItem']);
  });

  test('does not begin on a claim whose answer came after its lease', async () => {
    scene.after = async ({ operation }) => {
      if (scene.sent.length === 1 && operation === 'PutItem') await scene.clock.advance(5_000);
    };
    const left: number[] = [];
    const manager = scene.open({ leaseMs: 5_000 });
    const acting = manager.doOnce('ann', 'mail', (context) => left.push(context.remainingMs));
    await scene.clock.drive(acting);
    expect(left).toEqual([5_000]);
  });

  test('a late copy of a claim does not shorten the lease of the one that runs', async () => {
    const inputs: Parameters<Scene['memory']['call']>[1][] = [];
    scene.before = ({ operation, input }) => operation === 'PutItem' && inputs.push(input);
    await scene.open({ heartbeat: true, leaseMs: 900 }).doOnce('ann', 'mail', async () => {
      await scene.clock.advance(300);
      const late = scene.memory.call('PutItem', inputs[0] as never);
      await expect(late).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
      expect(scene.row()?.['lease']).toEqual(N(startMs + 1_200));
    });
  });
});

describe('onError', () => {
  const broken = new Error('broken');
  const fail = (): Promise<never> => Promise.reject(broken);

  test("'keep' leaves the claim until its lease ends", async () => {
    const manager = scene.open({ onError: 'keep', onInProgress: 'throw' });
    await expect(manager.doOnce('ann', 'mail', fail)).rejects.toBe(broken);
    await expect(manager.doOnce('ann', 'mail', never)).rejects.toMatchObject({
      code: 'DoOnceInProgress',
      retryAfterMs: 60_000,
    });
    await scene.clock.advance(60_000);
    expect(await manager.doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('a function decides by the error', async () => {
    const onError = vi.fn<(error: unknown) => Promise<'keep'>>(async () => 'keep');
    const manager = scene.open({ onError });
    await expect(manager.doOnce('ann', 'mail', fail)).rejects.toBe(broken);
    expect(onError).toHaveBeenCalledWith(broken);
    expect(scene.row()).toBeDefined();
  });

  test.each([
    ['throws', () => Promise.reject(new Error('too'))],
    ['says neither', () => 'perhaps'],
  ])('a function that %s keeps the claim and both errors', async (_, onError) => {
    const manager = scene.open({ onError: onError as never });
    const acting = manager.doOnce('ann', 'mail', fail);
    await expect(acting).rejects.toMatchObject({ errors: [broken, expect.any(Error)] });
    expect(scene.row()).toBeDefined();
  });
});

describe('a caller that comes while another process acts', () => {
  test('waits for it and gets when it was done', async () => {
    const work = gate();
    const first = scene.open().doOnce('ann', 'mail', () => work.opened);
    const second = scene.open().doOnce('ann', 'mail', never);
    await scene.clock.advance(3_000);
    work.open();
    expect(await first).toMatchObject({ didAction: true, at: startMs + 3_000 });
    expect(await scene.clock.drive(second)).toEqual({ didAction: false, at: startMs + 3_000 });
  });

  test.each([
    // Until some have told the others that they wait.
    ['in one moment', 0, 1],
    ['within ten seconds', 10_000, 2],
  ])(
    'a thousand that come %s to a claim look at most 500 times a second soon, also when it ends',
    async (_, ms, settledAfter) => {
      await scene.die({ leaseMs: 20_000 });
      const perSecond: number[] = Array(40).fill(0);
      scene.before = () => void (perSecond[Math.floor(scene.clock.monotonic() / 1_000)]! += 1);
      const work = gate();
      let takenAtMs = 0;
      const act = (): Promise<void> => ((takenAtMs = scene.clock.monotonic()), work.opened);
      const options = { leaseMs: 60_000, waitMsMax: 60_000 };
      const calls = Array.from({ length: 1_000 }, async (__, index) => {
        await scene.clock.sleep((index * ms) / 1_000);
        return scene.open().doOnce('ann', 'mail', act, options);
      });
      await scene.clock.advance(30_000);
      expect(Math.max(...perSecond.slice(settledAfter))).toBeLessThanOrEqual(500);
      expect(takenAtMs - 20_000).toBeLessThanOrEqual(5_000);
      work.open();
      await scene.clock.drive(Promise.all(calls));
    },
  );

  test('acts when the first one fails', async () => {
    const work = gate();
    const first = scene.open().doOnce('ann', 'mail', () => work.opened);
    const second = scene.open().doOnce('ann', 'mail', () => 2);
    await scene.clock.advance(3_000);
    work.fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    expect(await scene.clock.drive(second)).toMatchObject({ didAction: true, actionResponse: 2 });
  });

  test('takes over as soon as the lease of a dead one ends, and is told so', async () => {
    await scene.die({ leaseMs: 5_000 });
    const second = scene.open().doOnce('ann', 'mail', ({ isTakeover }) => isTakeover);
    const answer = await scene.clock.drive(second);
    expect(answer).toEqual({ didAction: true, actionResponse: true, at: startMs + 5_000 });
  });

  test('keeps the tolerance for clocks before it takes over', async () => {
    await scene.die({ leaseMs: 5_000 });
    const second = scene.open({ skewToleranceMs: 700 }).doOnce('ann', 'mail', () => 1);
    expect(await scene.clock.drive(second)).toMatchObject({ at: startMs + 5_700 });
  });

  test('is refused within the tolerance, though the lease of the dead one has ended', async () => {
    await scene.die({ leaseMs: 5_000 });
    await scene.clock.advance(5_300);
    const manager = scene.open({ skewToleranceMs: 700, waitMsMax: 0 });
    const early = manager.doOnce('ann', 'mail', never);
    await expect(scene.clock.drive(early)).rejects.toMatchObject({ name: 'DoOnceInProgressError' });
  });

  test('what is done is not forgotten within the tolerance', async () => {
    const manager = scene.open({ skewToleranceMs: 700, ttlSeconds: 5 });
    await scene.clock.drive(manager.doOnce('ann', 'mail', () => 1));
    await scene.clock.advance(5_300);
    expect(await scene.clock.drive(manager.doOnce('ann', 'mail', never))).toMatchObject({
      didAction: false,
    });
    await scene.clock.advance(700);
    expect(await scene.clock.drive(manager.doOnce('ann', 'mail', () => 2))).toMatchObject({
      didAction: true,
    });
  });

  test('gives up after waitMsMax, with the time that the lease still runs', async () => {
    await scene.die();
    const second = scene.open().doOnce('ann', 'mail', never);
    await expect(scene.clock.drive(second)).rejects.toMatchObject({
      name: 'DoOnceInProgressError',
      key: 'ann/users.do_once.mail',
      retryAfterMs: expect.closeTo(50_000, -1) as number,
    });
    expect(scene.clock.now()).toBe(startMs + 10_000);
    expect(scene.sent.slice(1).every((operation) => operation === 'GetItem')).toBe(true);
    expect(scene.sent.length).toBeLessThan(50);
  });

  test("gives up at once with onInProgress: 'throw': one request", async () => {
    await scene.die();
    const second = scene.open().doOnce('ann', 'mail', never, { onInProgress: 'throw' });
    await expect(second).rejects.toMatchObject({ retryAfterMs: 60_000 });
    expect(scene.sent).toEqual(['PutItem']);
  });

  test('is ended by its signal while it waits, and has sent nothing if that came before', async () => {
    await scene.die();
    const abort = new AbortController();
    const second = scene.open().doOnce('ann', 'mail', never, { signal: abort.signal });
    await scene.clock.advance(1_000);
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    scene.sent = [];
    const third = scene.open().doOnce('ann', 'mail', never, { signal: abort.signal });
    await expect(third).rejects.toThrow('enough');
    expect(scene.sent).toEqual([]);
  });

  test('gives the claim back when its signal aborts during the request', async () => {
    const abort = new AbortController();
    scene.after = () => abort.abort(new Error('enough'));
    const acting = scene.open().doOnce('ann', 'mail', never, { signal: abort.signal });
    await expect(acting).rejects.toThrow('enough');
    expect(scene.row()).toBeUndefined();
  });
});

describe('takeover: false', () => {
  const abandoned = { name: 'DoOnceAbandonedError', key: 'ann/users.do_once.mail' };

  test('never takes over, and says that the claim is abandoned, whatever the options', async () => {
    await scene.die({ takeover: false, leaseMs: 1_000 });
    await scene.clock.advance(86_400_000 * 400);
    for (const takeover of [true, false]) {
      const second = scene.open({ takeover }).doOnce('ann', 'mail', never);
      await expect(second).rejects.toMatchObject({ ...abandoned, startedAtMs: startMs });
      await expect(second).rejects.not.toHaveProperty('retryAfterMs');
      await expect(second).rejects.toThrow('clearKey');
    }
    await scene.open().clearKey('ann', 'mail');
    expect(await scene.open().doOnce('ann', 'mail', () => 1)).toMatchObject({ didAction: true });
  });

  test('waits while the lease runs, and no longer', async () => {
    await scene.die({ takeover: false, leaseMs: 3_000 });
    const second = scene.open({ takeover: false }).doOnce('ann', 'mail', never);
    await expect(scene.clock.drive(second)).rejects.toMatchObject(abandoned);
    expect(scene.clock.now()).toBe(startMs + 3_000);
  });

  test('does not take the claim of another that allows it, but when that has expired', async () => {
    await scene.die({ leaseMs: 1_000, claimTtlSeconds: 60 });
    await scene.clock.advance(2_000);
    const careful = scene.open({ takeover: false });
    await expect(careful.doOnce('ann', 'mail', never)).rejects.toMatchObject(abandoned);
    await scene.clock.advance(58_000);
    const again = await careful.doOnce('ann', 'mail', (context) => [
      context.remainingMs,
      context.isTakeover,
    ]);
    expect(again).toMatchObject({ actionResponse: [Infinity, true] });
  });

  test('has claims that never expire: nobody acts beside the first, whose mark does', async () => {
    const work = gate();
    const options = { takeover: false, leaseMs: 1_000, ttlSeconds: 2, claimTtlSeconds: 1 };
    const first = scene.open(options).doOnce('ann', 'mail', () => work.opened);
    await scene.clock.advance(10_000);
    expect(scene.row()).toMatchObject({ expiresAt: N(253_402_300_799) });
    const second = scene.open(options).doOnce('ann', 'mail', never);
    await expect(second).rejects.toMatchObject(abandoned);
    work.open();
    expect(await first).toMatchObject({ didAction: true });
    expect(scene.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 12));
  });

  test("with onError: 'keep' is abandoned at once: nobody waits for it", async () => {
    const careful = scene.open({ takeover: false, onError: 'keep' });
    await expect(careful.doOnce('ann', 'mail', never)).rejects.toThrow('It acted again');
    expect(scene.sent).toEqual(['PutItem', 'UpdateItem']);
    await expect(scene.open().doOnce('ann', 'mail', never)).rejects.toMatchObject(abandoned);
    expect(scene.clock.now()).toBe(startMs);
  });

  test('with a heartbeat is not abandoned while its owner lives', async () => {
    const work = gate();
    const options = { takeover: false, heartbeat: true, leaseMs: 3_000 };
    const first = scene.open(options).doOnce('ann', 'mail', () => work.opened);
    await scene.clock.advance(0);
    for (let beat = 0; beat < 9; beat++) await scene.clock.advance(1_000);
    const second = scene.open().doOnce('ann', 'mail', never, { onInProgress: 'throw' });
    await expect(second).rejects.toMatchObject({ code: 'DoOnceInProgress', retryAfterMs: 3_000 });
    work.open();
    await first;
  });
});

describe('claimTtlSeconds', () => {
  test('lets a dead claim expire, and its payload with it', async () => {
    const abort = new AbortController();
    await scene.die({ leaseMs: 1_000, claimTtlSeconds: 100 }, { payload: 1 });
    await scene.clock.advance(99_999);
    const other = scene.open().doOnce('ann', 'mail', never, { payload: 2, signal: abort.signal });
    await expect(other).rejects.toMatchObject({ code: 'DoOnceMismatch' });
    await scene.clock.advance(1);
    const answer = await scene
      .open()
      .doOnce('ann', 'mail', ({ isTakeover }) => isTakeover, { payload: 2 });
    expect(answer).toMatchObject({ didAction: true, actionResponse: true });
  });

  test('is a day by default, an option of a call too, and never shorter than the lease', async () => {
    await scene.open().doOnce('ann', 'mail', () => {
      expect(scene.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 86_400));
    });
    expect(scene.row()).not.toHaveProperty('expiresAt');
    await scene.open().clearKey('ann', 'mail');
    const options = { claimTtlSeconds: 1.5, leaseMs: 5_000, heartbeat: true };
    await scene.open().doOnce(
      'ann',
      'mail',
      async () => {
        expect(scene.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 5));
        await scene.clock.advance(4_000);
        expect(scene.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 9));
      },
      options,
    );
  });
});

describe('ttlSeconds', () => {
  test('lets the action run again, though the row is still there', async () => {
    const manager = scene.open({ ttlSeconds: 10, storeResult: true });
    await manager.doOnce('ann', 'mail', () => 1);
    expect(scene.row()?.['expiresAt']).toEqual(N(startMs / 1000 + 10));
    await scene.clock.advance(9_999);
    expect(await manager.doOnce('ann', 'mail', never)).toMatchObject({ didAction: false });
    expect(await manager.haveAlreadyDone('ann', 'mail')).toEqual({ done: true, at: startMs });
    await scene.clock.advance(1);
    expect(await manager.haveAlreadyDone('ann', 'mail')).toBeUndefined();
    const again = await manager.doOnce('ann', 'mail', ({ isTakeover }) => isTakeover);
    expect(again).toMatchObject({ didAction: true, actionResponse: false });
  });
});
