import { N, S } from '@x/dynamo-core';
import type { ManualClock } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { gate, lose, TestSetup, startMs, type Sent } from '../test/test-setup.js';
import { DoOnceLeaseLostError, type DoOnceContext } from './index.js';

let setup: TestSetup;

beforeEach(() => {
  setup = new TestSetup();
  return () => expect(setup.clock.pendingSleeps).toBe(0);
});

/** Begins an action that ends when the gate opens. */
function begin(
  options: Parameters<TestSetup['open']>[0] = {},
  clock?: ManualClock,
): {
  context: Promise<DoOnceContext>;
  work: ReturnType<typeof gate<void>>;
  done: Promise<unknown>;
} {
  const work = gate();
  const started = gate<DoOnceContext>();
  const done = setup.open(options, clock).doOnce('ann', 'mail', async (context) => {
    started.open(context);
    await work.opened;
  });
  return { context: started.opened, work, done };
}

/** A claim that was made, of an action that runs. */
async function claimed(
  options: Parameters<TestSetup['open']>[0] = {},
): Promise<ReturnType<typeof begin>> {
  const begun = begin(options);
  await begun.context;
  return begun;
}

describe('the context of an action', () => {
  test('says how long the lease still runs, by whichever clock runs faster', async () => {
    const { context, work, done } = begin({ leaseMs: 10_000 });
    const { remainingMs, startedAtMs } = await context;
    expect([remainingMs, startedAtMs]).toEqual([10_000, startMs]);
    await setup.clock.advance(4_000);
    expect((await context).remainingMs).toBe(6_000);
    setup.clock.jumpWall(-60_000);
    expect((await context).remainingMs).toBe(6_000);
    setup.clock.jumpWall(61_000);
    expect((await context).remainingMs).toBe(5_000);
    setup.clock.jumpWall(60_000);
    expect((await context).remainingMs).toBe(0);
    work.open();
    await done;
  });

  test('its signal aborts when the lease ends, with a timer that nobody waits for', async () => {
    const { context, work, done } = begin({ leaseMs: 10_000 });
    expect(setup.clock.pendingSleeps).toBe(0);
    const { signal } = await context;
    await setup.clock.advance(9_999);
    expect(signal.aborted).toBe(false);
    await setup.clock.advance(1);
    expect(signal.reason).toBeInstanceOf(DoOnceLeaseLostError);
    expect(signal.reason).toMatchObject({ reason: 'expired', key: 'ann/users.do_once.mail' });
    work.open();
    await done;
  });

  test('leaves no timer when the action ends before', async () => {
    const { context, work, done } = begin();
    expect((await context).signal.aborted).toBe(false);
    expect(setup.clock.pendingSleeps).toBe(1);
    work.open();
    await done;
    expect(setup.clock.pendingSleeps).toBe(0);
  });
});

