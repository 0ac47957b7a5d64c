import { nodeModule } from '@x/dynamo-core/mechanism';
import {
  S,
  numberOf,
  UnreadableRowError,
  jsonCodec,
  type AttributeValue,
  type Codec,
} from '@x/dynamo-core';

/** A value as Keyv hands it over, and the last millisecond of its life. */
export interface StoredValue {
  readonly value: unknown;
  readonly endsAtMs?: number | undefined;
}

/**
 * Text is a string and bytes are binary, as `@keyv/dynamo` has them; other values (of a Keyv that does not
 * serialise) are JSON. What ends has its end beside it, as the row's own expiry counts whole seconds.
 */
export const storedValueCodec: Codec<StoredValue> = {
  encode: async (stored, key) => {
    const { value, endsAtMs } = stored;
    const isPlain = typeof value === 'string' || nodeModule('node:util').types.isUint8Array(value);
    if (isPlain && endsAtMs === undefined) return attributeOf(value);
    return {
      M: {
        ...(isPlain ? { value: attributeOf(value) } : { json: await jsonCodec.encode(value, key) }),
        // As it is when it is sent: a clock may have been corrected by then.
        ...(endsAtMs !== undefined && {
          endsAtMs: {
            get N() {
              return String(stored.endsAtMs);
            },
          },
        }),
      },
    };
  },
  decode: (attribute, key) => {
    const { value = attribute, json } = attribute.M ?? {};
    return {
      // When it is asked for: what cannot be read can be deleted all the same.
      get value() {
        const held = json === undefined ? valueOf(value) : jsonCodec.decode(json, key);
        if (held !== undefined) return held;
        throw new UnreadableRowError(key, 'its data is neither text nor bytes, and not of a Keyv');
      },
      endsAtMs: numberOf(attribute.M, 'endsAtMs'),
    };
  },
};

function attributeOf(value: string | Uint8Array): AttributeValue {
  return typeof value === 'string' ? S(value) : { B: value };
}

function valueOf({ S: text, B: bytes }: AttributeValue): string | Uint8Array | undefined {
  return text ?? bytes;
}
