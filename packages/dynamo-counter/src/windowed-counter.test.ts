import { InvalidInputError, N, S, type DynamoTransport } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import type { WindowedCounter } from './windowed-counter.js';
import { MemoryCounters } from '../test/memory-counters.js';

const minuteMs = 60_000;
let bench: MemoryCounters;
beforeEach(() => {
  bench = new MemoryCounters();
});

describe('WindowedCounter', () => {
  test.each([0, -1, 1.5, Number.NaN])('windowed() refuses a window of %d ms', (windowMs) => {
    expect(() => bench.counter().windowed({ windowMs })).toThrow(InvalidInputError);
  });

  test('starts over with each window, with one request a change', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs });
    expect(await counter.incr('a')).toBe(1);
    await bench.clock.advance(minuteMs - 1);
    expect(await counter.incr('a', 4)).toBe(5);
    await bench.clock.advance(1);
    expect(await counter.get(['a', 'b'])).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(await counter.decr('a')).toBe(-1);
    expect(bench.sent).toEqual(['UpdateItem', 'UpdateItem', 'BatchGetItem', 'UpdateItem']);
  });

  test('keeps a window until the next one has ended', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs });
    const at = bench.clock.now();
    await counter.incr('a', 3);
    expect(bench.row).toMatchObject({
      key: S(`n.a@60000/${at}`),
      ns: S('n'),
      count: N(3),
      kind: S('window'),
      expiresAt: N(at / 1000 + 120),
    });
    await bench.clock.advance(2 * minuteMs - 1);
    expect(await counter.get(['a'], { at })).toEqual([{ id: 'a', count: 3 }]);
    await bench.clock.advance(1);
    expect(await counter.get(['a'], { at })).toEqual([{ id: 'a' }]);
  });

  test('tryIncr() keeps the bounds of a window', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs });
    expect(await counter.tryIncr('a', 2, { max: 2 })).toBe(2);
    expect(await counter.tryIncr('a', 1, { max: 2 })).toBeUndefined();
    await bench.clock.advance(minuteMs);
    expect(await counter.tryIncr('a', 1, { max: 2 })).toBe(1);
  });

  test('a refusal says when its own window ends, also where that is over when the answer comes', async () => {
    const call: DynamoTransport['call'] = async (operation, input, options) => {
      const answer = bench.dynamo.call(operation, input, options);
      await answer.catch(() => undefined);
      bench.clock.jumpWall(minuteMs);
      return answer;
    };
    const endMs = bench.clock.now() + minuteMs - (bench.clock.now() % minuteMs);
    const late = bench.counter({ dynamo: { call } }).windowed({ windowMs: minuteMs });
    await expect(late.incr('a', 2, { max: 1 })).rejects.toMatchObject({ resetAtMs: endMs });
  });

  test('windows of two lengths that begin together do not meet', async () => {
    const counter = bench.counter();
    const [minutes, hours] = [minuteMs, 60 * minuteMs].map((windowMs) =>
      counter.windowed({ windowMs }),
    );
    await bench.clock.advance(60 * minuteMs - (bench.clock.now() % (60 * minuteMs)));
    expect(await minutes?.incr('a')).toBe(1);
    expect(await hours?.incr('a', 5)).toBe(5);
    await bench.clock.advance(2 * minuteMs);
    expect(await minutes?.incr('a')).toBe(1);
    expect(await hours?.incr('a')).toBe(6);
    expect(await hours?.get(['a'])).toEqual([{ id: 'a', count: 6 }]);
  });

  test('an id that is the key of a window is an error for whoever comes second', async () => {
    const counter = bench.counter();
    const windowed = counter.windowed({ windowMs: minuteMs });
    const id = `a@60000/${bench.clock.now()}`;
    const collision = { code: 'KeyCollision', key: id };
    await windowed.incr('a', 7);
    for (const call of [
      () => counter.incr(id),
      () => counter.set(id, 1),
      () => counter.tryIncr(id, 1, { max: 1 }),
      () => counter.get([id]),
      () => counter.delete(id),
    ]) {
      await expect(call()).rejects.toMatchObject(collision);
    }
    expect(await windowed.get(['a'])).toEqual([{ id: 'a', count: 7 }]);
    await bench.clock.advance(2 * minuteMs);
    expect(await counter.get([id])).toEqual([{ id }]);
    expect(await counter.incr(id)).toBe(1);
    expect(bench.row).not.toHaveProperty('kind');
  });

  test('a window is an error where a counter of its own has the key', async () => {
    const counter = bench.counter();
    const windowed = counter.windowed({ windowMs: minuteMs });
    await counter.incr(`a@60000/${bench.clock.now()}`, 7);
    await expect(windowed.incr('a')).rejects.toMatchObject({ code: 'KeyCollision' });
    await expect(windowed.get(['a'])).rejects.toMatchObject({ code: 'KeyCollision' });
    expect(bench.row?.['count']).toEqual(N(7));
  });

  test('refuses an empty id and a moment that is none', async () => {
    const windowed = bench.counter().windowed({ windowMs: minuteMs });
    await expect(windowed.incr('')).rejects.toThrow(InvalidInputError);
    await expect(windowed.get(['a'], { at: Number.NaN })).rejects.toThrow(InvalidInputError);
    expect(bench.sent).toEqual([]);
  });

  test('counts in bigints where its counter does', async () => {
    const counter = bench.counter({ mode: 'bigint' }).windowed({ windowMs: 1 });
    expect(await counter.incr('a', 2n ** 60n)).toBe(2n ** 60n);
  });
});

