import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { fromPagePointer, toPagePointer } from './pages.js';

it('fromPagePointer() brings every key back', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' }), (id, prefix) => {
      expect(fromPagePointer('from', toPagePointer(prefix + id), prefix)).toBe(id);
    }),
    { seed: 1 },
  );
});

it('toPagePointer() makes text that travels in a URL', () => {
  expect(toPagePointer('ä?&/+ €😀')).toMatch(/^[\w-]+$/);
});

it.each([
  '',
  'x',
  '%%%',
  ` ${toPagePointer('mine.a')}`,
  `${toPagePointer('mine.a')}=`,
  toPagePointer('mine.'),
  toPagePointer('other.a'),
  Buffer.from('mine.\xff', 'latin1').toString('base64url'),
  undefined as never,
  5 as never,
])('fromPagePointer() refuses %j', (pointer) => {
  expect(() => fromPagePointer('from', pointer, 'mine.')).toThrow(
    expect.objectContaining({ code: 'InvalidInput', field: 'from' }),
  );
});
