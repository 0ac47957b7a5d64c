import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describeOnEngines, recorded, type RecordedTransport } from '@x/conformance';
import { itemBytes, N, S, type Item } from '@x/dynamo-core';
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

  test('a change costs one request and one write unit, also with full sets and a long key', async () => {
    const { counter, sent } = open();
    for (const id of ['a', 'k'.repeat(170), 'k'.repeat(700)]) {
      sent.clear();
      let bytesMax = 0;
      for (let n = 0; n < 90; n++) {
        await counter.incr(id);
        bytesMax = Math.max(bytesMax, itemBytes((await rowOf(id)) ?? {}));
      }
      expect(bytesMax).toBeGreaterThan(500);
      expect(bytesMax).toBeLessThanOrEqual(1024);
      expect(sent.requests.length).toBeLessThanOrEqual(99);
      expect(sent.requests.map(({ units }) => units)).toEqual(sent.requests.map(() => 1));
    }
  });

  test('200 changes at once take at most 1.1 requests each', async () => {
    const { counter, sent } = open();
    const counts = await Promise.all(Array.from({ length: 200 }, () => counter.incr('a')));
    expect(new Set(counts).size).toBe(200);
    expect(Math.max(...counts)).toBe(200);
    expect(sent.requests.length).toBeLessThanOrEqual(220);
    expect((await rowOf('a'))?.['cur']?.SS?.length ?? 0).toBeLessThan(33);
  });

  describe('what a row remembers', () => {
    test.each([1, 3, 32])('with %d, a repeat counts once up to the edge', async (remembered) => {
      const { counter } = open({ changesRemembered: remembered });
      for (let n = 0; n < remembered; n++) await counter.incr('a');
      const before = await counter.incr('a', 1, { token: 'm' });
      for (let n = 0; n < remembered; n++) await counter.incr('a');
      expect(await counter.incr('a', 1, { token: 'm' })).toBe(before + remembered);
      await counter.incr('a');
      expect(await counter.incr('a', 1, { token: 'm' })).toBe(before + remembered + 2);
    });

    test('a token with a row of its own counts once whatever comes between', async () => {
      const { counter, sent } = open({ changesRemembered: 1 });
      const options = { token: 'm', tokenTtlSeconds: 3_600 };
      expect(await counter.incr('a', 5, options)).toBe(5);
      expect(operations(sent)).toEqual(['TransactWriteItems', 'GetItem']);
      // DynamoDB Local bills a transaction like plain writes; AWS and dynoxide bill it twice.
      expect(sent.units).toEqual({ read: 1, write: engine.name === 'dynamodb-local' ? 2 : 4 });
      for (let n = 0; n < 10; n++) await counter.incr('a');
      expect(await counter.incr('a', 5, options)).toBe(15);
      expect(await counter.tryIncr('a', 5, { ...options, max: 15 })).toBe(15);
      expect(await counter.tryIncr('a', 5, { ...options, token: 'm2', max: 15 })).toBeUndefined();
      await clock.advance(3_600_000);
      expect(await counter.incr('a', 5, options)).toBe(20);
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

    test('a window is a row of its own', async () => {
      const windowed = open().counter.windowed({ windowMs: 60_000 });
      expect(await windowed.incr('a')).toBe(1);
      await clock.advance(60_000);
      expect(await windowed.tryIncr('a', 1, { max: 1 })).toBe(1);
      expect(await windowed.get(['a'], { at: startMs, consistent: true })).toEqual([
        { id: 'a', count: 1 },
      ]);
    });
  });

  test('exactlyOnce: false leaves nothing but the count', async () => {
    const { counter, sent } = open({ exactlyOnce: false });
    expect(await counter.incr('a')).toBe(1);
    expect(await rowOf('a')).toEqual({ key: S(`${namespace}.a`), ns: S(namespace), count: N(1) });
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
