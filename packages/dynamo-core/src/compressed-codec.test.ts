import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compressedCodec } from './compressed-codec.js';
import { documentCodec } from './document-codec.js';
import { jsonCodec } from './attributes.js';
import { schemaCodec } from './schema-codec.js';

const long = 'the same words again and again, '.repeat(100);

describe('compressedCodec()', () => {
  it('brings values of any size back', async () => {
    const codec = compressedCodec({ fromBytes: 16 });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        const back = await codec.decode(await codec.encode(value, 'k'), 'k');
        expect(JSON.stringify(back)).toBe(JSON.stringify(value));
      }),
      { seed: 1 },
    );
  });

  it('stores text up to 1024 bytes as it is, and compresses from 1025 on', async () => {
    const codec = compressedCodec();
    // Two bytes are the quotes.
    expect(await codec.encode('a'.repeat(1022), 'k')).toHaveProperty('S');
    expect(await codec.encode('a'.repeat(1023), 'k')).toHaveProperty('B');
    expect(await codec.encode('ä'.repeat(511), 'k')).toHaveProperty('S');
    expect(await codec.encode('ä'.repeat(512), 'k')).toHaveProperty('B');
  });

  it('refuses an inner codec that is none', () => {
    expect(() => compressedCodec({ inner: {} as never })).toThrow(/inner: it must be/);
  });

  it('stores brotli, smaller than the text', async () => {
    const { B = new Uint8Array() } = await compressedCodec().encode(long, 'k');
    expect(B.byteLength).toBeLessThan(long.length / 10);
    expect(brotliDecompressSync(B).toString()).toBe(JSON.stringify(long));
  });

  it('stores as it is what compression makes no smaller', async () => {
    const codec = compressedCodec({ fromBytes: 0 });
    expect(await codec.encode('q7', 'k')).toEqual({ S: '"q7"' });
  });

  it('reads rows that were written without it', async () => {
    expect(await compressedCodec().decode({ S: '{"a":1}' }, 'k')).toEqual({ a: 1 });
  });

  it('unpacks up to its limit and not a byte more', async () => {
    const codec = compressedCodec({ fromBytes: 0, unpackedBytesMax: 100 });
    const packed = (bytes: number): { B: Uint8Array } => ({
      B: brotliCompressSync(JSON.stringify('a'.repeat(bytes - 2))),
    });
    expect(await codec.decode(packed(100), 'k')).toHaveLength(98);
    await expect(codec.decode(packed(101), 'user-1')).rejects.toMatchObject({
      code: 'UnreadableRow',
      key: 'user-1',
    });
    await expect(codec.encode('a'.repeat(99), 'user-1')).rejects.toMatchObject({
      code: 'InvalidInput',
      field: 'the value of "user-1"',
    });
  });

  const packed = (bytes: number): { B: Uint8Array } => ({
    B: brotliCompressSync(JSON.stringify('a'.repeat(bytes - 2))),
  });

  it('unpacks for one call up to its limit and not a byte more, however many rows come at once', async () => {
    const codec = compressedCodec({ unpackedBytesMax: 60, unpackedBytesPerCallMax: 100 });
    const decode = (sizes: number[], call: object): Promise<PromiseSettledResult<unknown>[]> =>
      Promise.allSettled(sizes.map((size) => codec.decode(packed(size), `row ${size}`, call)));
    const full = await decode([40, 60], {});
    expect(full.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    const [first, second, third] = await decode([50, 51, 3], {});
    expect(first?.status).toBe('fulfilled');
    for (const [result, key] of [
      [second, 'row 51'],
      [third, 'row 3'],
    ] as const) {
      expect(result).toMatchObject({
        reason: { code: 'UnpackedTooLarge', name: 'UnpackedTooLargeError', key, limit: 100 },
      });
    }
  });

  it('gives each call a budget of its own, also around a schema', async () => {
    const schema = { '~standard': { validate: (value: unknown) => ({ value }) } };
    const inner = compressedCodec({ unpackedBytesMax: 60, unpackedBytesPerCallMax: 60 });
    const codec = schemaCodec(schema, inner);
    for (const call of [{}, {}, undefined, undefined]) {
      expect(await codec.decode(packed(60), 'k', call)).toHaveLength(58);
    }
    const call = {};
    await codec.decode(packed(60), 'a', call);
    await expect(codec.decode(packed(60), 'b', call)).rejects.toMatchObject({
      code: 'UnpackedTooLarge',
    });
  });

  it('a row over its own limit leaves the budget of the call', async () => {
    const codec = compressedCodec({ unpackedBytesMax: 50, unpackedBytesPerCallMax: 100 });
    const call = {};
    await expect(codec.decode(packed(51), 'k', call)).rejects.toMatchObject({
      code: 'UnreadableRow',
    });
    expect(await codec.decode(packed(50), 'k', call)).toHaveLength(48);
  });

  it('refuses text with halves of surrogate pairs, which bytes cannot hold', async () => {
    const inner = { encode: (value: unknown) => ({ S: String(value) }), decode: () => 1 };
    const codec = compressedCodec({ inner, fromBytes: 0 });
    await expect(codec.encode('a\ud800'.repeat(100), 'k')).rejects.toMatchObject({
      code: 'InvalidInput',
    });
  });

  it('decode() of bytes that are no brotli names the key', async () => {
    await expect(
      compressedCodec().decode({ B: new Uint8Array([1, 2, 3]) }, 'user-1'),
    ).rejects.toMatchObject({ code: 'UnreadableRow', key: 'user-1' });
  });

  it('works around a codec that is asynchronous', async () => {
    const schema = { '~standard': { validate: async (value: unknown) => ({ value }) } };
    const codec = compressedCodec({ inner: schemaCodec(schema) });
    expect(await codec.decode(await codec.encode(long, 'k'), 'k')).toBe(long);
  });

  it('refuses a codec that makes no text', async () => {
    const codec = compressedCodec({ inner: documentCodec });
    await expect(codec.encode({ a: 1 }, 'k')).rejects.toMatchObject({ field: 'inner' });
  });

  it('refuses what its inner codec refuses', async () => {
    const codec = compressedCodec({ inner: jsonCodec });
    await expect(codec.encode(undefined, 'k')).rejects.toMatchObject({ code: 'InvalidInput' });
  });

  it.each([
    { fromBytes: -1 },
    { fromBytes: 1.5 },
    { unpackedBytesMax: 0 },
    { unpackedBytesPerCallMax: 0 },
  ])('refuses the options %j', (options) => {
    expect(() => compressedCodec(options)).toThrow(
      expect.objectContaining({ field: Object.keys(options)[0] }),
    );
  });
});
