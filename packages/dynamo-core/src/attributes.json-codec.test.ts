import { inspect } from 'node:util';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { roundTrip, withoutNegativeZero } from '../test/round-trip.js';
import { jsonCodec } from './attributes.js';

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
    const refusal = expect.objectContaining({ code: 'InvalidInput', field: 'the value of "k"' });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const outcome = await roundTrip(jsonCodec, value);
        if ('back' in outcome) accepted += 1;
        expect(outcome).toEqual(
          'back' in outcome ? { back: withoutNegativeZero(value) } : { refusal },
        );
      }),
      { numRuns: 2_000, seed: 1 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  it('brings back all of JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        expect(await roundTrip(jsonCodec, value)).toEqual({ back: withoutNegativeZero(value) });
      }),
      { seed: 1 },
    );
  });

  it.each([[0], [false], [''], [null], ['456'], [[]], [{}], [{ __proto__: null }]])(
    'brings back %j as it was',
    async (value) => {
      expect(await roundTrip(jsonCodec, value)).toEqual({ back: value });
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
    ['what has a toJSON() of nothing', { toJSON: () => undefined }],
  ])('refuses %s', (_, value) => {
    expect(() => jsonCodec.encode(value, 'user-1')).toThrow(
      expect.objectContaining({ code: 'InvalidInput', field: 'the value of "user-1"' }),
    );
  });

  it('quotes nothing of a text that it cannot read', () => {
    let error: unknown;
    try {
      jsonCodec.decode({ S: 'hunter2' }, 'k');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'UnreadableRow' });
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  });

  it.each([
    ['NaN', Number.NaN],
    ['undefined', [undefined]],
    ['bigint', 4242n],
    ['an instance of Map', new Map([['hunter2', 4242]])],
    ['an instance of Date', new Date(Number.NaN)],
  ])('says that %s would be lost, and nothing of the value that holds it', async (what, part) => {
    const encode = async () => jsonCodec.encode({ hunter2: { deep: part } }, 'k');
    const error = await encode().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining(`(${what} would be lost)`) });
    expect((error as Error).message).not.toContain('4242');
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  });

  it('leaves out properties that are undefined', async () => {
    expect(await jsonCodec.encode({ a: undefined, b: 1 }, 'k')).toEqual({ S: '{"b":1}' });
  });

  it('stores what toJSON() returns', async () => {
    const at = new Date('2024-01-01T00:00:00Z');
    expect(await roundTrip(jsonCodec, { at })).toEqual({
      back: { at: '2024-01-01T00:00:00.000Z' },
    });
  });

  it('keeps halves of surrogate pairs and a key that is called __proto__', async () => {
    const value = JSON.parse('{"__proto__":{"x":1},"s":"\\ud800"}') as object;
    const back = (await jsonCodec.decode(await jsonCodec.encode(value, 'k'), 'k')) as object;
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
