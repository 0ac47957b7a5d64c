import { describeOnEngines, OriginalLock } from '@x/conformance';
import { N, S, type Item } from '@x/dynamo-core';
import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';

import { DynamoLock, locksTable } from '../src/index.js';
import { held } from './test-setup.js';

const startMs = Date.UTC(2030, 0, 1, 12);
const startSeconds = startMs / 1000;

describeOnEngines('a table that original clients use, too', (engine) => {
  let tableName: string;
  let clock: ManualClock;
  let key: string;
  let keys = 0;
  let ours: DynamoLock;
  let original: OriginalLock;

  beforeAll(async () => {
    tableName = await engine.createTable(locksTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: startMs });
    keys += 1;
    key = `key-${keys}`;
    const random = seededRandom(keys);
    const dynamo = engine.client();
    ours = new DynamoLock({ dynamo, tableName, clock, random, skewToleranceMs: 0 });
    original = new OriginalLock(engine.client(), tableName, clock);
  });

  async function takenByOriginal(seconds: number): Promise<{ release: () => Promise<void> }> {
    const lock = await original.tryAcquire(key, seconds);
    if (lock === undefined) throw new Error('The lock is not free to an original client');
    return lock;
  }

  function rowOf(): Promise<Item | undefined> {
    return engine.row(tableName, { key: S(key) });
  }

  test('an original client waits for our lease, and takes the lock when it is over', async () => {
    await held(ours.tryAcquire(key, 10));
    await clock.advance(9_999);
    expect(await original.tryAcquire(key, 10)).toBeUndefined();
    await clock.advance(1);
    await takenByOriginal(10);
  });

  test('an original client takes a lock that we released, at once', async () => {
    await (await held(ours.tryAcquire(key, 10))).release();
    await takenByOriginal(10);
    expect(await ours.tryAcquire(key, 10)).toBeUndefined();
  });

  test('we wait for the lease of an original client, and take the lock when it is over', async () => {
    await takenByOriginal(10);
    expect(await rowOf()).toEqual({ key: S(key), expiresAt: N(startSeconds + 10) });
    await clock.advance(9_999);
    expect(await ours.tryAcquire(key, 10)).toBeUndefined();
    expect(await ours.inspect(key)).toMatchObject({ holder: undefined, fence: undefined });
    await clock.advance(1);
    const lock = await held(ours.tryAcquire(key, 10));
    expect(lock.fence).toBeGreaterThan(startMs * 1000);
    expect(await lock.release()).toBe('released');
  });

  test('we take a lock that an original client released, at once', async () => {
    await (await takenByOriginal(10)).release();
    await held(ours.tryAcquire(key, 10));
  });

  test('the fence grows over an original client that took our expired lock', async () => {
    const first = await held(ours.tryAcquire(key, 1));
    await clock.advance(1_000);
    await takenByOriginal(1);
    await clock.advance(1_000);
    expect((await held(ours.tryAcquire(key, 1))).fence).toBe(first.fence + 1);
  });

  test('the fence grows over a row that an original client deleted', async () => {
    const first = await held(ours.tryAcquire(key, 1));
    await clock.advance(1_000);
    await (await takenByOriginal(1)).release();
    expect(await rowOf()).toBeUndefined();
    expect((await held(ours.tryAcquire(key, 1))).fence).toBeGreaterThan(first.fence);
  });

  test('a late renewal or release of ours leaves the lease of an original client alone', async () => {
    const late = await held(ours.tryAcquire(key, 10));
    // Another machine's clock is ahead, so that the original client finds the lease over.
    const ahead = new ManualClock({ nowMs: startMs + 10_000 });
    const other = new OriginalLock(engine.client(), tableName, ahead);
    expect(await other.tryAcquire(key, 30)).toBeDefined();
    const taken = await rowOf();
    expect(taken).toMatchObject({ expiresAt: N(startSeconds + 40) });
    await expect(late.renew(60)).rejects.toMatchObject({ reason: 'stolen' });
    expect(await late.release()).toBe('superseded');
    expect(await rowOf()).toEqual(taken);
  });

  test('a late release of an original client deletes our row, and our renewal finds out', async () => {
    const late = await takenByOriginal(1);
    await clock.advance(1_000);
    const lock = await held(ours.tryAcquire(key, 10));
    await late.release();
    await expect(lock.renew()).rejects.toMatchObject({ name: 'LockLostError', reason: 'stolen' });
    expect(await rowOf()).toBeUndefined();
    expect(await lock.release()).toBe('superseded');
  });

  test('a literal row of the original whose lease is over is taken and kept', async () => {
    await engine.putRow(tableName, { key: S(key), expiresAt: N(startSeconds) });
    const lock = await held(ours.tryAcquire(key, 10));
    await lock.renew(20);
    expect(await original.tryAcquire(key, 10)).toBeUndefined();
    expect(await lock.release()).toBe('released');
  });

  test('our rows keep the attributes that the original reads and the types that it compares', async () => {
    const lock = await held(ours.tryAcquire(key, 10));
    expect(await rowOf()).toMatchObject({ key: S(key), expiresAt: N(startSeconds + 10) });
    await lock.release();
    expect(await rowOf()).toMatchObject({ key: S(key), expiresAt: N(0) });
  });

  test('sweep() keeps a lock that an original client holds under our old purgeAt', async () => {
    await (await held(ours.tryAcquire(key, 10))).release();
    await clock.advance(8 * 86_400_000);
    await takenByOriginal(10);
    expect(await ours.sweep({ prefix: key })).toEqual({ deleted: 0 });
    await clock.advance(10_000);
    expect(await ours.sweep({ prefix: key })).toEqual({ deleted: 1 });
  });

  test('we go by whole seconds where an original client took our lock', async () => {
    await held(ours.tryAcquire(key, 0.5));
    await clock.advance(1_000);
    await takenByOriginal(1);
    await clock.advance(999);
    expect(await ours.tryAcquire(key, 1)).toBeUndefined();
    await clock.advance(1);
    await held(ours.tryAcquire(key, 1));
  });

  test('forceRelease() frees the lock of an original client for both', async () => {
    await takenByOriginal(600);
    expect(await ours.forceRelease(key)).toMatchObject({ key, holder: undefined });
    await takenByOriginal(600);
  });
});
