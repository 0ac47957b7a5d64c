import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import { S, numberOf, type DynamoInput } from '@x/dynamo-core';
import { ManualClock, seededRandom, type Fault } from '@x/dynamo-testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { DynamoSemaphore, semaphoresTable, type HeldPermit } from '../src/index.js';

/** The SDK gets no response to what was applied, and repeats it. */
const lost: Fault = { kind: 'drop-after' };
const pass: Fault = { kind: 'pass' };

describeOnEngines('DynamoSemaphore', (engine) => {
  let tableName: string;
  let clock: ManualClock;
  let key: string;
  let keys = 0;
  let clients = 0;

  beforeAll(async () => {
    tableName = await engine.createTable(semaphoresTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
    keys += 1;
    key = `key-${keys}`;
  });

  function open(faults: readonly Fault[] = []): {
    semaphore: DynamoSemaphore;
    sent: RecordedTransport;
  } {
    clients += 1;
    const sent = recorded(engine.client({ faults }));
    const holder = `client ${clients}`;
    const random = seededRandom(clients);
    const options = { dynamo: sent, tableName, clock, random, holder, skewToleranceMs: 0 };
    return { semaphore: new DynamoSemaphore(options), sent };
  }

  async function take(n: number, leaseMs = 9_000, faults?: readonly Fault[]): Promise<HeldPermit> {
    const permit = await open(faults).semaphore.tryAcquire(key, { n, leaseMs });
    if (permit === undefined) throw new Error('No place is free');
    return permit;
  }

  /** How many places the row counts, and how many stand in it. */
  async function places(): Promise<[number | undefined, number]> {
    const row = (await engine.row(tableName, { key: S(key) })) ?? {};
    const ends = Object.keys(row).filter((name) => name.startsWith('e.'));
    return [numberOf(row, 'taken'), ends.length];
  }

  describe('never lets more than n in', () => {
    test('of ten who try at once', async () => {
      const tries = Array.from({ length: 10 }, () => open().semaphore.tryAcquire(key, { n: 3 }));
      const permits = (await Promise.all(tries)).filter((permit) => permit !== undefined);
      expect(permits.length).toBe(3);
      expect(new Set(permits.map(({ fence }) => fence)).size).toBe(3);
      expect(await places()).toEqual([3, 3]);
      expect((await open().semaphore.inspect(key)).length).toBe(3);
      await Promise.all(permits.map((permit) => permit.release()));
      expect(await places()).toEqual([0, 0]);
    });

    test('of those who try at once for the places of two dead holders', async () => {
      await take(3, 1_000);
      await take(3, 1_000);
      const alive = await take(3);
      await clock.advance(1_000);
      const tries = Array.from({ length: 6 }, () => open().semaphore.tryAcquire(key, { n: 3 }));
      const permits = (await Promise.all(tries)).filter((permit) => permit !== undefined);
      expect(permits.length).toBe(2);
      expect(await places()).toEqual([3, 3]);
      await alive.renew();
    });
  });

  test('a dead holder’s place is taken in two requests', async () => {
    await take(2, 1_000);
    await take(2);
    await clock.advance(999);
    expect(await open().semaphore.tryAcquire(key, { n: 2 })).toBeUndefined();
    await clock.advance(1);
    const { semaphore, sent } = open();
    expect(await semaphore.tryAcquire(key, { n: 2 })).toBeDefined();
    expect(sent.requests.map(({ operation }) => operation)).toEqual(['UpdateItem', 'UpdateItem']);
    expect(await places()).toEqual([2, 2]);
  });

  describe('a lost response', () => {
    test('of an acquisition takes one place', async () => {
      const permit = await take(2, 9_000, [lost]);
      expect(await places()).toEqual([1, 1]);
      expect(await permit.release()).toBe('released');
      expect(await places()).toEqual([0, 0]);
    });

    test('of an acquisition that replaces a dead holder takes one place', async () => {
      await take(1, 1_000);
      await clock.advance(1_000);
      const permit = await take(1, 9_000, [pass, lost]);
      expect(await places()).toEqual([1, 1]);
      await permit.renew();
    });

    test('of a release gives one place back', async () => {
      await take(2);
      const permit = await take(2, 9_000, [pass, lost]);
      expect(await permit.release()).toBe('released');
      expect(await places()).toEqual([1, 1]);
    });

    test('of a renewal does no harm', async () => {
      const permit = await take(1, 9_000, [pass, lost]);
      await clock.advance(5_000);
      await permit.renew();
      expect(permit.remainingMs).toBe(9_000);
    });
  });

  test('a late copy of an acquisition takes no place after the release', async () => {
    const { semaphore, sent } = open();
    const permit = await semaphore.tryAcquire(key, { n: 2 });
    const copy = sent.requests[0]!.input as DynamoInput<'UpdateItem'>;
    await permit!.release();
    await expect(recorded(engine.client()).call('UpdateItem', copy)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    expect(await places()).toEqual([0, 0]);
  });
});
