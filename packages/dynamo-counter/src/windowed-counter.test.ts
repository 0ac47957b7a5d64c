import { InvalidInputError, N, S } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryBench } from '../test/memory-bench.js';

const minuteMs = 60_000;
let bench: MemoryBench;
beforeEach(() => {
  bench = new MemoryBench();
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
    expect(bench.row).toEqual({
      key: S(`n.a@${at}`),
      ns: S('n'),
      count: N(3),
      cur: { SS: [expect.any(String)] },
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

  test('counts in bigints where its counter does', async () => {
    const counter = bench.counter({ mode: 'bigint' }).windowed({ windowMs: 1 });
    expect(await counter.incr('a', 2n ** 60n)).toBe(2n ** 60n);
  });
});
