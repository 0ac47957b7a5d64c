import { InvalidInputError, N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryCounters } from '../test/memory-counters.js';
import { CounterOutOfBoundsError } from './out-of-bounds-error.js';

const safe = Number.MAX_SAFE_INTEGER;
let bench: MemoryCounters;
beforeEach(() => {
  bench = new MemoryCounters();
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
    expect(bench.row).toMatchObject({ count: N(1), version: S('v') });
    expect(bench.row).not.toHaveProperty('data');
    expect(bench.row).not.toHaveProperty('expiresAt');
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
    await bench.put({ count: N(1), expiresAt: N(bench.seconds + 10) });
    await bench.counter().incr('a');
    expect(bench.row).toMatchObject({ count: N(2), expiresAt: N(bench.seconds + 10) });
  });
});

describe('a row that expires holds one thing', () => {
  const value = { data: S('1'), version: S('v') };
  const later = (): { expiresAt: { N: string } } => ({ expiresAt: N(bench.seconds + 60) });

  test.each<[string, () => object, string]>([
    ['a value that expires', () => ({ ...value, ...later() }), 'the row holds a value'],
    ['attempts', () => ({ r0: S('x'), ...later() }), 'the row holds the attempts of a limit'],
    ['a claim', () => ({ lease: N(1), ...later() }), 'the row holds a claim of do-once'],
    ['a token', () => ({ kind: S('token'), ...later() }), 'the row holds something else'],
  ])('nothing is counted in the row of %s', async (_, row, reason) => {
    await bench.put({ ...row() });
    const before = structuredClone(bench.row);
    for (const counter of [bench.counter(), bench.counter({ ttlSeconds: 9 })]) {
      await expect(counter.incr('a')).rejects.toThrow(reason);
      await expect(counter.set('a', 5)).rejects.toMatchObject({ code: 'KeyCollision' });
      await counter.delete('a');
      expect(bench.row).toEqual(before);
    }
  });

  test('a change with a TTL does not end a value, nor begin a count beside it', async () => {
    await bench.put(value);
    const counter = bench.counter({ ttlSeconds: 60 });
    await expect(counter.incr('a')).rejects.toThrow('the row holds a value');
    expect(bench.row).toEqual({ key: S('n.a'), ...value });
    expect(await bench.counter().incr('a')).toBe(1);
    await expect(counter.incr('a')).rejects.toThrow('the row holds a value');
    await expect(bench.counter().set('a', 1, { ttlSeconds: 5 })).rejects.toThrow('a value');
    expect(await bench.counter().incr('a')).toBe(2);
    expect(bench.row).not.toHaveProperty('expiresAt');
  });

  test.each<[string, object]>([
    ['a value', value],
    ['attempts', { r0: S('x'), attempts: N(4), windowStart: N(1), block: N(9) }],
    ['a claim', { lease: N(1), owner: S('o'), result: S('1') }],
    ['a value of another namespace', { ...value, ns: S('other') }],
    ['a count of another namespace', { count: N(9), c0: S('x'), ns: S('other') }],
    ['a window', { count: N(9), kind: S('window') }],
    ['the token of a counter', { kind: S('token'), change: S('x') }],
  ])('%s that has expired is absent, and only its ids stay', async (_, row) => {
    for (const ttlSeconds of [undefined, 60]) {
      await bench.put({ ...row, expiresAt: N(bench.seconds) });
      expect(await bench.counter().get(['a'])).toEqual([{ id: 'a' }]);
      expect(await bench.counter({ ttlSeconds }).incr('a', 3)).toBe(3);
      const ids = Object.keys(bench.row ?? {}).filter((name) => !/^(c\d+)$/.test(name));
      const stays = Object.keys(row).filter((name) => /^(version|r0)$/.test(name));
      const expected = [
        'key',
        'ns',
        'count',
        'whole',
        ...stays,
        ...(ttlSeconds ? ['expiresAt'] : []),
      ];
      expect(ids.toSorted()).toEqual(expected.toSorted());
      expect(bench.row?.['ns']).toEqual(S('n'));
    }
  });

  test('each try takes a new time', async () => {
    await bench.put({ count: N(9), expiresAt: N(bench.seconds) });
    let sent = 0;
    const counter = bench.counter({
      ttlSeconds: 1,
      dynamo: {
        call: async (operation, input, options) => {
          if (++sent === 2) await bench.clock.advance(5_000);
          return bench.dynamo.call(operation, input, options);
        },
      },
    });
    // The second try is built before the clock moves; the next change finds it expired.
    expect(await counter.incr('a')).toBe(1);
    expect(await counter.incr('a')).toBe(1);
    expect(bench.row?.['expiresAt']).toEqual(N(bench.seconds + 1));
  });
});

describe('what a delete takes', () => {
  test('never an empty row, whoever deletes the value at the same time', async () => {
    await bench.put({ data: S('1'), count: N(1), ns: S('n') });
    const counter = bench.counter({
      dynamo: {
        call: async (operation, input, options) => {
          // The value goes between the two requests.
          if (operation === 'UpdateItem') await bench.put({ count: N(1), ns: S('n') });
          return bench.dynamo.call(operation, input, options);
        },
      },
    });
    await counter.delete('a');
    expect(bench.sent).toEqual(['DeleteItem', 'UpdateItem', 'DeleteItem']);
    expect(bench.row).toBeUndefined();
  });

  test('the ids of the counter go with it, and those of a value stay', async () => {
    await bench.put({ data: S('1'), version: S('v'), v1: S('u') });
    const counter = bench.counter();
    await counter.incr('a');
    await counter.delete('a');
    expect(bench.row).toEqual({
      key: S('n.a'),
      ns: S('n'),
      data: S('1'),
      version: S('v'),
      v1: S('u'),
    });
  });

  test('sends one request where there is nothing', async () => {
    await bench.counter().delete('a');
    expect(bench.sent).toEqual(['DeleteItem']);
  });
});

