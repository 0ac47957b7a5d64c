import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { rowsOf } from '@x/dynamo-core/mechanism';
import { describe, expect, test } from 'vitest';

import { key, LimitsSetup, minuteMs } from '../test/limits-setup.js';
import { fixedWindow, slidingCounter, slidingLog, tokenBucket } from './index.js';
import type { KeyCall } from './attempt-row.js';
import { Generations, Limiter, RowMemory } from './limiter.js';
import { resolveLimits } from './limits.js';
import { attemptOptionNames } from './options.js';
import { rowWith } from './requests.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

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
      expiresAt: { N: '7' },
      r0: { S: 'abc' },
    };
    const { clock } = new LimitsSetup();
    const memory = new RowMemory(clock, { rememberedKeysMax: 10 });
    const call = callOf('a', limits);
    const row = rowWith(item, true);
    const seenAtMs = clock.monotonic();
    memory.found(call, row, 0);
    expect(memory.rowOf(call)).toEqual({ row, seenAtMs });
    expect(memory.rowOf({ ...call, limits: limits.slice(0, 1) })).toBeUndefined();
    memory.released(call);
    memory.found(call, row, 0);
    expect(memory.rowOf(call)).toBeUndefined();
  });

  test('takes at most 200 bytes of heap a key', async () => {
    const setup = new LimitsSetup();
    const limit = { attemptsMax: 3, windowMs: 3_600_000 };
    await setup.open().consume(key, limit);
    const limits = resolveLimits(limit);
    const keys = 50_000;
    const { rows: table } = rowsOf({ dynamo: setup.transport, tableName: 'attempts' }, []);
    const limiter = new Limiter(table, { rememberedKeysMax: keys });
    const { memory } = limiter;
    const { item } = rowWith(setup.row ?? {});
    const row = rowWith({ ...item, r0: { S: 'abcdefghijkl' } }, true);
    const heapUsed = (): number => {
      gc();
      return process.memoryUsage().heapUsed;
    };
    const before = heapUsed();
    for (let index = 0; index < keys; index++) {
      memory.found(
        limiter.prepare({ ...key, sort: `customer-${index}` }, limits, {}, attemptOptionNames),
        row,
        0,
      );
    }
    const bytes = (heapUsed() - before) / keys;
    // It is still there: nothing of it has been collected.
    const last = limiter.prepare(
      { ...key, sort: `customer-${keys - 1}` },
      limits,
      {},
      attemptOptionNames,
    );
    expect(memory.rowOf(last)?.row).toMatchObject({ newest: 'abcdefghijkl', isFull: true });
    expect(bytes).toBeLessThan(200);
  });
});
