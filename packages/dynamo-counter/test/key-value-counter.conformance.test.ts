import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import { N, S, type Item } from '@x/dynamo-core';
import { itemBytes } from '@x/dynamo-core/mechanism';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { KeyValueCounter, keysTable, type CountMode } from '../src/index.js';
import type { KeyValueCounterOptions } from '../src/key-value-counter.js';

const startMs = Date.UTC(2030, 0, 1);

describeOnEngines('KeyValueCounter', (engine) => {
  let tableName: string;
  let clock: ManualClock;
  let namespace: string;
  let tests = 0;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: startMs });
    namespace = `n${++tests}`;
  });

  function open<M extends CountMode = 'number'>(
    options: KeyValueCounterOptions<M> = {},
  ): { counter: KeyValueCounter<M>; sent: RecordedTransport } {
    const sent = recorded(engine.client(), { capacity: true });
    const given = { dynamo: sent, tableName, clock, namespace, ...options };
    return { counter: new KeyValueCounter<M>(given), sent };
  }

  async function rowOf(id: string): Promise<Item | undefined> {
    return engine.row(tableName, { key: S(`${namespace}.${id}`) });
  }

  const operations = (sent: RecordedTransport): string[] =>
    sent.requests.map(({ operation }) => operation);

  test('incr() and decr() count', async () => {
    const { counter } = open();
    expect(await counter.incr('a')).toBe(1);
    expect(await counter.incr('a', 10)).toBe(11);
    expect(await counter.decr('a', 12)).toBe(-1);
    expect(await counter.incr('a', 0)).toBe(-1);
    expect(await counter.get(['a'], { consistent: true })).toEqual([{ id: 'a', count: -1 }]);
  });

  test('get() keeps order, duplicates and absent ids, over more than one batch', async () => {
    const { counter, sent } = open();
    const ids = Array.from({ length: 120 }, (_, n) => `id${n}`);
    await Promise.all(ids.filter((_, n) => n % 2 === 0).map((id, n) => counter.incr(id, n)));
    sent.clear();
    const asked = [...ids, 'id4', 'nowhere'].toReversed();
    const counts = await counter.get(asked, { consistent: true });
    expect(counts).toEqual(
      asked.map((id) => {
        const n = Number(id.slice(2));
        return n % 2 === 0 ? { id, count: n / 2 } : { id };
      }),
    );
    expect(operations(sent)).toEqual(['BatchGetItem', 'BatchGetItem']);
  });

  test('100 changes are 100 requests of one write unit each, also with a long key', async () => {
    const { counter, sent } = open();
    for (const id of ['a', 'k'.repeat(170), 'k'.repeat(600)]) {
      sent.clear();
      for (let n = 0; n < 100; n++) await counter.incr(id);
      expect(itemBytes((await rowOf(id)) ?? {})).toBeLessThanOrEqual(id.length + 300);
      expect(sent.requests).toHaveLength(100);
      expect(sent.requests.map(({ units }) => units)).toEqual(sent.requests.map(() => 1));
    }
  });

  test('200 changes at once are 200 requests', async () => {
    const { counter, sent } = open();
    const counts = await Promise.all(Array.from({ length: 200 }, () => counter.incr('a')));
    expect(new Set(counts).size).toBe(200);
    expect(Math.max(...counts)).toBe(200);
    expect(sent.requests).toHaveLength(200);
  });

  test('shards are rows of one write unit a change, which one request sums', async () => {
    const sent = recorded(engine.client(), { capacity: true });
    const counter = new KeyValueCounter({ dynamo: sent, tableName, clock, namespace, shards: 3 });
    for (let n = 0; n < 12; n++) await counter.incr('a', 2);
    expect(sent.requests.map(({ operation, units }) => [operation, units])).toEqual(
      Array.from({ length: 12 }, () => ['UpdateItem', 1]),
    );
    await counter.incr('a', 1, { token: 'm' });
    await counter.incr('a', 1, { token: 'm' });
    sent.clear();
    expect(await counter.get('a', { consistent: true })).toBe(25);
    expect(operations(sent)).toEqual(['BatchGetItem']);
    await counter.delete('a');
    expect(await counter.get('a', { consistent: true })).toBeUndefined();
  });

  test('changes that are coalesced are one request, and each gets its count', async () => {
    const { counter, sent } = open({ coalesce: true });
    const calls = Array.from({ length: 9 }, (_, n) => counter.incr('a', n));
    expect(await Promise.all(calls)).toEqual([0, 1, 3, 6, 10, 15, 21, 28, 36]);
    expect(operations(sent)).toEqual(['UpdateItem']);
  });

  test('max(), min() and compareAndSet() are one request, and set what is absent', async () => {
    const { counter, sent } = open();
    expect([await counter.max('a', 5), await counter.max('a', 3)]).toEqual([5, 5]);
    expect([await counter.min('b', 5), await counter.min('b', 3)]).toEqual([5, 3]);
    expect(await counter.compareAndSet('c', undefined, 1)).toBe(true);
    expect(await counter.compareAndSet('c', undefined, 2)).toBe(false);
    expect(await counter.compareAndSet('c', 1, 2)).toBe(true);
    expect(operations(sent)).toEqual(Array.from({ length: 7 }, () => 'UpdateItem'));
  });

  test('changes of a window that has passed go to that window, and say when it ended', async () => {
    const windowed = open().counter.windowed({ windowMs: 60_000 });
    const at = startMs + 1_000;
    await windowed.incr('a', 2, { at, token: 'm' });
    await clock.advance(60_000);
    expect(await windowed.incr('a', 2, { at, token: 'm' })).toBe(2);
    expect(await windowed.decr('a', 1, { at })).toBe(1);
    const refused = windowed.incr('a', 9, { at, max: 5 });
    await expect(refused).rejects.toMatchObject({ resetAtMs: startMs + 60_000 });
    expect(await windowed.get('a', { consistent: true })).toBeUndefined();
  });

  describe('what a row remembers', () => {
    test('a repeat counts once while fewer than 16 others come between', async () => {
      const { counter } = open();
      await counter.incr('a', 1, { token: 'm' });
      for (let n = 0; n < 15; n++) await counter.incr('a');
      expect(await counter.incr('a', 1, { token: 'm' })).toBe(16);
      await counter.incr('a');
      expect(await counter.incr('a', 1, { token: 'm' })).toBe(18);
    });

    test('a token stands for one change, with and without a row of its own', async () => {
      const { counter } = open();
      const kept = { token: 'm', tokenTtlSeconds: 60 };
      for (const [id, first, second] of [
        ['a', { token: 'm' }, kept],
        ['b', kept, { token: 'm' }],
      ] as const) {
        const reused = { code: 'TokenReused', key: id };
        expect(await counter.incr(id, 5, first)).toBe(5);
        expect(await counter.incr(id, 5, second)).toBe(5);
        for (const options of [first, second]) {
          await expect(counter.incr(id, 50, options)).rejects.toMatchObject(reused);
          await expect(counter.decr(id, 5, options)).rejects.toMatchObject(reused);
        }
        await expect(counter.set(id, 1000, { token: 'm' })).rejects.toMatchObject(reused);
        expect(await counter.get([id], { consistent: true })).toEqual([{ id, count: 5 }]);
      }
    });

    test('a token with a row of its own counts once whatever comes between', async () => {
      const { counter, sent } = open();
      const options = { token: 'm', tokenTtlSeconds: 3_600 };
      expect(await counter.incr('a', 5, options)).toBe(5);
      expect(operations(sent)).toEqual(['TransactWriteItems', 'GetItem']);
      // DynamoDB Local bills a transaction like plain writes; AWS and dynoxide bill it twice.
      expect(sent.units).toEqual({ read: 1, write: engine.name === 'dynamodb-local' ? 2 : 4 });
      for (let n = 0; n < 20; n++) await counter.incr('a');
      expect(await counter.incr('a', 5, options)).toBe(25);
      expect(await counter.tryIncr('a', 5, { ...options, max: 25 })).toBe(25);
      expect(await counter.tryIncr('a', 5, { ...options, token: 'm2', max: 25 })).toBeUndefined();
      await clock.advance(3_600_000);
      expect(await counter.incr('a', 5, options)).toBe(30);
    });

    test('a set is not repeated over what was counted since', async () => {
      const { counter } = open();
      await counter.set('a', 10, { token: 't' });
      await counter.incr('a');
      await counter.set('a', 10, { token: 't' });
      expect(await counter.incr('a', 0)).toBe(11);
    });
  });

  describe('bounds', () => {
    test('tryIncr() reaches them and does not pass them, with one request and unit', async () => {
      const { counter, sent } = open();
      expect(await counter.tryIncr('a', 1, { min: 0, max: 2 })).toBe(1);
      expect(await counter.tryIncr('a', 2, { min: 0, max: 2 })).toBeUndefined();
      expect(await counter.tryIncr('a', 1, { min: 0, max: 2 })).toBe(2);
      expect(await counter.tryIncr('a', -3, { min: 0, max: 2 })).toBeUndefined();
      expect(operations(sent)).toEqual(Array.from({ length: 4 }, () => 'UpdateItem'));
      await expect(counter.incr('a', 5, { max: 6 })).rejects.toMatchObject({
        code: 'CounterOutOfBounds',
        current: 2,
        by: 5,
        max: 6,
      });
    });

    test('50 parallel callers never pass a bound', async () => {
      const { counter } = open();
      const tries = Array.from({ length: 50 }, () => counter.tryIncr('a', 1, { max: 7 }));
      const counts = (await Promise.all(tries)).filter((count) => count !== undefined);
      expect(counts.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    });

    test('numbers end at 2^53 - 1, bigints at 38 digits', async () => {
      const { counter } = open();
      const safe = Number.MAX_SAFE_INTEGER;
      expect(await counter.incr('a', safe)).toBe(safe);
      await expect(counter.incr('a')).rejects.toMatchObject({ current: safe, max: safe });
      const { counter: big } = open({ mode: 'bigint' });
      expect(await big.incr('a', 3n)).toBe(2n ** 53n + 2n);
      await expect(counter.get(['a'])).rejects.toMatchObject({ code: 'UnsafeCount' });
      const max = 10n ** 38n - 1n;
      await big.set('a', max - 1n);
      expect(await big.incr('a')).toBe(max);
      await expect(big.incr('a')).rejects.toMatchObject({ current: max });
      expect(await big.tryIncr('a', -max, { min: max })).toBeUndefined();
      expect(await big.decr('a', max)).toBe(0n);
      expect(await big.decr('a', max)).toBe(-max);
      expect(await big.incr('a', 10n ** 37n)).toBe(10n ** 37n - max);
      await big.set('a', 10n ** 37n);
      expect(await big.get(['a'], { consistent: true })).toEqual([{ id: 'a', count: 10n ** 37n }]);
    });
  });

  describe('expiry', () => {
    test('an expired counter is absent and starts over with one request more', async () => {
      const { counter, sent } = open({ ttlSeconds: 60 });
      await counter.incr('a', 9);
      await clock.advance(59_000);
      expect(await counter.incr('a')).toBe(10);
      await clock.advance(1_000);
      expect(await counter.get(['a'], { consistent: true })).toEqual([{ id: 'a' }]);
      sent.clear();
      expect(await counter.incr('a', 2)).toBe(2);
      expect(operations(sent)).toEqual(['UpdateItem', 'UpdateItem']);
      expect((await rowOf('a'))?.['expiresAt']).toEqual(N(startMs / 1000 + 120));
    });

    test('20 parallel callers start over once', async () => {
      const { counter } = open();
      await engine.putRow(tableName, {
        key: S(`${namespace}.a`),
        count: N(5),
        expiresAt: N(startMs / 1000),
      });
      const counts = await Promise.all(Array.from({ length: 20 }, () => counter.incr('a')));
      expect(counts.toSorted((a, b) => a - b)).toEqual(counts.map((_, n) => n + 1));
    });

    test('a window is a row of its own, of its own length', async () => {
      const { counter } = open();
      const windowed = counter.windowed({ windowMs: 60_000 });
      const hours = counter.windowed({ windowMs: 3_600_000 });
      expect(await windowed.incr('a')).toBe(1);
      expect(await hours.incr('a', 5)).toBe(5);
      await clock.advance(120_000);
      expect(await windowed.tryIncr('a', 1, { max: 1 })).toBe(1);
      expect(await hours.incr('a')).toBe(6);
      const at = startMs + 60_000;
      expect(await windowed.get(['a'], { at, consistent: true })).toEqual([{ id: 'a' }]);
      const id = `a@60000/${startMs + 120_000}`;
      await expect(counter.incr(id)).rejects.toMatchObject({ code: 'KeyCollision' });
      await expect(counter.get([id])).rejects.toMatchObject({ code: 'KeyCollision' });
    });

    test('what has expired is absent, of any kind and namespace', async () => {
      const { counter } = open();
      const over = { key: S(`${namespace}.a`), expiresAt: N(startMs / 1000) };
      for (const row of [
        { data: S('1'), version: S('v'), ns: S('other') },
        { r0: S('x'), attempts: N(4) },
        { count: N(9), kind: S('window'), c0: S('x') },
      ]) {
        await engine.putRow(tableName, { ...over, ...row });
        expect(await counter.incr('a', 2)).toBe(2);
        const { data, attempts, kind, expiresAt, ...rest } = (await rowOf('a')) ?? {};
        expect([data, attempts, kind, expiresAt]).toEqual([
          undefined,
          undefined,
          undefined,
          undefined,
        ]);
        expect(rest).toMatchObject({ ns: S(namespace), count: N(2) });
      }
    });
  });

  describe('a value of the same key', () => {
    test('that expires shares its row with no count', async () => {
      const { counter } = open();
      const value = { key: S(`${namespace}.a`), data: S('1'), expiresAt: N(startMs / 1000 + 60) };
      await engine.putRow(tableName, value);
      await expect(counter.incr('a')).rejects.toMatchObject({ code: 'KeyCollision' });
      await expect(counter.set('a', 1)).rejects.toMatchObject({ code: 'KeyCollision' });
      expect(await rowOf('a')).toEqual(value);
    });

    test('is not ended by a change with a TTL', async () => {
      const value = { key: S(`${namespace}.a`), data: S('1') };
      await engine.putRow(tableName, value);
      const { counter } = open({ ttlSeconds: 60 });
      await expect(counter.incr('a')).rejects.toMatchObject({ code: 'KeyCollision' });
      expect(await rowOf('a')).toEqual(value);
      expect(await open().counter.incr('a')).toBe(1);
    });
  });

  test('fractions of the original are read and counted on', async () => {
    await engine.putRow(tableName, { key: S(`${namespace}.a`), count: N(1.5) });
    const { counter } = open();
    expect(await counter.incr('a')).toBe(2.5);
    expect(await counter.tryIncr('a', 1, { max: 3 })).toBeUndefined();
    expect(await counter.get(['a'], { consistent: true })).toEqual([{ id: 'a', count: 2.5 }]);
  });

  test('a bigint counter refuses fractions before it adds to them', async () => {
    await engine.putRow(tableName, { key: S(`${namespace}.a`), count: N(1.5) });
    const { counter } = open({ mode: 'bigint' });
    await expect(counter.incr('a')).rejects.toMatchObject({ code: 'UnreadableRow' });
    expect((await rowOf('a'))?.['count']).toEqual(N(1.5));
    await open().counter.set('a', 3);
    expect(await counter.incr('a')).toBe(4n);
    expect(await counter.incr('a', 10n ** 30n)).toBe(10n ** 30n + 4n);
  });

  test('a window is kept as the one asks who keeps it the longest', async () => {
    const { counter } = open();
    const at = clock.now();
    await counter.windowed({ windowMs: 60_000 }).incr('a', 1, { at });
    const long = counter.windowed({ windowMs: 60_000, windowsKept: 9 });
    expect(await long.incr('a', 1, { at })).toBe(2);
    expect(await counter.windowed({ windowMs: 60_000 }).incr('a', 1, { at })).toBe(3);
    const beginMs = Math.floor(at / 60_000) * 60_000;
    const row = await rowOf(`a@60000/${beginMs}`);
    expect(row?.['expiresAt']).toEqual(N(beginMs / 1000 + 600));
  });

  test('exactlyOnce: false leaves no ids', async () => {
    const { counter, sent } = open({ exactlyOnce: false });
    expect(await counter.incr('a')).toBe(1);
    const row = { key: S(`${namespace}.a`), ns: S(namespace), count: N(1), whole: N(1) };
    expect(await rowOf('a')).toEqual(row);
    expect(operations(sent)).toEqual(['UpdateItem']);
  });

  test('delete() takes the counter and leaves a value', async () => {
    const { counter, sent } = open();
    await counter.incr('a');
    sent.clear();
    await counter.delete('a');
    await counter.delete('a');
    expect(await rowOf('a')).toBeUndefined();
    expect(operations(sent)).toEqual(['DeleteItem', 'DeleteItem']);
    expect(sent.units.write).toBe(2);
    const value = { key: S(`${namespace}.a`), data: S('{}'), version: S('v'), ns: S(namespace) };
    await engine.putRow(tableName, value);
    await counter.incr('a');
    sent.clear();
    await counter.delete('a');
    expect(await rowOf('a')).toEqual(value);
    expect(operations(sent)).toEqual(['DeleteItem', 'UpdateItem']);
  });

  test('a document client is taken as it is', async () => {
    const { counter } = open({ dynamo: DynamoDBDocumentClient.from(engine.client()) });
    expect(await counter.incr('a', 2, { token: 'm' })).toBe(2);
    expect(await counter.incr('a', 2, { token: 'm' })).toBe(2);
  });

  test("a missing table is the SDK's error", async () => {
    const { counter } = open({ tableName: 'no-such-table' });
    for (const run of [() => counter.incr('a'), () => counter.get(['a'])]) {
      await expect(run()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });
});