describe('get() of one id', () => {
  test('answers the count or undefined, with one GetItem of the count alone', async () => {
    const counter = bench.counter();
    await counter.incr('a', 3);
    bench.dynamo.clear();
    expect([await counter.get('a'), await counter.get('b')]).toEqual([3, undefined]);
    expect(bench.sent).toEqual(['GetItem', 'GetItem']);
    expect(bench.dynamo.requests[0]?.input).toMatchObject({
      ProjectionExpression: '#count, #expiresAt, ns, kind',
    });
    expect(await counter.get(['a', 'b'])).toEqual([{ id: 'a', count: 3 }, { id: 'b' }]);
  });
});

describe('max() and min()', () => {
  test('set an absent count, and answer what it is then, with one request each', async () => {
    const counter = bench.counter();
    expect(await counter.max('a', -7)).toBe(-7);
    expect(await counter.max('a', 5)).toBe(5);
    expect(await counter.max('a', 4)).toBe(5);
    expect(await counter.min('a', 3)).toBe(3);
    expect(await counter.min('a', 4)).toBe(3);
    expect(await counter.min('b', 9)).toBe(9);
    expect(bench.sent).toEqual(Array.from({ length: 6 }, () => 'UpdateItem'));
  });

  test('take an expired count for absent', async () => {
    await bench.put({ count: N(9), expiresAt: N(bench.seconds) });
    expect(await bench.counter().max('a', 2)).toBe(2);
  });

  test('are remembered: a repeat does not undo what came after it', async () => {
    const counter = bench.counter();
    await counter.max('a', 5, { token: 't' });
    await counter.set('a', 1);
    expect(await counter.max('a', 5, { token: 't' })).toBe(1);
    await expect(counter.min('a', 5, { token: 't' })).rejects.toThrow('token');
  });
});

describe('compareAndSet()', () => {
  test('sets what is expected, undefined for absent, with one request', async () => {
    const counter = bench.counter();
    expect(await counter.compareAndSet('a', 0, 1)).toBe(false);
    expect(await counter.compareAndSet('a', undefined, 1)).toBe(true);
    expect(await counter.compareAndSet('a', undefined, 2)).toBe(false);
    expect(await counter.compareAndSet('a', 1, 5)).toBe(true);
    expect(await counter.compareAndSet('a', 1, 6)).toBe(false);
    expect(await counter.get('a')).toBe(5);
    // The first one finds no row, which it looks for once more.
    expect(bench.sent.slice(0, 2)).toEqual(['UpdateItem', 'GetItem']);
    expect(bench.sent.slice(2, 6)).toEqual(Array.from({ length: 4 }, () => 'UpdateItem'));
  });

  test('takes an expired count for absent', async () => {
    await bench.put({ count: N(9), expiresAt: N(bench.seconds) });
    expect(await bench.counter().compareAndSet('a', 9, 1)).toBe(false);
    expect(await bench.counter().compareAndSet('a', undefined, 1)).toBe(true);
  });

  test('of many callers at once one wins', async () => {
    const counter = bench.counter();
    const won = await Promise.all(
      [1, 2, 3, 4].map((n) => counter.compareAndSet('a', undefined, n)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
  });
});

describe('CounterOutOfBoundsError', () => {
  test('says when the count starts over: with its TTL, its window, or never', async () => {
    const caught = (call: Promise<unknown>): Promise<unknown> => call.catch((error) => error);
    const expiring = bench.counter({ ttlSeconds: 60 });
    await expiring.incr('a');
    const resetAtMs = (bench.seconds + 60) * 1000;
    expect(await caught(expiring.incr('a', 1, { max: 1 }))).toMatchObject({ resetAtMs });
    const windowed = bench.counter().windowed({ windowMs: 60_000 });
    const end = Math.floor(bench.clock.now() / 60_000) * 60_000 + 60_000;
    expect(await caught(windowed.incr('b', 2, { max: 1 }))).toMatchObject({ resetAtMs: end });
    const plain = await caught(bench.counter().incr('c', 2, { max: 1 }));
    expect(plain).toMatchObject({ code: 'CounterOutOfBounds', resetAtMs: undefined });
  });
});

describe('options', () => {
  test('that there are not are refused by name, and nothing is sent', async () => {
    const counter = bench.counter();
    const refused = { name: 'InvalidInputError' };
    for (const call of [
      () => counter.incr('a', 1, { tokn: 'x' } as never),
      () => counter.set('a', 1, { expiresAt: 5 } as never),
      () => counter.get('a', { consistnt: true } as never),
      () => counter.delete('a', { force: true } as never),
      () => counter.max('a', 1, { min: 1 } as never),
    ]) {
      await expect(call()).rejects.toMatchObject(refused);
    }
    expect(bench.sent).toEqual([]);
    expect(() => bench.counter({ tablename: 'x' } as never)).toThrow('tableName');
  });
});
