import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { parseDecimal } from './item-size.js';

it.each([
  ['1000', '1E3'],
  ['1000', '1e+3'],
  ['1000', '+1000.00'],
  ['0.001', '1e-3'],
  ['0.001', '.001'],
  ['-12.5', '-00012.500'],
  ['0', '-0.00'],
  ['0', '0E10'],
  ['1000000000000000000000', '1e21'],
])('parseDecimal() reads %s and %s as the same number', (one, other) => {
  expect(parseDecimal(other)).toEqual(parseDecimal(one));
});

it('parseDecimal() tells numbers apart that a JavaScript number merges', () => {
  expect(parseDecimal('9007199254740993')).not.toEqual(parseDecimal('9007199254740992'));
  expect(parseDecimal('1')).not.toEqual(parseDecimal('-1'));
  expect(parseDecimal('1')).not.toEqual(parseDecimal('10'));
});

it('parseDecimal() loses nothing', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const { negative, digits, exponent } = parseDecimal(String(value));
      const back = Number(`${negative ? '-' : ''}${digits || '0'}e${exponent}`);
      expect(back === value).toBe(true);
    }),
    { seed: 1 },
  );
});
