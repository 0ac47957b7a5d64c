import { InvalidInputError, N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryBench } from '../test/memory-bench.js';
import { CounterOutOfBoundsError } from './errors.js';

const safe = Number.MAX_SAFE_INTEGER;
let bench: MemoryBench;
beforeEach(() => {
  bench = new MemoryBench();
});

describe('the bounds of KeyValueCounter', () => {
  test('tryIncr() reaches both bounds and passes neither', async () => {
    const counter = bench.counter();
    expect(await counter.tryIncr('a', 3, { max: 3 })).toBe(3);
    expect(await counter.tryIncr('a', 1, { max: 3 })).toBeUndefined();
    expect(await counter.tryIncr('a', -3, { min: 0 })).toBe(0);
    expect(await counter.tryIncr('a', -1, { min: 0 })).toBeUndefined();
    expect(await counter.tryIncr('a', 2, { min: 1, max: 2 })).toBe(2);
    expect(bench.sent).toEqual(Array.from({ length: 5 }, () => 'UpdateItem'));
  });

  test('tryIncr() takes an absent counter for 0', async () => {
    const counter = bench.counter();
    expect(await counter.tryIncr('a', -1, { min: 0 })).toBeUndefined();
    expect(await counter.tryIncr('a', 5, { max: 4 })).toBeUndefined();
    expect(bench.row).toBeUndefined();
    expect(await counter.tryIncr('a', 4, { min: 4, max: 4 })).toBe(4);
  });

  test('tryIncr() throws where the numbers end and the bounds do not forbid it', async () => {
    const counter = bench.counter();
    await counter.set('a', safe);
    expect(await counter.tryIncr('a', 1, { max: safe })).toBeUndefined();
    await expect(counter.tryIncr('a', 1, { min: 0 })).rejects.toThrow(CounterOutOfBoundsError);
  });

  test('incr() with bounds throws, with the current count', async () => {
    const counter = bench.counter();
    await counter.incr('a', 9);
    const error = await counter
      .incr('a', 2, { min: 0, max: 10 })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CounterOutOfBounds', current: 9, by: 2, min: 0, max: 10 });
    expect(String(error)).toContain('Cannot add 2 to "a": it is at 9 and must stay from 0 to 10');
  });

  test('bounds that leave no room are refused', async () => {
    await expect(bench.counter().tryIncr('a', 1, { min: 2, max: 1 })).rejects.toThrow(
      InvalidInputError,
    );
    await expect(bench.counter().tryIncr('a', 1, { max: 1.5 })).rejects.toThrow(InvalidInputError);
    expect(bench.sent).toEqual([]);
  });
});

describe('the expiry of a KeyValueCounter', () => {
  test('counts from the first change, or from the latest', async () => {
    const counter = bench.counter({ ttlSeconds: 60 });
    await counter.incr('a');
    await bench.clock.advance(30_000);
    await counter.incr('a');
    expect(bench.row?.['expiresAt']).toEqual(N(bench.seconds + 30));
    await bench.counter({ ttlSeconds: 60, ttlFrom: 'latest' }).incr('a');
    expect(bench.row?.['expiresAt']).toEqual(N(bench.seconds + 60));
  });

  test('an expired counter is absent and starts over at once, with one request more', async () => {
    const counter = bench.counter({ ttlSeconds: 60 });
    await counter.incr('a', 7);
    await bench.clock.advance(60_000);
    expect(await counter.get(['a'])).toEqual([{ id: 'a' }]);
    bench.dynamo.clear();
    expect(await counter.incr('a', 2)).toBe(2);
    expect(bench.sent).toEqual(['UpdateItem', 'UpdateItem']);
    expect(bench.row?.['expiresAt']).toEqual(N(bench.seconds + 60));
    expect(await counter.incr('a')).toBe(3);
  });

  test('starting over does not bring an expired value back', async () => {
    await bench.put({ data: S('1'), version: S('v'), count: N(3), expiresAt: N(bench.seconds) });
    expect(await bench.counter().incr('a')).toBe(1);
    expect(bench.row).toEqual({
      key: S('n.a'),
      ns: S('n'),
      count: N(1),
      cur: { SS: [expect.any(String)] },
    });
  });

  test('bounds look at an expired counter as at 0', async () => {
    await bench.put({ count: N(9), expiresAt: N(bench.seconds) });
    expect(await bench.counter().tryIncr('a', -1, { min: 0 })).toBeUndefined();
    expect(await bench.counter().tryIncr('a', 1, { max: 1 })).toBe(1);
  });

  test('a repeat that arrives after the expiry is still known', async () => {
    const counter = bench.counter({ ttlSeconds: 60 });
    await counter.incr('a', 7, { token: 'm' });
    await bench.clock.advance(60_000);
    expect(await counter.incr('a', 7, { token: 'm' })).toBe(7);
    expect(bench.sent).toEqual(['UpdateItem', 'UpdateItem']);
  });

  test('without a TTL the expiry stays as it is', async () => {
    await bench.put({ data: S('1'), expiresAt: N(bench.seconds + 10) });
    await bench.counter().incr('a');
    expect(bench.row).toMatchObject({
      data: S('1'),
      count: N(1),
      expiresAt: N(bench.seconds + 10),
    });
  });
});
