import { InvalidInputError, N, S, UnreadableRowError } from '@x/dynamo-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryBench } from '../test/memory-bench.js';

let bench: MemoryBench;
beforeEach(() => {
  bench = new MemoryBench();
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

  test.each([1, 2, 5])(
    'a change is known for %d others, at the worst moment',
    async (remembered) => {
      const counter = bench.counter({ changesRemembered: remembered });
      // The id comes last into its set, so that it stays for the shortest time.
      for (let n = 0; n < remembered; n++) await counter.incr('a');
      await counter.incr('a', 1, { token: 'm' });
      for (let n = 0; n < remembered; n++) await counter.incr('a');
      expect(await counter.incr('a', 1, { token: 'm' })).toBe(2 * remembered + 1);
      await counter.incr('a');
      expect(await counter.incr('a', 1, { token: 'm' })).toBe(2 * remembered + 3);
    },
  );

  test('the caller who fills the set turns it: 1 request more in changesRemembered + 1', async () => {
    const counter = bench.counter({ changesRemembered: 3 });
    for (let n = 0; n < 4; n++) await counter.incr('a');
    expect(bench.sent).toHaveLength(5);
    expect(bench.row?.['cur']).toBeUndefined();
    expect(bench.row?.['prev']?.SS).toHaveLength(4);
    for (let n = 0; n < 4; n++) await counter.incr('a');
    expect(bench.sent).toHaveLength(10);
    expect(bench.row?.['prev']?.SS).toHaveLength(4);
  });

  test('100 changes take at most 110 requests', async () => {
    for (const id of ['a', 'k'.repeat(1500)]) {
      bench.dynamo.clear();
      const counter = bench.counter();
      for (let n = 0; n < 100; n++) await counter.incr(id);
      expect(bench.dynamo.requests.length).toBeLessThanOrEqual(110);
    }
  });

  test('a change is made although turning the sets fails', async () => {
    const counter = bench.counter({
      changesRemembered: 1,
      dynamo: {
        call: (operation, input, options) =>
          JSON.stringify(input).includes('size(#cur)')
            ? Promise.reject(new Error('throttled'))
            : bench.dynamo.call(operation, input, options),
      },
    });
    for (let n = 1; n <= 4; n++) expect(await counter.incr('a')).toBe(n);
    expect(bench.row?.['cur']?.SS).toHaveLength(4);
    await bench.counter({ changesRemembered: 4 }).incr('a');
    expect(bench.row?.['cur']).toBeUndefined();
  });

  test('a late copy does not count in a counter that has started over since', async () => {
    const copies: (() => Promise<unknown>)[] = [];
    const counter = bench.counter({
      changesRemembered: 2,
      ttlSeconds: 2,
      dynamo: {
        call: (operation, input, options) => {
          copies.push(() => bench.dynamo.call(operation, input));
          return bench.dynamo.call(operation, input, options);
        },
      },
    });
    for (let n = 1; n <= 3; n++) await counter.incr('a');
    // The third change has put the ids aside; the next one finds the counter expired.
    expect(bench.row).toMatchObject({ prev: { SS: expect.any(Array) } });
    await bench.clock.advance(2_000);
    expect(await counter.incr('a', 10)).toBe(10);
    await expect(copies[1]?.()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(await counter.get(['a'], { consistent: true })).toEqual([{ id: 'a', count: 10 }]);
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

describe('a token with a row of its own', () => {
  const options = { token: 'm1', tokenTtlSeconds: 3_600 };

  test('counts once, whatever is counted in between', async () => {
    const counter = bench.counter({ changesRemembered: 1 });
    expect(await counter.incr('a', 2, options)).toBe(2);
    expect(bench.sent).toEqual(['TransactWriteItems', 'GetItem']);
    for (let n = 0; n < 20; n++) await counter.incr('a');
    expect(await counter.incr('a', 2, options)).toBe(22);
    expect(await counter.incr('a', 2, { ...options, token: 'm2' })).toBe(24);
  });

  test('is forgotten at its end', async () => {
    const counter = bench.counter();
    await counter.incr('a', 1, options);
    await bench.clock.advance(3_599_000);
    expect(await counter.incr('a', 1, options)).toBe(1);
    await bench.clock.advance(1_000);
    expect(await counter.incr('a', 1, options)).toBe(2);
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
    await expect(bench.counter().incr('a', 1, bad)).rejects.toThrow(InvalidInputError);
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
