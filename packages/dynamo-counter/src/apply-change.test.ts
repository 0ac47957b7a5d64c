import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { InvalidInputError, N, S, UnreadableRowError, type DynamoInput } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryCounters } from '../test/memory-counters.js';
import type { KeyValueCounter } from './key-value-counter.js';
import { markerName } from './marked-change.js';

let bench: MemoryCounters;
beforeEach(() => {
  bench = new MemoryCounters();
});

describe.each(['number', 'bigint'] as const)('100 callers at once with mode %s', (mode) => {
  test.each([
    ['no row', undefined],
    ['a row of the original', { count: N(0) }],
    ['a row that another has left', { count: N(0), whole: N(-1), c0: S('one') }],
    ['a row that has expired', { count: N(7), expiresAt: N(1) }],
  ])('all count in %s', async (_, row) => {
    if (row) await bench.put(row);
    const counter = bench.counter({ mode });
    const one = mode === 'number' ? 1 : 1n;
    await Promise.all(Array.from({ length: 100 }, () => counter.incr('a', one as never)));
    expect(Number(await counter.get('a'))).toBe(100);
    expect(bench.sent.length).toBeLessThanOrEqual(301);
  });
});

describe('what a KeyValueCounter remembers', () => {
  test('a token counts once', async () => {
    const counter = bench.counter();
    expect(await counter.incr('a', 1, { token: 'm1' })).toBe(1);
    expect(await counter.incr('a', 1, { token: 'm2' })).toBe(2);
    expect(await bench.counter().incr('a', 1, { token: 'm1' })).toBe(2);
    expect(await counter.incr('b', 1, { token: 'm1' })).toBe(1);
  });

  test('a token that was counted is not refused for bounds', async () => {
    const counter = bench.counter();
    expect(await counter.tryIncr('a', 1, { token: 'm1', max: 1 })).toBe(1);
    expect(await counter.tryIncr('a', 1, { token: 'm1', max: 1 })).toBe(1);
    expect(await counter.tryIncr('a', 1, { token: 'm2', max: 1 })).toBeUndefined();
  });

  test('a change is known while fewer than 16 others come between', async () => {
    const counter = bench.counter();
    await counter.incr('a', 1, { token: 'm' });
    for (let n = 0; n < 15; n++) await counter.incr('a');
    expect(await counter.incr('a', 1, { token: 'm' })).toBe(16);
    await counter.incr('a');
    expect(await counter.incr('a', 1, { token: 'm' })).toBe(18);
  });

  test('100 changes are exactly 100 requests with one expression, and remember 16 ids', async () => {
    for (const id of ['a', 'k'.repeat(1500)]) {
      bench.dynamo.clear();
      const counter = bench.counter();
      for (let n = 0; n < 100; n++) await counter.incr(id);
      expect(bench.sent).toEqual(Array.from({ length: 100 }, () => 'UpdateItem'));
      const texts = bench.dynamo.requests.map(({ input }) => {
        const { UpdateExpression, ConditionExpression } = input as DynamoInput<'UpdateItem'>;
        return `${UpdateExpression} IF ${ConditionExpression}`;
      });
      expect(new Set(texts).size).toBe(1);
    }
    const ids = Object.keys(bench.row ?? {}).filter((name) => /^c\d+$/.test(name));
    expect(ids).toHaveLength(16);
  });

  test('a late copy does not count in a counter that has started over since', async () => {
    for (const ttlSeconds of [undefined, 2]) {
      bench = new MemoryCounters();
      const copies: (() => Promise<unknown>)[] = [];
      await bench.put({ count: N(0), expiresAt: N(bench.seconds + 2) });
      const counter = bench.counter({
        ttlSeconds,
        dynamo: {
          call: (operation, input, given) => {
            copies.push(() => bench.dynamo.call(operation, input));
            return bench.dynamo.call(operation, input, given);
          },
        },
      });
      for (let n = 1; n <= 3; n++) expect(await counter.incr('a')).toBe(n);
      await bench.clock.advance(2_000);
      expect(await counter.incr('a', 10)).toBe(10);
      for (const copy of copies.splice(0)) {
        await expect(copy()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
      }
      expect(await counter.get(['a'], { consistent: true })).toEqual([{ id: 'a', count: 10 }]);
    }
  });

  test('a transaction on the row is waited for', async () => {
    let conflicts = 2;
    const counter = bench.counter({
      dynamo: {
        call: (operation, input, options) =>
          conflicts-- > 0
            ? Promise.reject(Object.assign(new Error(), { name: 'TransactionConflictException' }))
            : bench.dynamo.call(operation, input, options),
      },
    });
    expect(await bench.clock.drive(counter.incr('a'))).toBe(1);
    expect(bench.clock.monotonic()).toBeGreaterThan(0);
  });
});

describe('a token that is used again', () => {
  test.each<[string, (counter: KeyValueCounter) => Promise<unknown>]>([
    ['another amount', (counter) => counter.incr('a', 50, { token: 'm' })],
    ['the opposite', (counter) => counter.decr('a', 5, { token: 'm' })],
    ['a try of another amount', (counter) => counter.tryIncr('a', 6, { token: 'm', max: 5 })],
    ['a set with an expiry', (counter) => counter.set('a', 5, { token: 'm', ttlSeconds: 60 })],
    ['a set', (counter) => counter.set('a', 1000, { token: 'm' })],
    ['a set of the same number', (counter) => counter.set('a', 5, { token: 'm' })],
    ['a change with a row', (counter) => counter.incr('a', 50, { token: 'm', tokenTtlSeconds: 9 })],
  ])('for %s is an error, and nothing is written', async (_, again) => {
    for (const first of [{ token: 'm' }, { token: 'm', tokenTtlSeconds: 60 }]) {
      bench = new MemoryCounters();
      await bench.counter().incr('a', 5, first);
      const rows = structuredClone(bench.memory.rows('keys'));
      const reused = { code: 'TokenReused', key: 'a' };
      await expect(again(bench.counter())).rejects.toMatchObject(reused);
      expect(bench.memory.rows('keys')).toEqual(rows);
    }
  });

  test('for an increment after a set is an error', async () => {
    const counter = bench.counter();
    await counter.set('a', 5, { token: 'm' });
    const increment = counter.incr('a', 5, { token: 'm' });
    await expect(increment).rejects.toMatchObject({ code: 'TokenReused' });
    await counter.set('a', 5, { token: 'm' });
    expect(await counter.get(['a'])).toEqual([{ id: 'a', count: 5 }]);
  });

  test('is the same change in other words', async () => {
    await bench.counter().incr('a', -5, { token: 'm' });
    expect(await bench.counter().decr('a', 5, { token: 'm' })).toBe(-5);
    expect(await bench.counter({ mode: 'bigint' }).decr('a', 5n, { token: 'm' })).toBe(-5n);
  });

  test.each(['\ud83d', 'a\ude00b'])('is refused with half an emoji: %j', async (token) => {
    for (const options of [{ token }, { token, tokenTtlSeconds: 60 }]) {
      await expect(bench.counter().incr('a', 1, options)).rejects.toThrow(InvalidInputError);
    }
    expect(bench.sent).toEqual([]);
  });
});

describe('a token with a row of its own', () => {
  const options = { token: 'm1', tokenTtlSeconds: 3_600 };

  test('counts once, whatever is counted in between', async () => {
    const counter = bench.counter();
    expect(await counter.incr('a', 2, options)).toBe(2);
    expect(bench.sent).toEqual(['TransactWriteItems', 'GetItem']);
    for (let n = 0; n < 20; n++) await counter.incr('a');
    expect(await counter.incr('a', 2, options)).toBe(22);
    expect(await counter.incr('a', 2, { ...options, token: 'm2' })).toBe(24);
  });

  test('is known to its end, and forgotten when the counter has forgotten it too', async () => {
    const counter = bench.counter();
    await counter.incr('a', 1, options);
    for (let n = 0; n < 16; n++) await counter.incr('a');
    await bench.clock.advance(3_599_000);
    expect(await counter.incr('a', 1, options)).toBe(17);
    await bench.clock.advance(1_000);
    expect(await counter.incr('a', 1, options)).toBe(18);
  });

  test('counts once with and without tokenTtlSeconds, in either order', async () => {
    const counter = bench.counter();
    expect(await counter.incr('a', 1, { token: 'm1' })).toBe(1);
    expect(await counter.incr('a', 1, options)).toBe(1);
    expect(await counter.incr('b', 1, options)).toBe(1);
    expect(await counter.incr('b', 1, { token: 'm1' })).toBe(1);
  });

  test('is kept for as long as was asked for, also where only the counter knew it', async () => {
    const counter = bench.counter();
    await counter.incr('a', 1, { token: 'm1' });
    bench.dynamo.clear();
    expect(await counter.incr('a', 1, options)).toBe(1);
    expect(bench.sent).toEqual(['TransactWriteItems', 'PutItem', 'GetItem']);
    for (let n = 0; n < 20; n++) await counter.incr('a');
    expect(await counter.incr('a', 1, options)).toBe(21);
  });

  test('an id that is the key of a token is an error for whoever comes second', async () => {
    const id = markerName({ key: S('n.a') }, 'm1');
    const collision = { code: 'KeyCollision', key: id };
    const counter = bench.counter();
    await counter.incr('a', 1, options);
    await expect(counter.incr(id)).rejects.toMatchObject(collision);
    await expect(counter.set(id, 4)).rejects.toMatchObject(collision);
    await counter.delete(id);
    expect(await counter.get([id])).toEqual([{ id }]);
    expect(await counter.incr('a', 1, options)).toBe(1);

    bench = new MemoryCounters();
    await bench.counter().incr(id, 7);
    await expect(bench.counter().incr('a', 1, options)).rejects.toMatchObject(collision);
    expect(await bench.counter().get([id, 'a'])).toEqual([{ id, count: 7 }, { id: 'a' }]);
  });

  test('is refused where exactlyOnce is false', async () => {
    const counter = bench.counter({ exactlyOnce: false });
    await expect(counter.incr('a', 1, options)).rejects.toThrow(InvalidInputError);
    expect(bench.sent).toEqual([]);
  });

  test('respects bounds, and makes no marker when it is refused', async () => {
    const counter = bench.counter();
    await counter.incr('a', 5);
    expect(await counter.tryIncr('a', 1, { ...options, max: 5 })).toBeUndefined();
    expect(bench.memory.rows('keys')).toHaveLength(1);
    expect(await counter.tryIncr('a', 1, { ...options, max: 6 })).toBe(6);
    expect(await counter.tryIncr('a', 1, { ...options, max: 6 })).toBe(6);
  });

  test('starts an expired counter over', async () => {
    await bench.put({ count: N(9), expiresAt: N(bench.seconds) });
    expect(await bench.counter().incr('a', 1, options)).toBe(1);
    expect(bench.sent).toEqual(['TransactWriteItems', 'TransactWriteItems', 'GetItem']);
  });

  test('tokenTtlSeconds needs a token, and a positive number', async () => {
    await expect(bench.counter().incr('a', 1, { tokenTtlSeconds: 5 })).rejects.toThrow(
      InvalidInputError,
    );
    const bad = { token: 'm', tokenTtlSeconds: 0 };
    const answer = bench.counter().incr('a', 1, bad);
    await expect(answer).rejects.toMatchObject({ field: 'tokenTtlSeconds' });
    expect(bench.sent).toEqual([]);
  });

  test('throws on a count that is no number', async () => {
    await bench.put({ count: S('seven') });
    await expect(bench.counter().incr('a', 1, options)).rejects.toThrow(UnreadableRowError);
    await expect(bench.counter().incr('a')).rejects.toThrow(UnreadableRowError);
  });

  test('passes through why else a transaction was cancelled', async () => {
    const dynamo = { call: () => Promise.reject(cancelled('ValidationError')) };
    await expect(bench.counter({ dynamo }).incr('a', 1, options)).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    });
  });
});

function cancelled(code: string): Error {
  return Object.assign(new Error('cancelled'), {
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: code }, { Code: 'None' }],
  });
}

test('a change that meets others of its counter tells so once, when it has ended', async () => {
  const told: unknown[] = [];
  const listen = (message: unknown): void => void told.push(message);
  subscribe('x-dynamo:counter:conflict', listen);
  const counter = bench.counter({ ttlSeconds: 60 });
  await counter.incr('a');
  await bench.clock.advance(61_000);
  // The expired row starts over by itself: no conflict.
  await counter.incr('a');
  expect(told).toEqual([]);
  await bench.clock.advance(61_000);
  let sent = 0;
  const { memory } = bench;
  const late = bench.counter({
    ttlSeconds: 60,
    dynamo: {
      call: async (operation, input) => {
        sent += 1;
        if (sent === 2) await counter.incr('a');
        return memory.call(operation, input);
      },
    },
  });
  expect(await late.incr('a')).toBe(2);
  unsubscribe('x-dynamo:counter:conflict', listen);
  expect(told).toEqual([{ key: 'a', durationMs: 0, outcome: 'changed' }]);
});
