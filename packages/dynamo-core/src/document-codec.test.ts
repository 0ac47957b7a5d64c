import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { roundTrip, withoutNegativeZero } from '../test/round-trip.js';
import type { Item } from './transport.js';
import { documentCodec } from './document-codec.js';

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { a: nested(levels - 1) };
}

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
      { numRuns: 2_000, seed: 1 },
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

  it('brings back of a Buffer the bytes, which equal themselves', async () => {
    const value = { one: Buffer.from('a'), all: new Set([Buffer.from('b')]) };
    const attribute = await documentCodec.encode(value, 'k');
    expect(await documentCodec.decode(attribute, 'k')).toStrictEqual({
      one: new Uint8Array([97]),
      all: new Set([new Uint8Array([98])]),
    });
  });

  it('copies bytes when it is called', async () => {
    const bytes = new Uint8Array([1]);
    const attribute = await documentCodec.encode([bytes], 'k');
    bytes[0] = 2;
    expect(attribute).toEqual({ L: [{ B: new Uint8Array([1]) }] });
  });

  it.each([
    ['large ones', new Set([1n, 2n ** 64n]), new Set([1n, 2n ** 64n])],
    ['small ones', new Set([1n, 2n]), new Set([1, 2])],
    ['one beside a number', new Set([1, 2n ** 64n]), new Set([1n, 2n ** 64n])],
  ])('a set of bigints can be written again: %s', async (_, value, back) => {
    const decoded = await documentCodec.decode(await documentCodec.encode(value, 'k'), 'k');
    expect(decoded).toStrictEqual(back);
    expect(await documentCodec.decode(await documentCodec.encode(decoded, 'k'), 'k')).toStrictEqual(
      back,
    );
  });

  it('reads a stored __proto__ as a property of its own', async () => {
    const M = JSON.parse('{"__proto__":{"M":{"admin":{"BOOL":true}}}}') as Item;
    const value = (await documentCodec.decode({ M }, 'k')) as { admin?: boolean };
    expect(value.admin).toBeUndefined();
    expect(Object.entries(value)).toEqual([['__proto__', { admin: true }]]);
  });

  it('takes what DynamoDB takes at most: 32 levels, 38 digits, names of 64 KB', async () => {
    for (const value of [nested(31), BigInt('9'.repeat(38)), 1e-130, { ['n'.repeat(65_535)]: 1 }]) {
      expect(await roundTrip(documentCodec, value)).toEqual({ back: value });
    }
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
    ['what calls itself bytes', { [Symbol.toStringTag]: 'Uint8Array', lost: 1 }],
    ['what calls itself a set', { [Symbol.toStringTag]: 'Set', *[Symbol.iterator]() {} }],
    [
      'an instance of a class',
      new (class User {
        name = 'Ada';
      })(),
    ],
    ['a cycle', cycle],
    ['a number that is too small', 5e-324],
    ['a number just below the smallest', 1e-131],
    ['a number above the largest', 10n ** 126n],
    ['39 digits', BigInt('1'.repeat(39))],
    ['33 levels', nested(32)],
    [
      '33 levels of lists',
      { a: Array.from({ length: 31 }).reduce((inner) => [inner], 1), b: nested(31) },
    ],
    ['an empty name', { a: { '': 1 } }],
    ['a name of 70 kB', { ['n'.repeat(70_000)]: 1 }],
    ['half a surrogate pair', ['a\ud800']],
    ['half a surrogate pair in a name', { 'a\udc00': 1 }],
    ['half a surrogate pair in a set', new Set(['a\ud800'])],
    ['a set of bytes that are the same', new Set([Buffer.from('a'), new Uint8Array([97])])],
    ['a set of numbers that are the same', new Set([1, 1n])],
    ['a hole in an array', Array(2)],
    ['a nested Map', { a: [new Map()] }],
  ])('refuses %s', (_, value) => {
    expect(() => documentCodec.encode(value, 'user-1')).toThrow(
      expect.objectContaining({ code: 'InvalidInput', field: 'the value of "user-1"' }),
    );
  });

  it.each([2 ** 60, -(2 ** 53), 1e-131, 10n ** 126n, 'hunter2\ud800', { hunter2: () => 1 }])(
    'says nothing of a value that it refuses',
    async (value) => {
      const encode = async () => documentCodec.encode([value], 'k');
      const { message } = (await encode().catch((error: unknown) => error)) as Error;
      expect(message).toMatch(/^Cannot use an instance of Array as the value of "k"/);
      expect(message).not.toMatch(/hunter2|\d{16}|1e-|000/);
    },
  );

  it('decode() of what has no JavaScript form names the key', () => {
    expect(() => documentCodec.decode({ L: [{ N: '9007199254740993.5' }] }, 'user-1')).toThrow(
      expect.objectContaining({ code: 'UnreadableRow', key: 'user-1' }),
    );
  });
});
