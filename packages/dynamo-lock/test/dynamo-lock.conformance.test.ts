import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import { N, S, type DynamoTransport, type Item } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';
import {
  FaultHandler,
  ManualClock,
  engineClient,
  immediateRetries,
  seededRandom,
  type Fault,
} from '@x/dynamo-testing';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { DynamoLock, locksTable, type DynamoLockOptions } from '../src/index.js';
import { held } from './test-setup.js';

const startMs = Date.UTC(2030, 0, 1, 12);
const startSeconds = startMs / 1000;
const weekSeconds = 7 * 86_400;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describeOnEngines('DynamoLock', (engine) => {
  let tableName: string;
  let clock: ManualClock;
  let key: string;
  let keys = 0;

  beforeAll(async () => {
    tableName = await engine.createTable(locksTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: startMs });
    keys += 1;
    key = `key-${keys}`;
  });

  function open(
    options: DynamoLockOptions = {},
    faults: readonly Fault[] = [],
  ): { locks: DynamoLock; sent: RecordedTransport } {
    const sent = recorded(engine.client({ faults }), { capacity: true });
    const locks = new DynamoLock({
      dynamo: sent,
      tableName,
      clock,
      random: { ...seededRandom(keys), unit: () => 0.5 },
      skewToleranceMs: 250,
      holder: 'me',
      ...options,
    });
    return { locks, sent };
  }

  function rowOf(): Promise<Item | undefined> {
    return engine.row(tableName, { key: S(key) });
  }

  describe('what is sent', () => {
    test('tryAcquire() of a new key is one UpdateItem of one write unit', async () => {
      const { locks, sent } = open();
      const lock = await held(locks.tryAcquire(key, 30, { info: { job: 7 } }));
      const { owner } = (await rowOf()) ?? {};
      const meta = { holder: 'me', acquiredAt: startMs, leaseMs: 30_000, info: { job: 7 } };
      expect(sent.requests).toEqual([
        {
          operation: 'UpdateItem',
          units: 1,
          input: {
            TableName: tableName,
            Key: { key: S(key) },
            UpdateExpression:
              'SET expiresAt = :expiresAt, heldUntil = :expiresAt, endsAtMs = :endsAtMs, ' +
              '#owner = :owner, purgeAt = :purgeAt, meta = :meta, ' +
              'fence = if_not_exists(fence, :seed) + :one, ' +
              '#prior = if_not_exists(expiresAt, :none), ' +
              'priorHeldUntil = if_not_exists(heldUntil, :none), ' +
              'priorEndsAtMs = if_not_exists(endsAtMs, :none), ' +
              'priorMeta = if_not_exists(meta, :nobody) REMOVE waiters',
            ConditionExpression:
              '(NOT attribute_type(expiresAt, :number) OR expiresAt <= :cut OR ' +
              '(heldUntil = expiresAt AND endsAtMs <= :cutMs)) AND NOT releasedBy = :owner',
            ExpressionAttributeNames: { '#owner': 'owner', '#prior': 'prior' },
            ExpressionAttributeValues: {
              ':none': N(0),
              ':nobody': S(''),
              ':number': S('N'),
              ':expiresAt': N(startSeconds + 30),
              ':endsAtMs': N(startMs + 30_000),
              ':purgeAt': N(startSeconds + 30 + weekSeconds),
              ':owner': owner,
              ':meta': S(JSON.stringify(meta)),
              ':seed': N(startMs * 1000 + 500),
              ':one': N(1),
              ':cut': N(startSeconds - 1),
              ':cutMs': N(startMs - 250),
            },
            ReturnValues: 'UPDATED_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ]);
      expect(lock.fence).toBe(startMs * 1000 + 501);
      expect(await rowOf()).toEqual({
        key: S(key),
        expiresAt: N(startSeconds + 30),
        heldUntil: N(startSeconds + 30),
        endsAtMs: N(startMs + 30_000),
        prior: N(0),
        priorHeldUntil: N(0),
        priorEndsAtMs: N(0),
        priorMeta: S(''),
        owner,
        fence: N(lock.fence),
        purgeAt: N(startSeconds + 30 + weekSeconds),
        meta: S(JSON.stringify(meta)),
      });
    });

    test('tryAcquire() of a held lock is one request, and answers from its error', async () => {
      await held(open().locks.tryAcquire(key, 30));
      const { locks, sent } = open({ random: seededRandom(9) });
      expect(await locks.tryAcquire(key, 30)).toBeUndefined();
      expect(sent.requests.map(({ operation }) => operation)).toEqual(['UpdateItem']);
    });

    test('renew() is one UpdateItem of one write unit', async () => {
      const { locks, sent } = open();
      const lock = await held(locks.tryAcquire(key, 30));
      const { owner } = (await rowOf()) ?? {};
      await clock.advance(10_000);
      sent.clear();
      await lock.renew();
      expect(sent.requests).toEqual([
        {
          operation: 'UpdateItem',
          units: 1,
          input: {
            TableName: tableName,
            Key: { key: S(key) },
            UpdateExpression:
              'SET expiresAt = :expiresAt, heldUntil = :expiresAt, endsAtMs = :endsAtMs, ' +
              'purgeAt = :purgeAt',
            ConditionExpression:
              '#owner = :owner AND fence = :fence AND expiresAt = heldUntil ' +
              'AND endsAtMs <= :endsAtMs',
            ExpressionAttributeNames: { '#owner': 'owner' },
            ExpressionAttributeValues: {
              ':owner': owner,
              ':fence': N(lock.fence),
              ':expiresAt': N(startSeconds + 40),
              ':endsAtMs': N(startMs + 40_000),
              ':purgeAt': N(startSeconds + 40 + weekSeconds),
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ]);
      expect(await rowOf()).toMatchObject({ expiresAt: N(startSeconds + 40) });
    });

    test('release() is one UpdateItem of one write unit, and keeps the fence', async () => {
      const { locks, sent } = open();
      const lock = await held(locks.tryAcquire(key, 30));
      const { owner } = (await rowOf()) ?? {};
      sent.clear();
      expect(await lock.release()).toBe('released');
      expect(sent.requests).toEqual([
        {
          operation: 'UpdateItem',
          units: 1,
          input: {
            TableName: tableName,
            Key: { key: S(key) },
            UpdateExpression:
              'SET expiresAt = :none, purgeAt = :purgeAt, releasedBy = :releasedBy, meta = :meta ' +
              'REMOVE heldUntil, endsAtMs, #owner, #prior, priorHeldUntil, priorEndsAtMs, priorMeta',
            ConditionExpression: '#owner = :owner AND fence = :fence AND expiresAt = heldUntil',
            ExpressionAttributeNames: { '#owner': 'owner', '#prior': 'prior' },
            ExpressionAttributeValues: {
              ':none': N(0),
              ':purgeAt': N(startSeconds + weekSeconds),
              ':releasedBy': owner,
              ':meta': S('{"holder":"me","ended":"released"}'),
              ':owner': owner,
              ':fence': N(lock.fence),
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
      ]);
      expect(await rowOf()).toEqual({
        key: S(key),
        expiresAt: N(0),
        meta: S('{"holder":"me","ended":"released"}'),
        releasedBy: owner,
        fence: N(lock.fence),
        purgeAt: N(startSeconds + weekSeconds),
      });
    });

    test('a lock that was used before still takes one write unit for each call', async () => {
      const { locks, sent } = open();
      for (let round = 0; round < 3; round++) {
        const lock = await held(locks.tryAcquire(key, 30));
        await lock.renew();
        await lock.release();
      }
      expect(sent.requests).toHaveLength(9);
      expect(sent.units).toEqual({ read: 0, write: 9 });
    });

    test('inspect() and forceRelease() read one unit and write one', async () => {
      await held(open().locks.tryAcquire(key, 30));
      const { locks, sent } = open();
      expect(await locks.inspect(key)).toMatchObject({ holder: 'me' });
      expect(sent.units).toEqual({ read: 1, write: 0 });
      sent.clear();
      expect(await locks.forceRelease(key)).toMatchObject({ holder: 'me' });
      expect(sent.requests.map(({ operation }) => operation)).toEqual(['GetItem', 'UpdateItem']);
      expect(sent.units).toEqual({ read: 1, write: 1 });
    });

    test('list() filters by the prefix in one Scan per page', async () => {
      const { locks, sent } = open();
      await held(locks.tryAcquire(`${key}.a`, 30));
      await held(locks.tryAcquire(`${key}.b`, 30));
      await (await held(locks.tryAcquire(`${key}.c`, 30))).release();
      sent.clear();
      const found: string[] = [];
      for await (const status of locks.list({ prefix: `${key}.` })) found.push(status.key);
      expect(found.sort()).toEqual([`${key}.a`, `${key}.b`]);
      expect(sent.requests).toHaveLength(1);
    });
  });

  describe('a row', () => {
    test('without an expiry is free', async () => {
      await engine.putRow(tableName, { key: S(key), fence: N(7) });
      const { locks } = open();
      expect(await locks.inspect(key)).toBeUndefined();
      expect((await held(locks.tryAcquire(key, 30))).fence).toBe(8);
    });

    test('whose expiry is no number is free', async () => {
      await engine.putRow(tableName, { key: S(key), expiresAt: S('soon') });
      await (await held(open().locks.tryAcquire(key, 30))).release();
      expect(await rowOf()).toMatchObject({ expiresAt: N(0) });
    });

    test('ends in the millisecond that it says', async () => {
      const { locks } = open({ skewToleranceMs: 0 });
      await held(locks.tryAcquire(key, 1.2));
      await clock.advance(1_199);
      expect(await locks.inspect(key)).toMatchObject({ expiresAtMs: startMs + 1_200 });
      const other = open({ skewToleranceMs: 0, random: seededRandom(9) }).locks;
      expect(await other.tryAcquire(key, 1)).toBeUndefined();
      await clock.advance(1);
      await held(other.tryAcquire(key, 1));
    });

    test('has the end again that an aborted takeover replaced', async () => {
      const row = { key: S(key), fence: N(7), owner: S('B') };
      const end = { expiresAt: N(startSeconds + 2), heldUntil: N(startSeconds + 2) };
      await engine.putRow(tableName, { ...row, ...end, endsAtMs: N(startMs + 1_500) });
      await clock.advance(1_750);
      // The takeover is applied, and its response and those of its repeats are lost.
      const lost: Fault[] = Array.from({ length: 4 }, () => ({ kind: 'drop-after' }));
      await expect(open({}, lost).locks.tryAcquire(key, 30)).rejects.toThrow();
      const after = await rowOf();
      expect(after).toMatchObject({ ...end, endsAtMs: N(startMs + 1_500), fence: N(8) });
      expect(after?.['owner']).toBeUndefined();
      await held(open({ random: seededRandom(9) }).locks.tryAcquire(key, 30));
    });

    test('says how the holder before ended, and what it left', async () => {
      const other = open({ holder: 'other', random: seededRandom(9), skewToleranceMs: 0 }).locks;
      const first = await held(open().locks.tryAcquire(key, { info: 1 }));
      expect(first.previous).toBeUndefined();
      await first.release({ keepInfo: true });
      const second = await held(other.tryAcquire(key, { info: 2, leaseMs: 1_000 }));
      expect(second.previous).toEqual({ info: 1, holder: 'me', ended: 'released' });
      await clock.advance(1_000);
      const third = await held(other.tryAcquire(key));
      expect(third.previous).toEqual({ info: 2, holder: 'other', ended: 'expired' });
      await third.renew({ info: 3 });
      await other.forceRelease(key);
      const fourth = await held(other.tryAcquire(key));
      expect(fourth.previous).toEqual({ info: 3, holder: 'other', ended: 'forced' });
    });

    test('stays closed for the minimum, without a holder', async () => {
      const { locks, sent } = open({ skewToleranceMs: 0 });
      await locks.withLock(key, { minimumHoldMs: 60_000 }, () => clock.advance(5));
      expect(sent.requests.map(({ operation, units }) => [operation, units])).toEqual([
        ['UpdateItem', 1],
        ['UpdateItem', 1],
      ]);
      const other = open({ skewToleranceMs: 0, random: seededRandom(9) }).locks;
      expect(await other.inspect(key)).toMatchObject({
        holder: undefined,
        expiresAtMs: startMs + 60_000,
      });
      await clock.advance(59_994);
      expect(await other.tryAcquire(key)).toBeUndefined();
      await clock.advance(1);
      const next = await held(other.tryAcquire(key));
      expect(next.previous).toEqual({ info: undefined, holder: 'me', ended: 'released' });
    });

    test('is swept when it is free and a week has passed, and not before', async () => {
      const { locks, sent } = open();
      await (await held(locks.tryAcquire(key, 30))).release();
      await held(locks.tryAcquire(`${key}.held`, 8 * 86_400));
      await clock.advance(weekSeconds * 1000);
      const prefix = key;
      expect(await locks.sweep({ prefix })).toEqual({ deleted: 0 });
      await clock.advance(1_000);
      sent.clear();
      expect(await locks.sweep({ prefix })).toEqual({ deleted: 1 });
      expect(sent.requests.map(({ operation }) => operation)).toEqual(['Scan', 'DeleteItem']);
      expect(await rowOf()).toBeUndefined();
    });
  });

  describe.each([1, 2, 3])('with the responses of the first %d sends lost', (count) => {
    const lost: Fault[] = Array.from({ length: count }, () => ({ kind: 'drop-after' }));

    test('tryAcquire() returns the lock that it took', async () => {
      const lock = await held(open({}, lost).locks.tryAcquire(key, 30));
      expect(await rowOf()).toMatchObject({ fence: N(lock.fence) });
      expect(await lock.release()).toBe('released');
    });

    test('renew() extends the lease once and keeps the lock', async () => {
      const lock = await held(open({}, [{ kind: 'pass' }, ...lost]).locks.tryAcquire(key, 30));
      await clock.advance(10_000);
      await lock.renew();
      expect(lock.remainingMs).toBe(30_000);
      expect(await rowOf()).toMatchObject({ expiresAt: N(startSeconds + 40) });
    });

    test('release() says released and leaves the next holder alone', async () => {
      const lock = await held(open({}, [{ kind: 'pass' }, ...lost]).locks.tryAcquire(key, 30));
      expect(await lock.release()).toBe('released');
      const next = await held(open({ random: seededRandom(9) }).locks.tryAcquire(key, 30));
      expect(next.fence).toBe(lock.fence + 1);
    });

    test('forceRelease() says whose lock it freed', async () => {
      await held(open().locks.tryAcquire(key, 30));
      const { locks } = open({}, [{ kind: 'pass' }, ...lost]);
      expect(await locks.forceRelease(key)).toMatchObject({ holder: 'me' });
    });
  });

  test('tryAcquire() of which no answer comes at all gives the lock back', async () => {
    const lost: Fault[] = Array.from({ length: 4 }, () => ({ kind: 'drop-after' }));
    await expect(open({}, lost).locks.tryAcquire(key, 30)).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    await held(open({ random: seededRandom(9) }).locks.tryAcquire(key, 30));
  });

  test('the SDK’s repeats of a renewal end with the lease', async () => {
    // Nobody listens there: each attempt fails, and the SDK would go on for ever.
    const faults = new FaultHandler();
    const retryStrategy = immediateRetries(1_000_000);
    const dead = engineClient('http://127.0.0.1:1', { faults, retryStrategy });
    onTestFinished(() => dead.destroy());
    const [up, down] = [toTransport(engine.client()), toTransport(dead)];
    let isUp = true;
    const dynamo: DynamoTransport = {
      call: (...request) => (isUp ? up : down).call(...request),
    };
    const lock = await held(open({ dynamo }).locks.tryAcquire(key, 30));
    isUp = false;
    const renewal = lock.renew().catch((error: unknown) => error);
    await vi.waitUntil(() => faults.log.length > 2);
    await clock.advance(30_000);
    expect(await renewal).toMatchObject({ name: 'LockLostError', reason: 'unreachable' });
    await vi.waitUntil(() => faults.inFlight === 0);
    const sent = faults.log.length;
    await turns(50);
    expect(faults.log.length).toBe(sent);
    expect(clock.pendingSleeps).toBe(0);
  });

  test('a missing table is the SDK’s own error, after one request', async () => {
    const { locks, sent } = open({ tableName: 'no.such.table' });
    await expect(locks.tryAcquire(key, 30)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(sent.requests).toHaveLength(1);
  });

  test('20 clients under lost responses never hold a lock together', async () => {
    const sent: RecordedTransport[] = [];
    let fence = 0;
    let inside = 0;
    let most = 0;
    const work = Array.from({ length: 20 }, async (_, worker) => {
      // A response in five is lost, at other calls for each client.
      const faults = Array.from({ length: 500 }, (_, call): Fault => {
        return { kind: (call + worker) % 5 === 0 ? 'drop-after' : 'pass' };
      });
      const client = open({ random: seededRandom(1_000 + worker) }, faults);
      sent.push(client.sent);
      for (let round = 0; round < 3; round++) {
        const patient = { leaseMs: 30_000, waitMsMax: Infinity };
        await client.locks.withLock(key, patient, async (lock) => {
          inside += 1;
          most = Math.max(most, inside);
          expect(lock.fence).toBeGreaterThan(fence);
          fence = lock.fence;
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
        });
      }
    });
    const busy = (): boolean => sent.some(({ inFlight }) => inFlight > 0);
    await clock.drive(Promise.all(work), { busy });
    expect(most).toBe(1);
    expect(clock.now()).toBeLessThan(startMs + 30_000);
  });
});
