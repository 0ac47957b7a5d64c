import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  addDecimals,
  canonicalNumber,
  compareDecimals,
  formatDecimal,
  negateDecimal,
  parseDecimal,
} from './decimal.js';

const add = (left: string, right: string): string =>
  formatDecimal(addDecimals(parseDecimal(left), parseDecimal(right)));
const integer = fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n });

describe('decimal', () => {
  test.each([
    ['1', '1'],
    ['007', '7'],
    ['-0', '0'],
    ['1.50', '1.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['+1e3', '1000'],
    ['1e-3', '0.001'],
    ['1200', '1200'],
    ['0e500', '0'],
  ])('canonicalNumber() of %s is %s', (text, canonical) => {
    expect(canonicalNumber(text)).toBe(canonical);
  });

  test.each(['', '.', 'x', 'NaN', 'Infinity', '0x10', '1_000', ' 1', '--1', '1.2.3', '1e'])(
    'canonicalNumber() refuses %j',
    (text) => {
      expect(() => canonicalNumber(text)).toThrow('numeric value');
    },
  );

  test('parseDecimal() refuses what DynamoDB cannot store', () => {
    expect(() => parseDecimal('1e126')).toThrow('overflow');
    expect(() => parseDecimal('1e-131')).toThrow('underflow');
    expect(() => parseDecimal('1'.repeat(39))).toThrow('38 significant digits');
    expect(formatDecimal(parseDecimal(`${'1'.repeat(38)}00`))).toBe(`${'1'.repeat(38)}00`);
  });

  test('addDecimals() is exact where doubles are not', () => {
    expect(add('0.1', '0.2')).toBe('0.3');
    expect(add('9007199254740993', '2')).toBe('9007199254740995');
    expect(add('123.456', '-0.456')).toBe('123');
    expect(add('99999999999999999999999999999999999999', '1')).toBe(`1${'0'.repeat(38)}`);
    expect(() => add('1e125', '1')).toThrow('38 significant digits');
  });

  test('addDecimals() agrees with bigint on integers', () => {
    fc.assert(
      fc.property(integer, integer, (left, right) => {
        expect(add(String(left), String(right))).toBe(String(left + right));
      }),
      { seed: 1 },
    );
  });

  test('compareDecimals() orders by value and negateDecimal() turns the order round', () => {
    fc.assert(
      fc.property(integer, integer, fc.integer({ min: -50, max: 50 }), (left, right, shift) => {
        const [a, b] = [parseDecimal(`${left}e${shift}`), parseDecimal(`${right}e${shift}`)];
        const order = left < right ? -1 : left > right ? 1 : 0;
        expect(compareDecimals(a, b)).toBe(order);
        expect(compareDecimals(negateDecimal(b), negateDecimal(a))).toBe(order);
      }),
      { seed: 1 },
    );
  });
});
