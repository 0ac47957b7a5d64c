import { N, S, type Item, type Logger } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { DynamoLock, LockLostError, locksTable, type HeldLock } from './index.js';

const startMs = Date.UTC(2030, 0, 1, 12);
const key = { key: S('k') };

let clock: ManualClock;
let memory: MemoryDynamo;
let sent: string[];
/** Replaces the answer to the next requests. */
let intercept: ((signal: AbortSignal | undefined) => Promise<void> | void) | undefined;
let warnings: unknown[];

beforeEach(() => {
  clock = new ManualClock({ nowMs: startMs });
  memory = new MemoryDynamo({ clock });
  memory.createTable(locksTable);
  sent = [];
  intercept = undefined;
  warnings = [];
});

function open(name = 'me', seed = 1): DynamoLock {
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: (message) => warnings.push(message),
    error: () => {},
  };
  return new DynamoLock({
    tableName: 'locks',
    clock,
    random: seededRandom(seed),
    skewToleranceMs: 0,
    holder: name,
    monitoring: { logger },
    dynamo: {
      call: async (operation, input, options) => {
        sent.push(operation);
        await intercept?.(options?.signal);
        return memory.call(operation, input);
      },
    },
  });
}

async function take(timeoutSeconds = 9): Promise<HeldLock> {
  const lock = await open().tryAcquire('k', timeoutSeconds);
  if (lock === undefined) throw new Error('The lock is not free');
  sent = [];
  return lock;
}

function row(): Item | undefined {
  return memory.rows('locks')[0];
}

/** What an original client does when it takes a lock that is free to it. */
async function overwriteExpiry(seconds: number): Promise<void> {
  await memory.call('UpdateItem', {
    TableName: 'locks',
    Key: key,
    UpdateExpression: 'set expiresAt = :e',
    ExpressionAttributeValues: { ':e': N(startMs / 1000 + seconds) },
  });
}

function lost(reason: string): object {
  return { name: 'LockLostError', code: 'LockLost', reason, key: 'k' };
}

function down(): never {
  throw Object.assign(new Error('down'), { name: 'TimeoutError' });
}

