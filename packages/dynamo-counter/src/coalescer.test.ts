import { setImmediate } from 'node:timers/promises';

import type { DynamoTransport } from '@x/dynamo-core';
import { preload } from '@x/dynamo-core/mechanism';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { CounterOutOfBoundsError } from './out-of-bounds-error.js';
import { MemoryCounters } from '../test/memory-counters.js';

let bench: MemoryCounters;
// What is gathered depends on the turn in which it is sent.
beforeAll(preload);
beforeEach(() => {
  bench = new MemoryCounters();
});

describe('coalesce', () => {
  test('makes one request of the increments of a moment, and each gets its own count', async () => {
    const counter = bench.counter({ coalesce: true });
    const all = Promise.all([counter.incr('a'), counter.incr('a', 5), counter.decr('a', 2)]);
    const other = counter.incr('b');
    expect([await all, await other]).toEqual([[1, 6, 4], 1]);
    expect(bench.sent).toEqual(['UpdateItem', 'UpdateItem']);
    expect(await counter.get('a')).toBe(4);
  });

  test('gathers what comes while a request is under way', async () => {
    const counter = bench.counter({ coalesce: true });
    const first = counter.incr('a');
    await Promise.resolve();
    await Promise.resolve();
    const later = Promise.all(Array.from({ length: 99 }, () => counter.incr('a')));
    expect(await first).toBe(1);
    const counts = await later;
    expect(counts).toEqual(Array.from({ length: 99 }, (_, n) => n + 2));
    expect(bench.sent.length).toBeLessThanOrEqual(2);
  });

  test('a failure reaches each, and the next ones begin anew', async () => {
    const counter = bench.counter({ coalesce: true });
    await bench.put({ lease: { N: '1' }, expiresAt: { N: String(bench.seconds + 60) } });
    const failed = await Promise.allSettled([counter.incr('a'), counter.incr('a')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(bench.sent).toEqual(['UpdateItem']);
    await bench.memory.call('DeleteItem', { TableName: 'keys', Key: { key: { S: 'n.a' } } });
    expect(await counter.incr('a')).toBe(1);
  });

  test('no caller gets a count beyond what a number holds, though the last one would be within', async () => {
    const counter = bench.counter({ coalesce: true });
    await counter.set('a', 2 ** 53 - 6);
    const both = await Promise.allSettled([counter.incr('a', 10), counter.decr('a', 20)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(both[0]).toMatchObject({ reason: expect.any(CounterOutOfBoundsError) });
    expect(await counter.get('a')).toBe(2 ** 53 - 6);
    await counter.set('a', 20 - 2 ** 53);
    const below = Promise.all([counter.decr('a', 30), counter.incr('a', 30)]);
    await expect(below).rejects.toThrow(CounterOutOfBoundsError);
    expect(await Promise.all([counter.incr('a', 9), counter.decr('a', 9)])).toEqual([
      29 - 2 ** 53,
      20 - 2 ** 53,
    ]);
  });

  test('amounts that could leave the digits of a sum go alone', async () => {
    const counter = bench.counter({ coalesce: true, mode: 'bigint' });
    const most = 10n ** 38n - 1n;
    const all = await Promise.allSettled([
      counter.incr('a', most),
      counter.incr('a', most),
      counter.decr('a', most),
    ]);
    expect(all.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual([
      most,
      expect.any(CounterOutOfBoundsError),
      0n,
    ]);
  });

  test('changes with tokens or bounds go alone', async () => {
    const counter = bench.counter({ coalesce: true });
    await Promise.all([
      counter.incr('a', 1, { token: 't' }),
      counter.incr('a', 1, { max: 9 }),
      counter.tryIncr('a', 1, { max: 9 }),
      counter.incr('a'),
      counter.incr('a'),
    ]);
    expect(bench.sent).toHaveLength(4);
    expect(await counter.get('a')).toBe(5);
  });

  test('what is of a given window stays in it, though others of that window come into the next', async () => {
    const counter = bench.counter({ coalesce: true }).windowed({ windowMs: 60_000 });
    const at = bench.clock.now();
    await bench.clock.advance(59_999 - (at % 60_000));
    const first = counter.incr('a', 1);
    await Promise.resolve();
    await Promise.resolve();
    const later = [counter.incr('a', 10), counter.incr('a', 100, { at })];
    bench.clock.jumpWall(1);
    await Promise.all([first, ...later]);
    expect(await counter.get('a', { at })).toBe(101);
    expect(await counter.get('a')).toBe(10);
  });

  test('who has given up before it is sent is left out, and gets the reason', async () => {
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const call: DynamoTransport['call'] = async (operation, input, options) => {
      await answered;
      return bench.dynamo.call(operation, input, options);
    };
    const counter = bench.counter({ coalesce: true, dynamo: { call } });
    const [abort, alone] = [new AbortController(), new AbortController()];
    const [first, before] = [counter.incr('a'), counter.incr('b')];
    await setImmediate();
    // Those gather behind the first ones, which have no answer yet.
    const given = counter.incr('a', 100, { signal: abort.signal });
    const other = counter.incr('a', 1);
    const last = counter.incr('b', 100, { signal: alone.signal });
    await setImmediate();
    abort.abort(new Error('enough'));
    alone.abort(null);
    await expect(given).rejects.toThrow('enough');
    await expect(last).rejects.toBeNull();
    answer();
    expect([await first, await other, await before]).toEqual([1, 2, 1]);
    expect([await counter.get('a'), await counter.get('b')]).toEqual([2, 1]);
    await expect(counter.incr('a', 1, { signal: abort.signal })).rejects.toThrow('enough');
  });

  test('who joins behind one who has given up is sent', async () => {
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const call: DynamoTransport['call'] = async (operation, input, options) => {
      await answered;
      return bench.dynamo.call(operation, input, options);
    };
    const counter = bench.counter({ coalesce: true, dynamo: { call } });
    const abort = new AbortController();
    const first = counter.incr('a');
    await setImmediate();
    // Both gather behind the first one, which has no answer yet; the one has left when the other comes.
    const given = counter.incr('a', 100, { signal: abort.signal });
    await setImmediate();
    abort.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    const other = counter.incr('a');
    answer();
    expect([await first, await other]).toEqual([1, 2]);
    expect(await counter.get('a')).toBe(2);
  });

  test('with shards takes one row for all of them', async () => {
    const counter = bench.counter({ coalesce: true, shards: 8 });
    await Promise.all(Array.from({ length: 10 }, () => counter.incr('a')));
    expect(bench.sent).toEqual(['UpdateItem']);
    expect(await counter.get('a')).toBe(10);
  });
});
