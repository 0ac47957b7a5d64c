import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { roundTrip, withoutNegativeZero } from '../test/round-trip.js';
import { documentCodec } from './document-codec.js';

describe('documentCodec', () => {
  it('brings every value back or refuses it', async () => {
    const anything = fc.anything({ withMap: true, withSet: true, withTypedArray: true });
    const refusal = expect.objectContaining({ code: 'InvalidInput', field: 'the value of "k"' });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const outcome = await roundTrip(documentCodec, value);
        if ('back' in outcome) accepted += 1;
        expect(outcome).toEqual(
          'back' in outcome ? { back: withoutNegativeZero(value) } : { refusal },
        );
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  it.each([
    ['text', 'a', { S: 'a' }],
    ['a number', 1.5, { N: '1.5' }],
    ['true', true, { BOOL: true }],
    ['null', null, { NULL: true }],
    ['a list', ['a', 1], { L: [{ S: 'a' }, { N: '1' }] }],
    ['a map', { a: { b: 1 } }, { M: { a: { M: { b: { N: '1' } } } } }],
    ['a set', new Set(['a', 'b']), { SS: ['a', 'b'] }],
    ['bytes', new Uint8Array([1, 2]), { B: new Uint8Array([1, 2]) }],
    ['a large bigint', 2n ** 64n, { N: '18446744073709551616' }],
  ])('stores %s natively and brings it back', async (_, value, attribute) => {
    expect(await documentCodec.encode(value, 'k')).toEqual(attribute);
    expect(await documentCodec.decode(attribute, 'k')).toEqual(value);
  });

  it('brings a bigint that fits a number back as one', async () => {
    expect(await documentCodec.decode(await documentCodec.encode(7n, 'k'), 'k')).toBe(7);
  });

  it('leaves out properties that are undefined', async () => {
    expect(await documentCodec.encode({ a: undefined, b: 1 }, 'k')).toEqual({
      M: { b: { N: '1' } },
    });
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a method, which the marshaller would drop', { call() {} }],
    ['undefined in an array, which would close up', [1, undefined, 2]],
    ['a Map, which would come back as an object', new Map([['a', 1]])],
    ['a set of several types, which would become one', new Set(['a', 1])],
    ['undefined in a set', new Set([1, undefined])],
    ['an empty set', new Set()],
    ['a property called __proto__', JSON.parse('{"__proto__":1}')],
    ['a boxed number', Object(1)],
    ['binaries of another type', new Float64Array([1])],
    ['a symbol', Symbol('s')],
    ['NaN', Number.NaN],
    ['a number past 2^53', 2 ** 60],
    ['a Date', new Date(0)],
    [
      'an instance of a class',
      new (class User {
        name = 'Ada';
      })(),
    ],
    ['a cycle', cycle],
    ['a nested Map', { a: [new Map()] }],
  ])('refuses %s', (_, value) => {
    expect(() => documentCodec.encode(value, 'user-1')).toThrow(
      expect.objectContaining({ code: 'InvalidInput', field: 'the value of "user-1"' }),
    );
  });

  it('decode() of what has no JavaScript form names the key', () => {
    expect(() => documentCodec.decode({ N: '1e21' }, 'user-1')).toThrow(
      expect.objectContaining({ code: 'UnreadableRow', key: 'user-1' }),
    );
  });
});
