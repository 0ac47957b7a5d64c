import { performance } from 'node:perf_hooks';

import { describe, expect, test } from 'vitest';

import { LimitsSetup, minuteMs } from '../test/limits-setup.js';
import { fixedWindow, slidingCounter, slidingLog, tokenBucket } from './index.js';
import type { KeyCall } from './attempt-row.js';
import { Generations, RowMemory } from './limiter.js';
import { resolveLimits } from './limits.js';

describe('Generations', () => {
  test('keeps no more than it may, and what was used last', () => {
    for (const keysMax of [0, 1, 2, 3, 10]) {
      const kept = new Generations<number>(keysMax);
      for (let index = 0; index < 100; index++) kept.set(`key-${index}`, index);
      const found = Array.from({ length: 100 }, (_, index) => kept.get(`key-${index}`));
      const count = found.filter((value) => value !== undefined).length;
      expect(count).toBeLessThanOrEqual(keysMax);
      expect(found.at(-1)).toBe(keysMax > 0 ? 99 : undefined);
    }
  });

  test('costs the same per touch at 1,000 and at 100,000 keys', () => {
    const perTouch = (keys: number): number => {
      const kept = new Generations<string>(keys);
      for (let index = 0; index < 2 * keys; index++) kept.set(`key-${index}`, 'value');
      // The best of several: others use the machine, too.
      const times = Array.from({ length: 5 }, () => {
        const startedAt = performance.now();
        for (let index = 0; index < 20_000; index++) kept.set(`key-${index * 7}`, 'value');
        return performance.now() - startedAt;
      });
      return Math.min(...times);
    };
    // O(keys) would be a hundred times as much.
    expect(perTouch(100_000)).toBeLessThan(20 * perTouch(1_000) + 100);
  });
});

function callOf(keyId: string, limits: KeyCall['limits']): KeyCall {
  return { keyId, limits } as KeyCall;
}

describe('RowMemory', () => {
  const algorithms = [fixedWindow, slidingCounter, slidingLog, tokenBucket];

  test('gives back what it was given', () => {
    const limits = resolveLimits(
      algorithms.map((algorithm) => ({ attemptsMax: 10, windowMs: minuteMs, algorithm })),
    );
    const item = {
      attempts: { N: '3' },
      windowStart: { N: '1893456000000' },
      began: { S: 'abcdefghijkl' },
      attempts_2: { N: '3' },
      earlier_2: { N: '0' },
      windowStart_2: { N: '1893456000000' },
      began_2: { S: 'abc,def' },
      times_3: { L: [{ N: '1893456000005' }, { N: '1893456000005' }, { N: '1893456000001' }] },
      began_3: { S: 'x' },
      blockedUntil: { N: '5' },
    };
    const { clock } = new LimitsSetup();
    const memory = new RowMemory(clock, { rememberedKeysMax: 10 });
    const call = callOf('a', limits);
    const row = { item, newest: 'abc', isFull: true, expiresAt: 7 };
    const seenAtMs = clock.monotonic();
    memory.found(call, row, 0);
    expect(memory.rowOf(call)).toEqual({ row, seenAtMs });
    expect(memory.rowOf({ ...call, limits: limits.slice(0, 1) })).toBeUndefined();
    memory.released(call);
    memory.found(call, row, 0);
    expect(memory.rowOf(call)).toBeUndefined();
  });

  test('takes at most 200 bytes of heap a key', async () => {
    const { gc } = globalThis as { gc?: () => void };
    const setup = new LimitsSetup();
    const limits = resolveLimits({ attemptsMax: 3, windowMs: 3_600_000 });
    const keys = 50_000;
    const memory = new RowMemory(setup.clock, { rememberedKeysMax: keys });
    await setup
      .open()
      .consume({ partition: 'p', namespace: 'n', sort: 's' }, { attemptsMax: 3, windowMs: 1 });
    const item = setup.row ?? {};
    gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < keys; index++) {
      const row = { item, newest: 'abcdefghijkl', isFull: true, expiresAt: 1_893_456_000 };
      memory.found(callOf(`customer-${index}\0attempts.login\0`, limits), row, 0);
    }
    gc?.();
    const bytes = (process.memoryUsage().heapUsed - before) / keys;
    // Without the collector at hand, what was only used on the way counts as well.
    expect(bytes).toBeLessThan(gc === undefined ? 2_500 : 200);
  });
});