describe('heartbeat', () => {
  const options = { heartbeat: true, leaseMs: 3_000 };

  test('renews the lease each third of it, so that nobody takes over', async () => {
    const { context, work, done } = begin(options);
    const { signal } = await context;
    const other = setup.open().doOnce('ann', 'mail', () => 'again');
    for (let second = 0; second < 8; second++) await setup.clock.advance(1_000);
    expect(setup.sent.filter((operation) => operation === 'UpdateItem')).toHaveLength(8);
    expect(setup.row()?.['lease']).toEqual(N(startMs + 11_000));
    expect(signal.aborted).toBe(false);
    work.open();
    expect(await done).toMatchObject({ didAction: true });
    expect(await setup.clock.drive(other)).toMatchObject({ didAction: false });
  });

  test('goes on after a renewal that fails, and reports it', async () => {
    const { context, work, done } = begin(options);
    const { signal } = await context;
    setup.before = ({ operation }) => operation === 'UpdateItem' && lose();
    await setup.clock.advance(1_000);
    setup.before = undefined;
    await setup.clock.advance(9_000);
    expect(setup.warnings).toEqual([expect.stringContaining('Cannot renew')]);
    expect(signal.aborted).toBe(false);
    work.open();
    expect(await done).toMatchObject({ didAction: true });
  });

  test('that reaches nobody loses the lease when it ends', async () => {
    const { context, work, done } = begin(options);
    const { signal } = await context;
    setup.before = ({ operation }) => operation === 'UpdateItem' && lose();
    await setup.clock.advance(2_999);
    expect(signal.aborted).toBe(false);
    await setup.clock.advance(1);
    expect(signal.reason).toMatchObject({ reason: 'unreachable' });
    await setup.clock.advance(60_000);
    expect(setup.clock.pendingSleeps).toBe(0);
    work.open();
    await done;
  });

  test.each([
    ['cleared', () => setup.open().clearKey('ann', 'mail')],
    ['marked as done', () => setup.open().markDone('ann', 'mail')],
    [
      'taken',
      async () => {
        const row = { ...setup.row(), o1: setup.row()?.['owner'] ?? S('') };
        await setup.put({ ...row, owner: S('another'), lease: N(startMs + 9_000) });
      },
    ],
  ])('finds that the row was %s', async (_, interfere) => {
    const { context, work, done } = begin(options);
    const { signal } = await context;
    await interfere();
    await setup.clock.advance(1_000);
    expect(signal.reason).toMatchObject({ reason: 'taken' });
    work.open();
    await done;
  });

  test('prolongs the row with the lease when the clock was set back', async () => {
    const { context, work, done } = begin(options);
    await context;
    setup.clock.jumpWall(-60_000);
    await setup.clock.advance(1_000);
    expect(setup.row()?.['lease']).toEqual(N(startMs + 4_000));
    expect((await context).remainingMs).toBe(3_000);
    work.open();
    await done;
  });

  test('shortens nothing by a copy of a renewal that comes late', async () => {
    const { context, work, done } = begin(options);
    await context;
    const copies: Sent[] = [];
    setup.before = (sent) => void copies.push(sent);
    await setup.clock.advance(2_000);
    const [first, second] = copies;
    expect(second?.operation).toBe('UpdateItem');
    await expect(setup.memory.call('UpdateItem', first?.input as never)).rejects.toThrow();
    expect(setup.row()?.['lease']).toEqual(N(startMs + 5_000));
    work.open();
    await done;
  });

  test('never brings the lease back after the signal has aborted', async () => {
    const { context, work, done } = begin(options);
    const { signal } = await context;
    let isSlow = true;
    setup.after = async ({ operation }) => {
      if (operation === 'UpdateItem' && isSlow) await setup.clock.sleep(2_500);
      isSlow = false;
    };
    await setup.clock.advance(3_000);
    expect(signal.aborted).toBe(true);
    await setup.clock.advance(600);
    expect((await context).remainingMs).toBe(0);
    work.open();
    await done;
  });

  test('ends with the action: a renewal under way is given up', async () => {
    const { context, work, done } = begin(options);
    await context;
    setup.before = ({ operation, signal }) =>
      operation === 'UpdateItem' &&
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      });
    await setup.clock.advance(1_000);
    work.open();
    expect(await done).toMatchObject({ didAction: true });
    expect(setup.warnings).toEqual([]);
  });

  test('a renewal that arrives after the mark or the release changes nothing', async () => {
    const late: Parameters<TestSetup['memory']['call']>[1][] = [];
    setup.before = ({ operation, input }) => operation === 'UpdateItem' && late.push(input);
    const { context, work, done } = begin(options);
    await context;
    await setup.clock.advance(1_000);
    work.open();
    await done;
    const row = setup.row();
    const refused = { name: 'ConditionalCheckFailedException' };
    await expect(setup.memory.call('UpdateItem', late[0] as never)).rejects.toMatchObject(refused);
    expect(setup.row()).toEqual(row);
    await setup.open().clearKey('ann', 'mail');
    await expect(setup.memory.call('UpdateItem', late[0] as never)).rejects.toMatchObject(refused);
    expect(setup.row()).toBeUndefined();
  });
});

