import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { fromPagePointer, toPagePointer } from './page-pointer.js';

it('fromPagePointer() brings every key back', () => {
  const attribute = fc.oneof(
    fc.record({ S: fc.string({ unit: 'binary' }) }),
    fc.record({ N: fc.integer().map(String) }),
    fc.record({ B: fc.uint8Array() }),
  );
  fc.assert(
    fc.property(attribute, attribute, (partition, sort) => {
      const key = { partition, sort };
      expect(fromPagePointer('from', toPagePointer(key))).toEqual(key);
    }),
    { seed: 1 },
  );
});

it('toPagePointer() makes text that travels in a URL', () => {
  expect(toPagePointer({ key: { S: 'ä?&/+ €😀' } })).toMatch(/^[\w-]+$/);
});

const encoded = (text: string): string => Buffer.from(text).toString('base64url');
it.each([
  '',
  'x',
  '%%%',
  encoded('5'),
  encoded('null'),
  encoded('[]'),
  encoded('{}'),
  encoded('{"key":"a"}'),
  undefined as never,
  5 as never,
])('fromPagePointer() refuses %j', (pointer) => {
  expect(() => fromPagePointer('from', pointer)).toThrow(
    expect.objectContaining({ code: 'InvalidInput', field: 'from' }),
  );
});
