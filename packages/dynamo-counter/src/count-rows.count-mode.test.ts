import { InvalidInputError, UnreadableRowError } from '@x/dynamo-core';
import { describe, expect, test } from 'vitest';

import { countIn, giveCount } from './count-rows.js';
import { countMax, takeCount } from './requests.js';
import { UnsafeCountError } from './errors.js';

const safe = Number.MAX_SAFE_INTEGER;

describe('takeCount()', () => {
  test.each([0, -0, 1, -1, safe, -safe])('takes the number %d', (value) => {
    expect(takeCount('number', 'by', value)).toBe(BigInt(value));
  });

  test.each([0.5, Number.NaN, Infinity, -Infinity, 2 ** 53, 1n, '1', undefined, null])(
    'refuses %s as a number',
    (value) => {
      expect(() => takeCount('number', 'by', value as number)).toThrow(InvalidInputError);
    },
  );

  test.each([0n, countMax.bigint, -countMax.bigint])('takes the bigint %d', (value) => {
    expect(takeCount('bigint', 'by', value)).toBe(value);
  });

  test.each([1, countMax.bigint + 1n, -countMax.bigint - 1n, '1', undefined])(
    'refuses %s as a bigint',
    (value) => {
      expect(() => takeCount('bigint', 'by', value as bigint)).toThrow(InvalidInputError);
    },
  );
});

describe('giveCount()', () => {
  test('gives numbers to 2^53 - 1 and throws instead of rounding', () => {
    expect(giveCount('number', 'k', BigInt(safe))).toBe(safe);
    expect(giveCount('number', 'k', -BigInt(safe))).toBe(-safe);
    expect(() => giveCount('number', 'k', 2n ** 53n)).toThrow(UnsafeCountError);
    expect(() => giveCount('number', 'k', -(2n ** 53n))).toThrow(
      'Cannot read "k" as a number: its count -9007199254740992 is past 2^53 - 1',
    );
  });

  test('gives fractions as numbers, and not as bigints', () => {
    expect(giveCount('number', 'k', 1.5)).toBe(1.5);
    expect(() => giveCount('bigint', 'k', 1.5)).toThrow(UnreadableRowError);
    expect(() => giveCount('number', 'k', 2 ** 60)).toThrow(UnsafeCountError);
  });

  test('gives bigints as they are', () => {
    expect(giveCount('bigint', 'k', countMax.bigint)).toBe(countMax.bigint);
  });
});

describe('countIn()', () => {
  const parse = (digits: string | undefined) => countIn({ count: { N: digits as string } }, 'k');

  test.each(['0', '-17', '9'.repeat(38)])('reads %s', (digits) => {
    expect(parse(digits)).toBe(BigInt(digits));
    expect(parse(`${digits}.00`)).toBe(BigInt(digits));
  });

  test.each([
    ['1.5', 1.5],
    ['-0.1', -0.1],
  ])('reads the fraction %s, which the original allows', (digits, count) => {
    expect(parse(digits)).toBe(count);
  });

  test.each(['', undefined])('refuses %j', (digits) => {
    expect(() => parse(digits)).toThrow(UnreadableRowError);
  });
});