describe('a claimant whose lease was taken over', () => {
  test('counts when it completes first; the other one is overtaken', async () => {
    const slow = begin({ leaseMs: 1_000 });
    await slow.context;
    await setup.clock.advance(1_000);
    const second = begin({ storeResult: true });
    expect((await second.context).isTakeover).toBe(true);
    slow.work.open();
    expect(await slow.done).toMatchObject({ didAction: true, at: startMs + 1_000 });
    await setup.clock.advance(500);
    second.work.open();
    expect(await second.done).toEqual({ didAction: false, at: startMs + 1_000, overtaken: true });
    expect(setup.warnings).toEqual([expect.stringContaining('both have acted')]);
  });

  test('is overtaken when the other one completes first, and told its result', async () => {
    const work = gate<string>();
    const options = { leaseMs: 1_000, storeResult: true };
    const slow = setup.open(options).doOnce('ann', 'mail', () => work.opened);
    await setup.clock.advance(1_000);
    await setup.open(options).doOnce('ann', 'mail', () => 'second');
    work.open('first');
    expect(await slow).toEqual({
      didAction: false,
      at: startMs + 1_000,
      actionResponse: 'second',
      overtaken: true,
    });
    expect(setup.row()?.['result']).toEqual(S('"second"'));
  });

  test('does not release the claim of its successor when it fails', async () => {
    const slow = begin({ leaseMs: 1_000 });
    await slow.context;
    await setup.clock.advance(1_000);
    const second = begin();
    const { owner } = await second.context;
    slow.work.fail(new Error('broken'));
    await expect(slow.done).rejects.toThrow('broken');
    expect(setup.row()?.['owner']).toEqual(S(owner));
    second.work.open();
    expect(await second.done).toMatchObject({ didAction: true });
  });

  test('marks what it did when its successor has failed', async () => {
    const slow = begin({ leaseMs: 1_000 });
    await slow.context;
    await setup.clock.advance(1_000);
    const second = begin();
    await second.context;
    second.work.fail(new Error('broken'));
    await expect(second.done).rejects.toThrow('broken');
    setup.sent = [];
    slow.work.open();
    expect(await slow.done).toMatchObject({ didAction: true });
    expect(setup.sent).toEqual(['PutItem', 'PutItem']);
  });

  test.each([
    ['before', false],
    ['while it marks', true],
  ])('does not end the claim of a stranger, made after clearKey() %s', async (_, isLate) => {
    const slow = begin({ leaseMs: 1_000 });
    await slow.context;
    await setup.open().clearKey('ann', 'mail');
    const third = gate<ReturnType<typeof begin>>();
    let marks = 0;
    setup.before = async ({ input }) => {
      if (!('Item' in input) || input.Item?.['data'] === undefined) return;
      if (marks++ === (isLate ? 1 : 0)) third.open(await claimed());
    };
    slow.work.open();
    const stranger = await third.opened;
    await setup.clock.advance(3_000);
    expect(setup.row()).not.toHaveProperty('data');
    stranger.work.open();
    expect(await stranger.done).toMatchObject({ didAction: true });
    expect(await setup.clock.drive(slow.done)).toMatchObject({
      didAction: false,
      overtaken: true,
    });
  });

  test('marks what it did when the claim of the stranger is released, or has ended', async () => {
    for (const leaseMs of [60_000, 4_000]) {
      const slow = begin({ leaseMs: 1_000 });
      await slow.context;
      await setup.open().clearKey('ann', 'mail');
      const stranger = await claimed({ leaseMs });
      slow.work.open();
      await setup.clock.advance(2_000);
      expect(setup.row()).not.toHaveProperty('data');
      if (leaseMs > 4_000) stranger.work.fail(new Error('broken'));
      const strange = stranger.done.catch(() => undefined);
      expect(await setup.clock.drive(slow.done)).toMatchObject({ didAction: true });
      stranger.work.open();
      await strange;
      await setup.open().clearKey('ann', 'mail');
    }
  });

  test('waits for the claim of a stranger no longer than it may', async () => {
    const slow = begin({ leaseMs: 1_000, waitMsMax: 2_000 });
    await slow.context;
    await setup.open().clearKey('ann', 'mail');
    const stranger = await claimed();
    slow.work.open();
    await expect(setup.clock.drive(slow.done)).rejects.toMatchObject({ code: 'DoOnceInProgress' });
    expect(setup.clock.now()).toBe(startMs + 2_000);
    stranger.work.open();
    expect(await stranger.done).toMatchObject({ didAction: true });
  });

  test('marks what it did through a line of three that took over, and not of four', async () => {
    const line = [];
    for (let owner = 0; owner < 5; owner++) {
      const next = begin({ leaseMs: 1_000 });
      await next.context;
      line.push(next);
      if (owner < 4) await setup.clock.advance(1_000);
    }
    expect(setup.row()).toMatchObject({
      o1: { S: (await line[3]?.context)?.owner },
      o2: { S: (await line[2]?.context)?.owner },
      o3: { S: (await line[1]?.context)?.owner },
    });
    line[0]?.work.open();
    await setup.clock.advance(0);
    expect(setup.row()).not.toHaveProperty('data');
    line[1]?.work.open();
    expect(await line[1]?.done).toMatchObject({ didAction: true });
    for (const { work, done } of [line[0], ...line.slice(2)].filter((next) => next !== undefined)) {
      work.open();
      expect(await setup.clock.drive(done)).toMatchObject({ didAction: false, overtaken: true });
    }
  });

  test('replaces a mark that has expired', async () => {
    const slow = begin({ leaseMs: 1_000 });
    await slow.context;
    await setup.clock.advance(1_000);
    const brief = setup.open({ ttlSeconds: 1 });
    await brief.doOnce('ann', 'mail', () => 1);
    await setup.clock.advance(1_000);
    slow.work.open();
    expect(await slow.done).toMatchObject({ didAction: true, at: startMs + 2_000 });
  });

  test('a late copy of its mark does not undo clearKey()', async () => {
    const marks: Parameters<TestSetup['memory']['call']>[1][] = [];
    setup.before = ({ operation, input }) => operation === 'PutItem' && marks.push(input);
    const manager = setup.open();
    await manager.doOnce('ann', 'mail', () => 1);
    await manager.clearKey('ann', 'mail');
    await expect(setup.memory.call('PutItem', marks[1] as never)).rejects.toThrow();
    expect(setup.row()).toBeUndefined();
  });
});
