import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jsonCodec } from './json-codec.js';

async function roundTrip(value: unknown): Promise<unknown> {
  return jsonCodec.decode(await jsonCodec.encode(value, 'k'), 'k');
}

describe('jsonCodec', () => {
  it('brings every value back or refuses it', async () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: false,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        let attribute;
        try {
          attribute = await jsonCodec.encode(value, 'k');
        } catch (error) {
          expect(error).toMatchObject({ code: 'InvalidInput', field: 'the value of "k"' });
          return;
        }
        accepted += 1;
        // -0 comes back as 0, as the docs say, and === does not tell them apart.
        expect(noNegativeZero(await jsonCodec.decode(attribute, 'k'))).toEqual(
          noNegativeZero(value),
        );
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  it('brings back all of JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        expect(noNegativeZero(await roundTrip(value))).toEqual(noNegativeZero(value));
      }),
    );
  });

  it.each([[0], [false], [''], [null], ['456'], [[]], [{}], [{ __proto__: null }]])(
    'brings back %j as it was',
    async (value) => {
      expect(await roundTrip(value)).toEqual(value);
    },
  );

  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  it.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
    ['bytes', new Uint8Array([1])],
    ['an error', new Error('lost')],
    ['a promise that nobody awaited', Promise.resolve(1)],
    ['an invalid date', new Date(Number.NaN)],
    ['a boxed number', Object(1)],
    ['a cycle', cycle],
    ['undefined in an array', [1, undefined]],
    // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
    ['a hole in an array', [1, , 2]],
    ['a nested NaN', { a: [{ b: Number.NaN }] }],
    ['a nested Map', { a: { b: new Map() } }],
  ])('refuses %s', (_, value) => {
    expect(() => jsonCodec.encode(value, 'user-1')).toThrow(
      expect.objectContaining({ code: 'InvalidInput', field: 'the value of "user-1"' }),
    );
  });

  it('says where in the value the trouble is', () => {
    expect(() => jsonCodec.encode({ deep: { gone: Number.NaN } }, 'k')).toThrow(/at "gone"/);
  });

  it('leaves out properties that are undefined', async () => {
    expect(await jsonCodec.encode({ a: undefined, b: 1 }, 'k')).toEqual({ S: '{"b":1}' });
  });

  it('stores what toJSON() returns', async () => {
    const at = new Date('2024-01-01T00:00:00Z');
    expect(await roundTrip({ at })).toEqual({ at: '2024-01-01T00:00:00.000Z' });
  });

  it('keeps halves of surrogate pairs and a key that is called __proto__', async () => {
    const value = JSON.parse('{"__proto__":{"x":1},"s":"\\ud800"}') as object;
    const back = (await roundTrip(value)) as object;
    expect(Object.keys(back)).toEqual(['__proto__', 's']);
    expect(back).toHaveProperty('s', '\ud800');
  });

  it.each([{ S: 'not json' }, { S: '' }, { N: '1' }, { B: new Uint8Array() }])(
    'decode() of %j names the key',
    (attribute) => {
      expect(() => jsonCodec.decode(attribute, 'user-1')).toThrow(
        expect.objectContaining({ code: 'UnreadableRow', key: 'user-1' }),
      );
    },
  );
});

function noNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(noNegativeZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, noNegativeZero(part)]),
  );
}
