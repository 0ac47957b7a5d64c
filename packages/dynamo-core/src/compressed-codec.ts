import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';

import { InvalidInputError, type CallerKey } from './errors.js';
import { UnpackedTooLargeError, UnreadableRowError, keyText } from './primitive-errors.js';
import { checkWellFormed, type Codec, jsonCodec } from './attributes.js';
import { checkMethods, checkedOptions, within } from './input-checks.js';

/** What is compressed, and from which size on. */
export interface CompressedCodecOptions<V> {
  /** What makes text of a value. @default jsonCodec */
  readonly inner?: Codec<V> | undefined;
  /** Texts up to this many bytes are stored as they are. @default 1024 */
  readonly fromBytes?: number | undefined;
  /**
   * The most bytes that a stored value may unpack to: a guard against rows that were made to
   * exhaust the reader's memory.
   *
   * @default 16777216
   */
  readonly unpackedBytesMax?: number | undefined;
  /**
   * The most bytes that all values which one call reads (a `getMany`, a page of a listing) may unpack
   * to. Beyond it an `UnpackedTooLargeError` is thrown.
   *
   * @default four times `unpackedBytesMax`
   */
  readonly unpackedBytesPerCallMax?: number | undefined;
}

/** What one call has unpacked, row after row: a packed row does not say how large it is. */
interface Unpacking {
  bytes: number;
  last: Promise<unknown>;
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
export function compressedCodec<V = unknown>(options?: CompressedCodecOptions<V>): Codec<V> {
  const {
    inner = jsonCodec as Codec<V>,
    fromBytes = 1024,
    unpackedBytesMax = 16 * 1024 * 1024,
    unpackedBytesPerCallMax = 4 * unpackedBytesMax,
  } = checkedOptions(options, {
    inner: true,
    fromBytes: within(0),
    unpackedBytesMax: within(1),
    unpackedBytesPerCallMax: within(1),
  });
  checkMethods('inner', inner, 'encode', 'decode');
  const calls = new WeakMap<object, Unpacking>();

  async function unpack(packed: Uint8Array, key: CallerKey, call: Unpacking): Promise<string> {
    const left = unpackedBytesPerCallMax - call.bytes;
    try {
      const maxOutputLength = Math.min(unpackedBytesMax, Math.max(left, 1));
      const unpacked = await decompress(packed, { maxOutputLength });
      call.bytes += unpacked.byteLength;
      return unpacked.toString('utf8');
    } catch (cause) {
      if (
        left < unpackedBytesMax &&
        (cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
      ) {
        // What follows in this call is refused as well, so that its memory stays bounded.
        call.bytes = unpackedBytesPerCallMax;
        throw new UnpackedTooLargeError(key, unpackedBytesPerCallMax, { cause });
      }
      const reason = `its data is not brotli that unpacks to at most ${unpackedBytesMax} bytes`;
      throw new UnreadableRowError(key, reason, { cause });
    }
  }

  return {
    async encode(value, key) {
      const attribute = await inner.encode(value, key);
      if (attribute.S === undefined) {
        throw new InvalidInputError('inner', inner, 'a codec that makes text, to be compressed');
      }
      checkWellFormed(`the value of "${keyText(key)}"`, attribute.S);
      const text = Buffer.from(attribute.S, 'utf8');
      if (text.byteLength <= fromBytes) return attribute;
      if (text.byteLength > unpackedBytesMax) {
        const allowed = `of at most ${unpackedBytesMax} bytes unpacked, it has ${text.byteLength}`;
        throw new InvalidInputError(`the value of "${keyText(key)}"`, value, allowed, {
          isData: true,
        });
      }
      const packed = await compress(text, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: quality,
          [constants.BROTLI_PARAM_SIZE_HINT]: text.byteLength,
        },
      });
      return packed.byteLength < text.byteLength ? { B: packed } : attribute;
    },
    async decode(attribute, key, call = {}) {
      const { B: packed } = attribute;
      if (packed === undefined) return inner.decode(attribute, key, call);
      const unpacking = calls.get(call) ?? { bytes: 0, last: Promise.resolve() };
      calls.set(call, unpacking);
      const text = unpacking.last.then(() => unpack(packed, key, unpacking));
      unpacking.last = text.catch(() => undefined);
      return inner.decode({ S: await text }, key, call);
    },
  };
}
