import { describe, expect, test } from 'vitest';

import { itemBytes, valueBytes } from './item-bytes.js';

describe('valueBytes', () => {
  test.each([
    ['0', 1],
    ['1', 2],
    ['-1', 3],
    ['123', 3],
    ['123456', 4],
    ['1200', 2],
    ['0.01', 2],
    ['1.5', 3],
    ['3.14159', 5],
    ['-3.14', 4],
    [`1${'0'.repeat(125)}`, 2],
    ['9'.repeat(38), 20],
  ])('a number counts its digits before the point and behind it: %s', (N, bytes) => {
    expect(valueBytes({ N })).toBe(bytes);
  });

  test('a container has 3 bytes, and 1 for each element', () => {
    expect(valueBytes({ L: [{ S: 'ab' }, { BOOL: true }] })).toBe(3 + 2 + 2 + 1);
    expect(valueBytes({ M: { key: { S: 'ab' } } })).toBe(3 + 1 + 3 + 2);
  });
});

describe('itemBytes', () => {
  test('counts names, in bytes and not in letters', () => {
    expect(itemBytes({ é: { S: 'é' } })).toBe(4);
  });
});
