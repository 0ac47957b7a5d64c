import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';

import type { Codec } from './codec.js';
import { InvalidInputError, UnreadableRowError } from './errors.js';
import { checkInteger } from './input-checks.js';
import { jsonCodec } from './json-codec.js';

/** What is compressed, and from which size on. */
export interface CompressedCodecOptions<V> {
  /** What makes text of a value. @default jsonCodec */
  readonly inner?: Codec<V>;
  /** Texts up to this many bytes are stored as they are. @default 1024 */
  readonly fromBytes?: number;
  /**
   * The most bytes that a stored value may unpack to: a guard against rows that were made to
   * exhaust the reader's memory.
   *
   * @default 16777216
   */
  readonly unpackedBytesMax?: number;
}

const compress = /* @__PURE__ */ promisify(brotliCompress);
const decompress = /* @__PURE__ */ promisify(brotliDecompress);

/** From 4 to 5 brotli doubles its time for a few percent; below 4 it loses to gzip. */
const quality = 4;

/**
 * Stores long texts as brotli in a binary attribute, when that is smaller. Rows that were written
 * without it stay readable; the reverse is not true.
 *
 * @example
 * ```ts
 * import { compressedCodec } from '@x/dynamo-core';
 *
 * const codec = compressedCodec({ fromBytes: 4096 });
 * ```
 */
export function compressedCodec<V = unknown>(options: CompressedCodecOptions<V> = {}): Codec<V> {
  const {
    inner = jsonCodec as Codec<V>,
    fromBytes = 1024,
    unpackedBytesMax = 16 * 1024 * 1024,
  } = options;
  checkInteger('fromBytes', fromBytes, 0);
  checkInteger('unpackedBytesMax', unpackedBytesMax, 1);

  return {
    async encode(value, key) {
      const attribute = await inner.encode(value, key);
      if (attribute.S === undefined) {
        throw new InvalidInputError('inner', inner, 'a codec that makes text, to be compressed');
      }
      const text = Buffer.from(attribute.S, 'utf8');
      if (text.byteLength <= fromBytes) return attribute;
      if (text.byteLength > unpackedBytesMax) {
        const allowed = `of at most ${unpackedBytesMax} bytes unpacked, it has ${text.byteLength}`;
        throw new InvalidInputError(`the value of "${key}"`, value, allowed);
      }
      const packed = await compress(text, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: quality,
          [constants.BROTLI_PARAM_SIZE_HINT]: text.byteLength,
        },
      });
      return packed.byteLength < text.byteLength ? { B: packed } : attribute;
    },
    async decode(attribute, key) {
      if (attribute.B === undefined) return inner.decode(attribute, key);
      let text: string;
      try {
        const unpacked = await decompress(attribute.B, { maxOutputLength: unpackedBytesMax });
        text = unpacked.toString('utf8');
      } catch (cause) {
        const reason = `its data is not brotli that unpacks to at most ${unpackedBytesMax} bytes`;
        throw new UnreadableRowError(key, reason, { cause });
      }
      return inner.decode({ S: text }, key);
    },
  };
}
