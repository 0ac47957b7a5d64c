import { describePeers } from '@x/conformance';
import { beforeEach, expect } from 'vitest';

import { MemoryCounters } from './memory-counters.js';

let bench: MemoryCounters;
beforeEach(() => {
  bench = new MemoryCounters();
});

const outOfBounds = { name: 'CounterOutOfBoundsError' };

describePeers('Counters', {
  'Deno KV': {
    'sum(key, n)': async () => {
      const counter = bench.counter();
      expect([await counter.incr('a', 5), await counter.incr('a', 2)]).toEqual([5, 7]);
      // The SDK sends the last request again: its response was lost.
      const { input } = bench.dynamo.requests.at(-1) ?? {};
      await bench.memory.call('UpdateItem', input as never).catch(() => undefined);
      expect(await counter.get('a')).toBe(7);
    },
    'sum wraps around': async () => {
      const counter = bench.counter();
      await counter.set('a', Number.MAX_SAFE_INTEGER);
      await expect(counter.incr('a')).rejects.toMatchObject(outOfBounds);
      expect(await counter.get('a')).toBe(Number.MAX_SAFE_INTEGER);
      expect(await bench.counter({ mode: 'bigint' }).incr('a')).toBe(2n ** 53n);
    },
    'min(key, n), max(key, n)': async () => {
      const counter = bench.counter();
      const answers = [];
      for (const n of [5, 9, 2]) answers.push(await counter.max('high', n));
      for (const n of [5, 9, 2]) answers.push(await counter.min('low', n));
      expect(answers).toEqual([5, 9, 9, 5, 5, 2]);
    },
    'no count below 0': async () => {
      const counter = bench.counter();
      expect(await counter.decr('a', 1)).toBe(-1);
      await expect(counter.decr('b', 1, { min: 0 })).rejects.toMatchObject(outOfBounds);
      expect(await counter.get('b')).toBeUndefined();
    },
    'check and set of a KvU64': async () => {
      const counter = bench.counter();
      expect(await counter.compareAndSet('a', undefined, 1)).toBe(true);
      expect(await counter.compareAndSet('a', undefined, 2)).toBe(false);
      expect(await counter.compareAndSet('a', 1, 2)).toBe(true);
      expect(await counter.compareAndSet('a', 1, 3)).toBe(false);
      expect(await counter.get('a')).toBe(2);
    },
  },

  Firebase: {
    'increment(n)': async () => {
      expect(await bench.counter().incr('a', 5)).toBe(5);
    },
    'increment(0.5)': async () => {
      const refused = bench.counter().incr('a', 0.5);
      await expect(refused).rejects.toMatchObject({ name: 'InvalidInputError', field: 'by' });
      expect(bench.sent).toEqual([]);
    },
    'a shard is written at random': async () => {
      const counter = bench.counter({ shards: 5 });
      for (let n = 0; n < 50; n++) await counter.incr('a');
      expect(bench.memory.rows('keys').length).toBe(5);
      expect(await counter.get('a')).toBe(50);
    },
    'a transaction that keeps a bound': async () => {
      const counter = bench.counter();
      const calls = Array.from({ length: 5 }, () => counter.tryIncr('a', 1, { max: 3 }));
      const seats = await Promise.all(calls);
      expect(seats).toEqual([1, 2, 3, undefined, undefined]);
      expect(bench.sent.length).toBe(5);
    },
    'a trigger that comes twice': async () => {
      for (let delivery = 0; delivery < 2; delivery++) {
        await bench.counter().incr('a', 1, { token: 'event-1' });
      }
      expect(await bench.counter().get('a')).toBe(1);
    },
  },

  Redis: {
    'INCRBY, DECRBY': async () => {
      const counter = bench.counter();
      expect([await counter.incr('a', 5), await counter.decr('a', 2)]).toEqual([5, 3]);
    },
    'INCR, then EXPIRE': async () => {
      const counter = bench.counter({ ttlSeconds: 60 });
      await counter.incr('a');
      expect([bench.sent, bench.row?.['expiresAt']]).toEqual([
        ['UpdateItem'],
        { N: String(bench.seconds + 60) },
      ]);
      const endMs = (bench.seconds + 60) * 1_000;
      const refused = counter.incr('a', 5, { max: 3 });
      await expect(refused).rejects.toMatchObject({ ...outOfBounds, resetAtMs: endMs });
      await bench.clock.advance(61_000);
      expect(await counter.incr('a')).toBe(1);
    },
    'a key for each minute': async () => {
      const perMinute = bench.counter().windowed({ windowMs: 60_000 });
      const at = bench.clock.now();
      await perMinute.incr('a', 1, { at, token: 'message-1' });
      await bench.clock.advance(60_000);
      expect(await perMinute.incr('a', 1, { at, token: 'message-1' })).toBe(1);
      expect([await perMinute.get('a'), await perMinute.get('a', { at })]).toEqual([undefined, 1]);
      // What is given back after the turn goes to the window that it was taken from.
      expect(await perMinute.decr('a', 1, { at })).toBe(0);
      expect(await perMinute.get('a')).toBeUndefined();
    },
    MGET: async () => {
      const counter = bench.counter();
      await counter.incr('a', 5);
      expect(await counter.get(['b', 'a'])).toEqual([{ id: 'b' }, { id: 'a', count: 5 }]);
    },
    'SET NX': async () => {
      const set = (n: number): Promise<boolean> => bench.counter().compareAndSet('a', undefined, n);
      expect([await set(1), await set(2)]).toEqual([true, false]);
    },
    'a pipeline of INCR': async () => {
      const counter = bench.counter({ coalesce: true });
      const calls = Array.from({ length: 5 }, () => counter.incr('a', 2));
      expect(await Promise.all(calls)).toEqual([2, 4, 6, 8, 10]);
      expect(bench.sent).toEqual(['UpdateItem']);
    },
  },
});
