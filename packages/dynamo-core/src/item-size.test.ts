import { describe, expect, it } from 'vitest';

import { checkItemSize, itemBytes, itemBytesMax } from './item-size.js';

describe('itemBytes()', () => {
  it.each([
    ['nothing', {}, 0],
    ['a name and ASCII text', { name: { S: 'Ada' } }, 4 + 3],
    ['names and text beyond ASCII', { ä: { S: '€😀' } }, 2 + 3 + 4],
    ['empty text', { a: { S: '' } }, 1],
    ['bytes', { a: { B: new Uint8Array(5) } }, 1 + 5],
    ['a boolean', { a: { BOOL: false } }, 1 + 1],
    ['null', { a: { NULL: true } }, 1 + 1],
    ['a number of one digit', { a: { N: '7' } }, 1 + 1 + 1],
    ['a number of three digits', { a: { N: '123' } }, 1 + 2 + 1],
    ['zeros at both ends of a number', { a: { N: '000123000' } }, 1 + 2 + 1],
    ['zeros after the point', { a: { N: '0.0005' } }, 1 + 1 + 1],
    ['a number with an exponent', { a: { N: '1.5e+21' } }, 1 + 1 + 1],
    ['a negative number', { a: { N: '-12' } }, 1 + 1 + 1 + 1],
    ['zero', { a: { N: '0' } }, 1 + 1],
    ['an empty list', { a: { L: [] } }, 1 + 3],
    ['a list', { a: { L: [{ S: 'ab' }, { BOOL: true }] } }, 1 + 3 + (1 + 2) + (1 + 1)],
    ['an empty map', { a: { M: {} } }, 1 + 3],
    ['a map', { a: { M: { bc: { S: 'd' } } } }, 1 + 3 + (1 + 2 + 1)],
    ['a set of strings', { a: { SS: ['ab', 'c'] } }, 1 + 3],
    ['a set of numbers', { a: { NS: ['1', '22'] } }, 1 + 2 + 2],
    ['a set of bytes', { a: { BS: [new Uint8Array(2), new Uint8Array(3)] } }, 1 + 5],
  ])('counts %s as the documentation does', (_, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });
});

describe('checkItemSize()', () => {
  const row = (bytes: number): Record<string, { S: string }> => ({
    d: { S: 'x'.repeat(bytes - 1) },
  });

  it('accepts 400 KB', () => {
    expect(itemBytesMax).toBe(400 * 1024);
    expect(() => checkItemSize('user-1', row(itemBytesMax))).not.toThrow();
  });

  it('refuses a byte more, with the size', () => {
    expect(() => checkItemSize('user-1', row(itemBytesMax + 1))).toThrow(
      expect.objectContaining({
        code: 'ItemTooLarge',
        key: 'user-1',
        bytes: itemBytesMax + 1,
        limit: itemBytesMax,
      }),
    );
  });
});
