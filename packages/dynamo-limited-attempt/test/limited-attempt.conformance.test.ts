import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import type { Item } from '@x/dynamo-core';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { byName } from './algorithms.js';
import {
  calendarWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingLog,
  type AttemptLimit,
  type CompoundKey,
  type LimiterOptions,
  type ResetState,
} from '../src/index.js';

const startMs = Date.UTC(2030, 0, 1);

type Key = CompoundKey<string, ResetState>;

const crowds = [...byName, ['calendarWindow', calendarWindow('day')]] as const;

describeOnEngines('LimitedAttempt', (engine) => {
  let tableName: string;
  let clock: ManualClock;

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: startMs });
  });

  function open(options: LimiterOptions = {}): {
    limiter: LimitedAttempt;
    sent: RecordedTransport;
  } {
    const sent = recorded(engine.client(), { capacity: true });
    return { limiter: new LimitedAttempt({ dynamo: sent, tableName, clock }, options), sent };
  }

  function rowOf(key: Key): Promise<Item | undefined> {
    const { partition, namespace, sort } = key;
    return engine.row(tableName, {
      partitionKey: { S: partition },
      sortKey: { S: `${namespace}.${sort}` },
    });
  }

  test.each(crowds)('50 clients that record and give back, too: %s', async (_, algorithm) => {
    const [key, attemptsMax] = [freshKey(), 12];
    const window = algorithm.fields.includes('windowMs') ? { windowMs: 600_000 } : {};
    const limit = { attemptsMax, ...window, algorithm };
    const dynamo = recorded(engine.client());
    let [admitted, records, given, mostSeen] = [0, 0, 0, 0];
    const run = async (client: number): Promise<void> => {
      const limiter = new LimitedAttempt({ dynamo, tableName, clock });
      if (client % 16 === 0) {
        await limiter.record(key, limit);
        records += 1;
        return;
      }
      if (client % 16 === 1) {
        const { isAdmitted } = await limiter.attemptAll([{ key, limits: limit }]);
        if (isAdmitted) admitted += 1;
        return;
      }
      const attempt = await limiter.tryAttempt(key, limit);
      if (attempt === undefined) return;
      admitted += 1;
      // What the answer says is what the row said right after it.
      mostSeen = Math.max(mostSeen, attempt.attempts);
      const back = client % 3;
      if (back === 0 && (await attempt.refund())) given += 1;
      if (back === 1 && (await limiter.refund(key, limit))) given += 1;
    };
    const clients = Promise.all(Array.from({ length: 50 }, (_each, client) => run(client)));
    await clock.drive(clients, { busy: () => dynamo.inFlight > 0 });
    expect([records, admitted > attemptsMax - 4, given > 0]).toEqual([4, true, true]);
    expect(mostSeen).toBeLessThanOrEqual(attemptsMax);
    const { attempts } = await open().limiter.peek(key, limit);
    const forgotten = admitted + records - given - attempts;
    // A log keeps no more than its newest `attemptsMax` times.
    const isLog = algorithm === slidingLog;
    expect(isLog ? forgotten >= 0 && attempts <= attemptsMax : forgotten === 0).toBe(true);
    expect(admitted - given).toBeLessThanOrEqual(attemptsMax);
  });

  describe.each(byName)('with %s', (_, algorithm) => {
    test('50 clients at once: exactly the limit is admitted, also after it is over', async () => {
      const key = freshKey();
      const limit = { attemptsMax: 5, validityTime: 10_000, algorithm };
      for (let round = 0; round < 2; round++) {
        // Each knows only what it has seen itself; the connection is one, so that nobody waits for it.
        const dynamo = recorded(engine.client());
        const clients = Array.from(
          { length: 50 },
          () => new LimitedAttempt({ dynamo, tableName, clock }),
        );
        const attempts = Promise.all(clients.map((client) => client.tryAttempt(key, limit)));
        const answers = await clock.drive(attempts, { busy: () => dynamo.inFlight > 0 });
        expect(answers.filter(Boolean)).toHaveLength(5);
        await clock.advance(20_000);
      }
    });

    test('a limit of a million, or the largest, takes one request and one unit', async () => {
      const key = freshKey();
      const attemptsMax = algorithm === slidingLog ? 60 : 1_000_000;
      const limit = { attemptsMax, validityTime: 86_400_000, algorithm };
      const { limiter, sent } = open();
      await limiter.attempt(key, limit);
      sent.clear();
      expect(await limiter.attempt(key, limit)).toMatchObject({ remaining: attemptsMax - 2 });
      expect(sent.requests).toMatchObject([{ operation: 'UpdateItem', units: 1 }]);
    });

    test('attempt(), refund() and clear() take one request each', async () => {
      const key = freshKey();
      const limit = { attemptsMax: 2, validityTime: 60_000, algorithm };
      const { limiter, sent } = open();
      await limiter.attempt(key, limit);
      sent.clear();
      const second = await limiter.attempt(key, limit);
      expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
      expect(await second.refund()).toBe(true);
      await limiter.peek(key, limit);
      await second.clear();
      expect(sent.requests.map(({ operation }) => operation)).toEqual([
        'UpdateItem',
        'UpdateItem',
        'UpdateItem',
        'GetItem',
        'DeleteItem',
      ]);
      expect(sent.units).toEqual({ read: 1, write: 3 });
      expect(await rowOf(key)).toBeUndefined();
    });

    test('a window after another takes two requests where it was not seen', async () => {
      const key = freshKey();
      const limit = { attemptsMax: 5, validityTime: 60_000, algorithm };
      await open().limiter.attempt(key, limit);
      await clock.advance(180_000);
      const { limiter, sent } = open();
      expect(await limiter.attempt(key, limit)).toMatchObject({ remaining: 4 });
      expect(sent.requests).toHaveLength(2);
      expect(sent.units.write).toBe(1);
      await clock.advance(180_000);
      sent.clear();
      await limiter.attempt(key, limit);
      expect(sent.requests).toHaveLength(1);
    });

    test('as many limits as are allowed, at their largest, fit into one request', async () => {
      const key = freshKey();
      const attemptsMax = Math.min(1_000_000, algorithm.largestLimit);
      const limits = [1, 2, 3, 4].map((hours): AttemptLimit => ({
        attemptsMax,
        validityTime: hours * 3_600_000,
        algorithm,
        blockMs: 1_000,
      }));
      const { limiter } = open();
      await limiter.attempt(key, limits);
      for (const cost of [16, 1]) {
        const other = open();
        expect(
          await other.limiter.attempt(key, limits, { context: 'context', cost }),
        ).toBeDefined();
        expect(other.sent.requests).toHaveLength(1);
      }
      expect(await limiter.peek(key, limits)).toMatchObject({ attempts: 18 });
    });
  });

  test('attempt() sends one update that only holds within the limit', async () => {
    const key = freshKey();
    const { limiter, sent } = open();
    const limit = { attemptsMax: 3, validityTime: 3_600_000 };
    await limiter.attempt(key, limit, 'context');
    const [request] = sent.requests;
    expect(request).toMatchObject({
      operation: 'UpdateItem',
      input: { TableName: tableName, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
      units: 1,
    });
    const { ConditionExpression = '' } = (request?.input ?? {}) as { ConditionExpression?: string };
    expect(ConditionExpression.split(' AND NOT :id IN ')[0]).toBe(
      '(attribute_not_exists(windowStart) OR (windowStart > :floor AND attempts <= :room)) AND ' +
        'NOT blockedUntil > :at AND NOT expiresAt < :until AND ' +
        '(attribute_exists(began) OR attribute_not_exists(#pk)) AND attribute_not_exists(#count)',
    );
    const row = await rowOf(key);
    expect(row).toMatchObject({
      attempts: { N: '1' },
      windowStart: { N: String(startMs) },
      context: { S: 'context' },
      // Two days after its window, in whole seconds.
      expiresAt: { N: String(startMs / 1000 + 3_600 + 2 * 86_400) },
    });
    expect(row?.['began']).toEqual(row?.['r0']);
  });

  test('a refusal that begins a block takes a second request, later ones one', async () => {
    const key = freshKey();
    const { limiter, sent } = open();
    const limit = { attemptsMax: 1, validityTime: 1_000, blockMs: 60_000 };
    await limiter.attempt(key, limit);
    sent.clear();
    await expect(limiter.attempt(key, limit)).rejects.toMatchObject({
      retryAfterMs: 60_000,
      resetAtMs: startMs + 60_000,
    });
    expect(sent.requests).toHaveLength(2);
    await clock.advance(59_999);
    sent.clear();
    await expect(open().limiter.attempt(key, limit)).rejects.toMatchObject({ retryAfterMs: 1 });
    expect(await limiter.peek(key, limit)).toMatchObject({ isAdmitted: false, remaining: 0 });
    await clock.advance(1);
    expect(await limiter.tryAttempt(key, limit)).toBeDefined();
  });

  test('a context that does not fit is refused before anything is sent', async () => {
    const { limiter, sent } = open();
    const limit = { attemptsMax: 1, validityTime: 1_000 };
    await expect(limiter.attempt(freshKey(), limit, 'x'.repeat(409_600))).rejects.toMatchObject({
      name: 'ItemTooLargeError',
    });
    expect(sent.requests).toEqual([]);
    const attempt = await limiter.attempt(freshKey(), limit, 'x'.repeat(408_900));
    expect(attempt.context).toHaveLength(408_900);
  });

  test('a PartitionedKeyValueTable is taken with its names', async () => {
    const mappings = {
      partitionKeyFieldName: 'who',
      sortKeyFieldName: 'what',
      dataFieldName: 'json',
    };
    const named = await engine.createTable({
      name: 'named',
      partitionKey: { name: 'who', type: 'S' },
      sortKey: { name: 'what', type: 'S' },
    });
    const table = new PartitionedKeyValueTable({
      dynamo: engine.client(),
      tableName: named,
      mappings,
      clock,
    });
    const limiter = new LimitedAttempt(table);
    const key = freshKey();
    const created = { created: startMs, attempts: 2, data: 'kept' };
    await table.set(key, created);
    const limit = { attemptsMax: 3, validityTime: 1_000 };
    const attempt = await limiter.attempt(key, limit);
    expect(attempt).toMatchObject({ context: 'kept', attempts: 3 });
    expect(await limiter.tryAttempt(key, limit)).toBeUndefined();
    await attempt.clear();
    expect(await engine.rows(named)).toEqual([]);
  });

  test("a missing table is the SDK's error, not a refusal", async () => {
    const limiter = new LimitedAttempt({ dynamo: engine.client(), tableName: 'no-such-table' });
    const limit = { attemptsMax: 1, validityTime: 1_000 };
    const error = { name: 'ResourceNotFoundException' };
    await expect(limiter.attempt(freshKey(), limit)).rejects.toMatchObject(error);
    await expect(limiter.tryAttempt(freshKey(), limit)).rejects.toMatchObject(error);
    await expect(limiter.peek(freshKey(), limit)).rejects.toMatchObject(error);
  });
});

let keys = 0;

function freshKey(): Key {
  return { partition: 'login', namespace: 'attempts', sort: `user-${++keys}` };
}