describe('the lease', () => {
  test('expiresAt and remainingMs() count from before the request was sent', async () => {
    intercept = () => clock.advance(400);
    const lock = await take();
    expect(lock.expiresAt).toEqual(new Date(startMs + 9_000));
    expect(lock.remainingMs()).toBe(8_600);
    expect(lock).toMatchObject({ type: 'lock', key: 'k' });
  });

  test('assertHeld() passes until the last millisecond and throws from the deadline on', async () => {
    const lock = await take();
    await clock.advance(8_999);
    lock.assertHeld();
    await clock.advance(1);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining(lost('expired')));
    expect(lock.remainingMs()).toBe(0);
  });

  test('assertHeld() throws as soon as the wall clock is set forward beyond the lease', async () => {
    const lock = await take();
    clock.jumpWall(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
  });

  test('assertHeld() throws at the end of the lease though the wall clock was set back', async () => {
    const lock = await take();
    clock.jumpWall(-3_600_000);
    await clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
  });

  test('a lock that was lost stays lost when the wall clock is set back', async () => {
    const lock = await take();
    clock.jumpWall(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
    clock.jumpWall(-9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
    expect(lock.remainingMs()).toBe(0);
  });
});

describe('signal', () => {
  test('aborts at the deadline with the reason expired', async () => {
    const { signal } = await take();
    await clock.advance(8_999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toMatchObject(lost('expired'));
  });

  test('follows a renewal', async () => {
    const lock = await take();
    const { signal } = lock;
    await clock.advance(5_000);
    await lock.renew();
    await clock.advance(8_999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.aborted).toBe(true);
  });

  test('aborts with the reason released, and leaves no timer', async () => {
    const lock = await take();
    const { signal } = lock;
    expect(clock.pendingSleeps).toBe(1);
    await lock.release();
    expect(signal.reason).toMatchObject(lost('released'));
    expect(clock.pendingSleeps).toBe(0);
  });

  test('is aborted from the start on a lock that was lost before', async () => {
    const lock = await take();
    await clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
    expect(lock.signal.reason).toMatchObject(lost('expired'));
  });
});

describe('renew()', () => {
  test('sends one UpdateItem and moves the end of the lease', async () => {
    const lock = await take();
    await clock.advance(4_000);
    await lock.renew();
    expect(sent).toEqual(['UpdateItem']);
    expect(lock.remainingMs()).toBe(9_000);
    expect(row()).toMatchObject({ expiresAt: N(startMs / 1000 + 13), heldUntil: N(startMs / 1000 + 13) });
  });

  test('with another duration keeps it for the next renewals', async () => {
    const lock = await take();
    await lock.renew(20);
    await clock.advance(10_000);
    await lock.renew();
    expect(lock.remainingMs()).toBe(20_000);
  });

  test('never shortens the lease', async () => {
    const lock = await take();
    await lock.renew(2);
    expect(lock.remainingMs()).toBe(9_000);
    expect(row()?.expiresAt).toEqual(N(startMs / 1000 + 9));
  });

  test('does not prolong the lease when the wall clock was set back', async () => {
    const lock = await take();
    await clock.advance(2_000);
    clock.jumpWall(-60_000);
    await lock.renew();
    expect(lock.remainingMs()).toBe(7_000);
  });

  test('of a lock that an original client took throws with the reason stolen', async () => {
    const lock = await take();
    const { signal } = lock;
    await overwriteExpiry(60);
    await expect(lock.renew()).rejects.toMatchObject(lost('stolen'));
    expect(signal.reason).toMatchObject(lost('stolen'));
    expect(row()?.expiresAt).toEqual(N(startMs / 1000 + 60));
  });

  test('of a row that was deleted throws with the reason stolen, in one request', async () => {
    const lock = await take();
    await memory.call('DeleteItem', { TableName: 'locks', Key: key });
    await expect(lock.renew()).rejects.toMatchObject(lost('stolen'));
    expect(sent).toEqual(['UpdateItem']);
    expect(row()).toBeUndefined();
  });

  test('does not send anything once the lease is over', async () => {
    const lock = await take();
    await clock.advance(9_000);
    await expect(lock.renew()).rejects.toMatchObject(lost('expired'));
    expect(sent).toEqual([]);
  });

  test('does not revive a lease that ended before the answer came', async () => {
    const lock = await take();
    const { signal } = lock;
    clock.pause();
    intercept = () => clock.advance(9_000);
    await expect(lock.renew()).rejects.toMatchObject(lost('expired'));
    expect(signal.aborted).toBe(true);
    await clock.resume();
    expect(lock.remainingMs()).toBe(0);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('gives up at the deadline when no answer comes, and says unreachable', async () => {
    const lock = await take();
    let aborted: AbortSignal | undefined;
    intercept = (signal) => {
      aborted = signal;
      return new Promise(() => {});
    };
    const renewal = lock.renew().catch((error: unknown) => error);
    await clock.advance(9_000);
    expect(await renewal).toMatchObject({ ...lost('unreachable'), cause: { name: 'TimeoutError' } });
    expect(aborted?.aborted).toBe(true);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('throws the error of the request while the lease runs, and can be tried again', async () => {
    const lock = await take();
    intercept = down;
    await expect(lock.renew()).rejects.toThrow('down');
    lock.assertHeld();
    intercept = undefined;
    await lock.renew();
  });

  test('that failed makes the end of the lease unreachable, with the failure as its cause', async () => {
    const lock = await take();
    intercept = down;
    await expect(lock.renew()).rejects.toThrow('down');
    await clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(
      expect.objectContaining({ ...lost('unreachable'), cause: expect.objectContaining({ message: 'down' }) }),
    );
  });

  test('called twice at once sends one after the other', async () => {
    const lock = await take();
    let underWay = 0;
    let most = 0;
    intercept = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    };
    await Promise.all([lock.renew(), lock.renew(20)]);
    expect(most).toBe(1);
    expect(lock.remainingMs()).toBe(20_000);
  });

  test.each([0, -1, Number.NaN, Infinity, 1e9])('refuses %d seconds', async (timeoutSeconds) => {
    const lock = await take();
    await expect(lock.renew(timeoutSeconds)).rejects.toMatchObject({
      name: 'InvalidInputError',
      field: 'timeoutSeconds',
    });
    expect(sent).toEqual([]);
  });
});

describe('release()', () => {
  test('sends one UpdateItem, keeps the row with its fence and says released', async () => {
    const lock = await take();
    expect(await lock.release()).toBe('released');
    expect(sent).toEqual(['UpdateItem']);
    expect(row()).toEqual({
      ...key,
      expiresAt: N(startMs / 1000 - 86_400),
      owner: S(expect.any(String) as string),
      fence: N(lock.fence),
      purgeAt: N(startMs / 1000 + 7 * 86_400),
    });
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining(lost('released')));
  });

  test('called again sends nothing and answers the same', async () => {
    const lock = await take();
    expect(await Promise.all([lock.release(), lock.release()])).toEqual(['released', 'released']);
    expect(await lock.release()).toBe('released');
    expect(sent).toEqual(['UpdateItem']);
  });

  test('that failed can be tried again', async () => {
    const lock = await take();
    intercept = down;
    await expect(lock.release()).rejects.toThrow('down');
    intercept = undefined;
    expect(await lock.release()).toBe('released');
  });

  test('of a lease that is over frees the row where nobody took it', async () => {
    const lock = await take();
    await clock.advance(60_000);
    expect(await lock.release()).toBe('released');
  });

  test('leaves the next holder alone and says superseded', async () => {
    const lock = await take();
    await clock.advance(9_000);
    const next = await open('next', 2).tryAcquire('k', 9);
    const before = row();
    expect(await lock.release()).toBe('superseded');
    expect(row()).toEqual(before);
    next?.assertHeld();
  });

  test.each([
    ['an original client took', () => overwriteExpiry(60)],
    ['was deleted', () => memory.call('DeleteItem', { TableName: 'locks', Key: key })],
  ])('of a lock that %s leaves it alone and says superseded', async (_, change) => {
    const lock = await take();
    await change();
    const before = row();
    expect(await lock.release()).toBe('superseded');
    expect(row()).toEqual(before);
  });

  test('ends a renewal that is under way before it sends anything', async () => {
    const lock = await take();
    let aborted: AbortSignal | undefined;
    intercept = (signal) => {
      aborted ??= signal;
      return sent.length === 1 ? new Promise(() => {}) : undefined;
    };
    const renewal = lock.renew().catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    const released = lock.release();
    expect(aborted?.aborted).toBe(true);
    expect(await renewal).toMatchObject(lost('released'));
    expect(await released).toBe('released');
    expect(clock.pendingSleeps).toBe(0);
  });

  test('is what await using does', async () => {
    {
      await using lock = await take();
      lock.assertHeld();
    }
    expect(sent).toEqual(['UpdateItem']);
    expect(row()?.heldUntil).toBeUndefined();
  });
});

describe('heartbeat()', () => {
  test('renews after each third of the lease', async () => {
    const lock = await take();
    lock.heartbeat();
    await clock.advance(2_999);
    expect(sent).toEqual([]);
    await clock.advance(1);
    expect(sent).toEqual(['UpdateItem']);
    await clock.advance(60_000);
    expect(sent).toHaveLength(21);
    lock.assertHeld();
  });

  test('ends with the release and leaves no timer', async () => {
    const lock = await take();
    lock.heartbeat();
    expect(clock.pendingSleeps).toBe(1);
    await lock.release();
    expect(clock.pendingSleeps).toBe(0);
    expect(sent).toEqual(['UpdateItem']);
  });

  test('is one, however often it is called, and is ended by what it returned', async () => {
    const lock = await take();
    const stop = lock.heartbeat();
    expect(lock.heartbeat()).toBe(stop);
    expect(clock.pendingSleeps).toBe(1);
    stop();
    expect(clock.pendingSleeps).toBe(0);
    await clock.advance(9_000);
    expect(sent).toEqual([]);
    expect(() => lock.assertHeld()).toThrow(LockLostError);
  });

  test('starts again after it was ended', async () => {
    const lock = await take();
    lock.heartbeat()();
    lock.heartbeat();
    await clock.advance(30_000);
    lock.assertHeld();
    await lock.release();
    expect(clock.pendingSleeps).toBe(0);
  });

  test('tries sooner after a failure, reports it, and survives an outage shorter than the lease', async () => {
    const lock = await take();
    lock.heartbeat();
    intercept = down;
    await clock.advance(8_000);
    intercept = undefined;
    await clock.advance(30_000);
    lock.assertHeld();
    expect(warnings).toContain('Cannot renew lock "k" yet');
  });

  test('ends at the deadline of an outage: unreachable, no further request, no timer', async () => {
    const lock = await take();
    const { signal } = lock;
    lock.heartbeat();
    intercept = down;
    await clock.advance(9_000);
    expect(signal.reason).toMatchObject({ ...lost('unreachable'), cause: expect.objectContaining({ message: 'down' }) });
    const count = sent.length;
    await clock.advance(60_000);
    expect(sent).toHaveLength(count);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('ends when the lock was stolen', async () => {
    const lock = await take();
    const { signal } = lock;
    lock.heartbeat();
    await overwriteExpiry(60);
    await clock.advance(3_000);
    expect(signal.reason).toMatchObject(lost('stolen'));
    expect(clock.pendingSleeps).toBe(0);
  });

  test('finds a suspended process out and sends nothing', async () => {
    const lock = await take();
    const { signal } = lock;
    lock.heartbeat();
    clock.pause();
    await clock.advance(9_000);
    expect(() => lock.assertHeld()).toThrow(expect.objectContaining(lost('expired')));
    await clock.resume();
    expect(signal.reason).toMatchObject(lost('expired'));
    expect(sent).toEqual([]);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('of a lock that is not held does nothing', async () => {
    const lock = await take();
    await lock.release();
    lock.heartbeat();
    expect(clock.pendingSleeps).toBe(0);
  });
});
