import { itemBytes, S, type Item } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { countIn, idsIn, latestIds, liveCount, setSizeFor } from './counter-row.js';

describe('setSizeFor()', () => {
  function fullRow(keyBytes: number): { setSize: number; bytes: number } {
    const owner = 'n'.repeat(8);
    const key = { key: S('k'.repeat(keyBytes)) };
    const setSize = setSizeFor({ key, owner });
    const ids = { SS: Array.from({ length: setSize }, (_, n) => String(n).padStart(12, '0')) };
    const largest: Item = {
      ...key,
      ns: S(owner),
      count: { N: `-${'9'.repeat(38)}` },
      cur: ids,
      prev: ids,
      expiresAt: { N: '9999999999' },
    };
    return { setSize, bytes: itemBytes(largest) };
  }

  test('is 33 for usual keys and leaves room to grow', () => {
    expect(fullRow(40).setSize).toBe(33);
    expect(fullRow(40).bytes).toBeLessThan(920);
  });

  test.each([170, 171, 172, 300, 500, 723])('keeps a key of %d bytes in one unit', (keyBytes) => {
    expect(fullRow(keyBytes).bytes).toBeLessThanOrEqual(1024);
  });

  test('shrinks with the key, down to 10', () => {
    expect([171, 172, 723, 724, 2048].map((bytes) => fullRow(bytes).setSize)).toEqual([
      33, 32, 10, 10, 10,
    ]);
  });
});

describe('the row of a counter', () => {
  const row = { count: { N: '4' }, cur: { SS: ['a', 'b'] }, prev: { SS: ['c'] } };
  const at = { key: { key: S('k') }, label: 'k', owner: 'n' };

  test('liveCount() is undefined in a row of another namespace', () => {
    expect(liveCount({ ...row, ns: S('n') }, at, 0)).toBe(4n);
    expect(liveCount({ ...row, ns: S('m') }, at, 0)).toBeUndefined();
    expect(liveCount({ ...row, ns: S('m') }, { ...at, owner: undefined }, 0)).toBe(4n);
  });

  test('liveCount() is the count until the row expires', () => {
    expect(liveCount(row, at, 0)).toBe(4n);
    const expiring = { ...row, expiresAt: { N: '100' } };
    expect(liveCount(expiring, at, 99_999)).toBe(4n);
    expect(liveCount(expiring, at, 100_000)).toBeUndefined();
    expect(countIn(expiring, 'k')).toBe(4n);
  });

  test('liveCount() is undefined without a row or a count', () => {
    expect(liveCount(undefined, at, 0)).toBeUndefined();
    expect(liveCount({ data: S('1') }, at, 0)).toBeUndefined();
  });

  test('idsIn() looks at both sets', () => {
    expect(idsIn(row)).toEqual(['a', 'b', 'c']);
    expect(idsIn({})).toEqual([]);
  });

  test('latestIds() counts the newer set', () => {
    expect([latestIds(row), latestIds({}), latestIds(undefined)]).toEqual([2, 0, 0]);
  });
});
