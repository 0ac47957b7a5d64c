import { expect, it } from 'vitest';

import { N, S, numberOf, stringOf } from './attributes.js';

it('S() and N() make wire shapes', () => {
  expect(S('a')).toEqual({ S: 'a' });
  expect(N(1.5)).toEqual({ N: '1.5' });
  expect(N(2n ** 64n)).toEqual({ N: '18446744073709551616' });
});

it('stringOf() and numberOf() are undefined for other types and absent rows', () => {
  const item = { text: S('5'), number: N(5) };
  expect([stringOf(item, 'text'), stringOf(item, 'number'), stringOf(item, 'no')]).toEqual([
    '5',
    undefined,
    undefined,
  ]);
  expect([numberOf(item, 'number'), numberOf(item, 'text')]).toEqual([5, undefined]);
  expect(stringOf(undefined, 'text')).toBeUndefined();
});