describe('at', () => {
  test('a change belongs to the window that it was made in, also after the turn', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs });
    const at = bench.clock.now();
    await counter.tryIncr('a', 5, { max: 5, at });
    await bench.clock.advance(minuteMs);
    expect(await counter.decr('a', 1, { at })).toBe(4);
    expect(await counter.tryIncr('a', 5, { max: 5 })).toBe(5);
    expect(await counter.tryIncr('a', 1, { max: 5 })).toBeUndefined();
    expect(await counter.get('a', { at })).toBe(4);
  });

  test('a message with a token that is delivered again across the boundary counts once', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs });
    const at = bench.clock.now();
    await counter.incr('a', 1, { at, token: 'm' });
    await bench.clock.advance(minuteMs);
    expect(await counter.incr('a', 1, { at, token: 'm' })).toBe(1);
    expect(await counter.get('a')).toBeUndefined();
  });

  test('is the present one where it is left out, for every method', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs });
    await counter.set('a', 7);
    expect(await counter.max('a', 9)).toBe(9);
    expect(await counter.min('a', 8)).toBe(8);
    expect(await counter.compareAndSet('a', 8, 3)).toBe(true);
    expect(await counter.get('a')).toBe(3);
    await counter.delete('a');
    expect(await counter.get('a')).toBeUndefined();
  });

  test('set(), max(), min(), compareAndSet() and delete() take it', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs });
    const at = bench.clock.now() - minuteMs;
    await counter.set('a', 7, { at });
    expect(await counter.max('a', 9, { at })).toBe(9);
    expect(await counter.min('a', 8, { at })).toBe(8);
    expect(await counter.compareAndSet('a', 8, 3, { at })).toBe(true);
    expect([await counter.get('a', { at }), await counter.get('a')]).toEqual([3, undefined]);
    await counter.delete('a', { at });
    expect(await counter.get('a', { at })).toBeUndefined();
  });

  test('windowsKept says for how long; a change of a window that is past is refused', async () => {
    const counter = bench.counter().windowed({ windowMs: minuteMs, windowsKept: 3 });
    const at = bench.clock.now();
    await counter.incr('a', 2, { at });
    await bench.clock.advance(3 * minuteMs);
    expect(await counter.incr('a', 1, { at })).toBe(3);
    await bench.clock.advance(minuteMs);
    bench.dynamo.clear();
    const late = counter.incr('a', 1, { at });
    await expect(late).rejects.toMatchObject({ name: 'InvalidInputError', field: 'at' });
    await expect(counter.incr('a', 1, { at: Number.NaN })).rejects.toMatchObject({ field: 'at' });
    expect(bench.sent).toEqual([]);
    const none = { windowMs: 1, windowsKept: 0 };
    expect(() => bench.counter().windowed(none)).toThrow(InvalidInputError);
  });

  test.each(['first', 'latest'] as const)(
    'a window is kept as the one asks who keeps it the longest (%s)',
    async (ttlFrom) => {
      const [short, long] = [1, 3].map((windowsKept) =>
        bench.counter({ ttlFrom }).windowed({ windowMs: minuteMs, windowsKept }),
      ) as [WindowedCounter, WindowedCounter];
      const at = bench.clock.now();
      await short.incr('a', 1, { at });
      await long.max('a', 2, { at });
      await short.incr('a', 1, { at });
      await long.incr('b', 1, { at });
      await short.incr('b', 1, { at });
      bench.dynamo.clear();
      expect(await long.incr('b', 1, { at })).toBe(3);
      expect(bench.sent).toEqual(['UpdateItem']);
      await bench.clock.advance(3 * minuteMs);
      expect(await long.incr('a', 1, { at })).toBe(4);
      expect(await long.incr('b', 1, { at })).toBe(4);
    },
  );
});
