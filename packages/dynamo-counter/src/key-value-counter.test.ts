import { InvalidInputError, N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryCounters } from '../test/memory-counters.js';
import { UnsafeCountError } from './errors.js';
import { CounterOutOfBoundsError } from './out-of-bounds-error.js';

const safe = Number.MAX_SAFE_INTEGER;
let bench: MemoryCounters;
beforeEach(() => {
  bench = new MemoryCounters();
});

describe('KeyValueCounter', () => {
  test.each<[string, object]>([
    ['namespace', { namespace: 7 }],
    ['mode', { mode: 'float' }],
    ['ttlSeconds', { ttlSeconds: 0 }],
    ['ttlFrom', { ttlFrom: 'never' }],
  ])('the constructor refuses a bad %s: %j', (_field, options) => {
    expect(() => bench.counter(options)).toThrow(InvalidInputError);
  });

  test('incr() counts from 0 and answers with the new count', async () => {
    const counter = bench.counter();
    expect(await counter.incr('a')).toBe(1);
    expect(await counter.incr('a', 41)).toBe(42);
    expect(await counter.incr('a', -2)).toBe(40);
    expect(await counter.incr('a', 0)).toBe(40);
    expect(bench.sent).toEqual(Array.from({ length: 4 }, () => 'UpdateItem'));
  });

  test('incr() with 0 makes a counter', async () => {
    expect(await bench.counter().incr('a', 0)).toBe(0);
    expect(bench.row?.['count']).toEqual(N(0));
  });

  test('decr() takes away', async () => {
    const counter = bench.counter();
    expect(await counter.decr('a')).toBe(-1);
    expect(await counter.decr('a', 5)).toBe(-6);
    expect(Object.is(await counter.decr('a', -6), 0)).toBe(true);
  });

  test.each([0.5, Number.NaN, Infinity, 2 ** 53, 1n, '1'])('incr() refuses by %s', async (by) => {
    await expect(bench.counter().incr('a', by as number)).rejects.toThrow(InvalidInputError);
    expect(bench.sent).toEqual([]);
  });

  test.each(['', 'x'.repeat(2049)])('incr() refuses a bad id', async (id) => {
    await expect(bench.counter().incr(id)).rejects.toThrow(InvalidInputError);
    expect(bench.sent).toEqual([]);
  });

  test('incr() stops at 2^53 - 1 instead of rounding', async () => {
    const counter = bench.counter();
    await counter.incr('a', safe);
    const error = await counter.incr('a').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CounterOutOfBoundsError);
    expect(error).toMatchObject({ key: 'a', current: safe, by: 1, min: -safe, max: safe });
    expect(await counter.decr('a')).toBe(safe - 1);
  });

  test('a bigint counter goes on past 2^53, which a number counter refuses to read', async () => {
    await bench.counter().incr('a', safe);
    const big = bench.counter({ mode: 'bigint' });
    expect(await big.incr('a', 4n)).toBe(2n ** 53n + 3n);
    await expect(bench.counter().get(['a'])).rejects.toMatchObject({ count: 2n ** 53n + 3n });
    await expect(bench.counter().incr('a')).rejects.toThrow(UnsafeCountError);
    expect(await big.get(['a'])).toEqual([{ id: 'a', count: 2n ** 53n + 3n }]);
  });

  test('a bigint counter is exact to 38 digits and stops there', async () => {
    const big = bench.counter({ mode: 'bigint' });
    const max = 10n ** 38n - 1n;
    expect(await big.incr('a', max - 1n)).toBe(max - 1n);
    expect(await big.incr('a')).toBe(max);
    await expect(big.incr('a')).rejects.toThrow(CounterOutOfBoundsError);
    expect(await big.decr('a', max)).toBe(0n);
    expect(await big.decr('a', max)).toBe(-max);
    await expect(big.decr('a', max)).rejects.toThrow(CounterOutOfBoundsError);
    await expect(big.incr('a', 1 as unknown as bigint)).rejects.toThrow(InvalidInputError);
  });

  test('tryIncr() refuses bounds that no count of 38 digits reaches', async () => {
    const big = bench.counter({ mode: 'bigint' });
    const max = 10n ** 38n - 1n;
    await big.set('a', max);
    expect(await big.tryIncr('a', -max, { min: max })).toBeUndefined();
    expect(await big.tryIncr('a', max, { max: -max })).toBeUndefined();
    expect(await big.get(['a'])).toEqual([{ id: 'a', count: max }]);
  });

  test('exactlyOnce: false adds without remembering, and takes no token', async () => {
    const counter = bench.counter({ exactlyOnce: false });
    expect(await counter.incr('a', 2)).toBe(2);
    expect(bench.row).toEqual({ key: S('n.a'), ns: S('n'), count: N(2), whole: N(2) });
    expect(bench.dynamo.requests[0]?.input).toMatchObject({
      UpdateExpression: 'SET ns = :ns ADD #count :amount, whole :amount',
    });
    await expect(counter.incr('a', 1, { token: 't' })).rejects.toThrow(InvalidInputError);
  });

  test('a fraction, which the original allows, is read and counted on', async () => {
    await bench.put({ count: { N: '1.5' } });
    const counter = bench.counter();
    expect(await counter.get(['a'])).toEqual([{ id: 'a', count: 1.5 }]);
    expect(await counter.incr('a')).toBe(2.5);
    expect(await counter.tryIncr('a', 1, { max: 3 })).toBeUndefined();
    await expect(counter.incr('a', 1, { max: 3 })).rejects.toMatchObject({ current: 2.5, max: 3 });
    expect(await counter.tryIncr('a', 1, { max: 4 })).toBe(3.5);
    expect(bench.row?.['count']).toEqual({ N: '3.5' });
    await expect(bench.counter({ mode: 'bigint' }).get(['a'])).rejects.toMatchObject({
      code: 'UnreadableRow',
      key: 'a',
      message: expect.stringContaining('mode "number"'),
    });
  });

  test('a bigint counter refuses a fraction before it adds to it', async () => {
    const counter = bench.counter({ mode: 'bigint' });
    const refused = { code: 'UnreadableRow', key: 'a' };
    await bench.put({ count: { N: '1.5' } });
    await expect(counter.incr('a')).rejects.toMatchObject(refused);
    await expect(counter.decr('a', 1n)).rejects.toMatchObject(refused);
    await expect(counter.tryIncr('a', 1n, { max: 9n })).rejects.toMatchObject(refused);
    const token = { token: 'm', tokenTtlSeconds: 60 };
    await expect(counter.incr('a', 1n, token)).rejects.toMatchObject(refused);
    await expect(
      bench.counter({ mode: 'bigint', exactlyOnce: false }).incr('a'),
    ).rejects.toMatchObject(refused);
    expect(bench.row?.['count']).toEqual({ N: '1.5' });

    await counter.set('a', 2n);
    bench.dynamo.clear();
    expect(await counter.incr('a')).toBe(3n);
    expect(bench.sent).toEqual(['UpdateItem']);
    // Another counter of ours, and the original, which may add a fraction at any time.
    expect(await bench.counter().incr('a')).toBe(4);
    expect(await counter.incr('a', 1n, token)).toBe(5n);
    expect(await counter.decr('a')).toBe(4n);
    await bench.dynamo.call('UpdateItem', {
      TableName: 'keys',
      Key: { key: S('n.a') },
      UpdateExpression: 'ADD #count :half',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':half': { N: '0.5' } },
    });
    await expect(counter.incr('a')).rejects.toMatchObject(refused);
    expect(bench.row?.['count']).toEqual({ N: '4.5' });
  });

  test('counters of numbers and of bigints go on with each other, in one request each', async () => {
    const [numbers, bigints] = [bench.counter(), bench.counter({ mode: 'bigint' })];
    for (let count = 1; count < 6; count += 2) {
      expect([await numbers.incr('a'), await bigints.incr('a')]).toEqual([
        count,
        BigInt(count + 1),
      ]);
    }
    await numbers.set('a', 10);
    expect(await bigints.decr('a')).toBe(9n);
    expect(bench.sent).toEqual(Array.from({ length: 8 }, () => 'UpdateItem'));
  });

  test('get() answers for the ids that it was called with', async () => {
    const counter = bench.counter();
    await counter.incr('alice', 3);
    const ids = ['alice'];
    const counts = counter.get(ids);
    ids[0] = 'bob';
    expect(await counts).toEqual([{ id: 'alice', count: 3 }]);
  });

  test('namespaces whose keys meet are kept apart', async () => {
    const outer = bench.counter({ namespace: 'a' });
    const inner = bench.counter({ namespace: 'a.b' });
    await inner.incr('c', 7);
    const collision = { code: 'KeyCollision', key: 'b.c' };
    await expect(outer.incr('b.c')).rejects.toMatchObject(collision);
    await expect(outer.set('b.c', 1)).rejects.toMatchObject(collision);
    expect(await outer.get(['b.c'])).toEqual([{ id: 'b.c' }]);
    await outer.delete('b.c');
    expect(await inner.get(['c'])).toEqual([{ id: 'c', count: 7 }]);
  });

  test('incr() passes through the error of a missing table', async () => {
    await expect(bench.counter({ tableName: 'nowhere' }).incr('a')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('set(), get() and delete() of KeyValueCounter', () => {
  test('set() sets, and incr() goes on from there', async () => {
    const counter = bench.counter();
    await counter.set('a', 100);
    await counter.set('a', 1_000, { token: 't' });
    expect(await counter.incr('a')).toBe(1_001);
    await counter.set('a', 1_000, { token: 't' });
    expect(await counter.get(['a'])).toEqual([{ id: 'a', count: 1_001 }]);
    await expect(counter.set('a', 0.5)).rejects.toThrow(InvalidInputError);
  });

  test('set() sets an expiry and replaces an expired counter', async () => {
    const counter = bench.counter();
    await counter.set('a', 5, { ttlSeconds: 10 });
    expect(bench.row?.['expiresAt']).toEqual(N(bench.seconds + 10));
    await bench.clock.advance(10_000);
    await counter.set('a', 6);
    expect(await counter.get(['a'])).toEqual([{ id: 'a', count: 6 }]);
  });

  test('get() answers for each id, in order, with duplicates and absent ones', async () => {
    const counter = bench.counter();
    await counter.incr('a', 3);
    await counter.incr('b', 0);
    await bench.put({ key: S('n.v'), data: S('1') });
    bench.dynamo.clear();
    expect(await counter.get(['x', 'b', 'a', 'v', 'a'])).toEqual([
      { id: 'x' },
      { id: 'b', count: 0 },
      { id: 'a', count: 3 },
      { id: 'v' },
      { id: 'a', count: 3 },
    ]);
    expect(bench.sent).toEqual(['BatchGetItem']);
    bench.dynamo.clear();
    expect(await counter.get([])).toEqual([]);
    expect(bench.sent).toEqual([]);
  });

  test('delete() removes the row, or only the counter beside a value', async () => {
    const counter = bench.counter();
    await counter.incr('a', 3);
    bench.dynamo.clear();
    await counter.delete('a');
    expect(bench.row).toBeUndefined();
    expect(bench.sent).toEqual(['DeleteItem']);

    await bench.put({ data: S('1'), version: S('v'), ns: S('n') });
    await counter.incr('a', 3);
    bench.dynamo.clear();
    await counter.delete('a');
    expect(bench.row).toEqual({ key: S('n.a'), data: S('1'), version: S('v'), ns: S('n') });
    expect(bench.sent).toEqual(['DeleteItem', 'UpdateItem']);
    await counter.delete('a');
    expect(bench.row?.['data']).toEqual(S('1'));
  });
});
