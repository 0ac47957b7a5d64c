import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compressedCodec } from './compressed-codec.js';
import { documentCodec } from './document-codec.js';
import { jsonCodec } from './json-codec.js';
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

  it.each([{ fromBytes: -1 }, { fromBytes: 1.5 }, { unpackedBytesMax: 0 }])(
    'refuses the options %j',
    (options) => {
      expect(() => compressedCodec(options)).toThrow(
        expect.objectContaining({ field: Object.keys(options)[0] }),
      );
    },
  );
});
