import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryCounters } from '../test/memory-counters.js';
import { KeyValueScopedCounter } from './key-value-scoped-counter.js';

interface User {
  readonly id: number;
}

let bench: MemoryCounters;
beforeEach(() => {
  bench = new MemoryCounters();
});

describe('KeyValueScopedCounter', () => {
  const ann: User = { id: 1 };
  const bob: User = { id: 2 };
  const toId = ({ id }: User): string => `user-${id}`;

  test('inc() and decr() count by 1 or an amount, with options', async () => {
    const scoped = new KeyValueScopedCounter(toId, bench.counter());
    expect(await scoped.inc(ann)).toBe(1);
    expect(await scoped.inc(ann, 5)).toBe(6);
    expect(await scoped.decr(ann)).toBe(5);
    expect(await scoped.decr(ann, 3)).toBe(2);
    expect(await scoped.inc(ann, 1, { token: 'm' })).toBe(3);
    expect(await scoped.inc(ann, 1, { token: 'm' })).toBe(3);
    expect(bench.row?.['key']).toEqual({ S: 'n.user-1' });
  });

  test('current() is 0 for a key that was not counted', async () => {
    const scoped = new KeyValueScopedCounter(toId, bench.counter());
    expect(await scoped.current(ann)).toBe(0);
    await scoped.inc(ann, 5);
    expect(await scoped.current(ann)).toBe(5);
    const big = new KeyValueScopedCounter(toId, bench.counter({ mode: 'bigint' }));
    expect(await big.current(ann)).toBe(5n);
    expect(await big.current(bob)).toBe(0n);
  });

  test('max() and min() set what is absent, and answer the count', async () => {
    const scoped = new KeyValueScopedCounter(toId, bench.counter());
    expect([await scoped.max(ann, 5), await scoped.max(ann, 3)]).toEqual([5, 5]);
    expect([await scoped.min(bob, 5), await scoped.min(bob, 3)]).toEqual([5, 3]);
  });

  test('counts with shards, and answers no count', async () => {
    const scoped = new KeyValueScopedCounter(toId, bench.counter({ shards: 3 }));
    for (let n = 0; n < 9; n++) expect(await scoped.incr(ann)).toBeUndefined();
    expect([await scoped.current(ann), await scoped.get([bob, ann])]).toEqual([
      9,
      [{ id: bob }, { id: ann, count: 9 }],
    ]);
  });

  test('get() answers with the keys that were asked for', async () => {
    const scoped = new KeyValueScopedCounter(toId, bench.counter());
    await scoped.inc(bob, 2);
    expect(await scoped.get([ann, bob, bob])).toEqual([
      { id: ann },
      { id: bob, count: 2 },
      { id: bob, count: 2 },
    ]);
  });

  test('get() answers for the keys that it was called with', async () => {
    const scoped = new KeyValueScopedCounter(toId, bench.counter());
    await scoped.inc(ann, 2);
    const keys = [ann];
    const counts = scoped.get(keys);
    keys[0] = bob;
    expect(await counts).toEqual([{ id: ann, count: 2 }]);
  });

  test('reset() removes the counter', async () => {
    const scoped = new KeyValueScopedCounter(toId, bench.counter());
    await scoped.inc(ann, 2);
    await scoped.reset(ann);
    expect(await scoped.current(ann)).toBe(0);
    expect(bench.row).toBeUndefined();
  });
});
