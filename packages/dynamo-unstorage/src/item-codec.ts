import { nodeModule } from '@x/dynamo-core/mechanism';
import { InvalidInputError, S, UnreadableRowError, type Codec } from '@x/dynamo-core';

/** What an item holds: the text that unstorage made of a value, or bytes. */
export type Item = string | Uint8Array;

/** Items as they are: text as a string, bytes as a binary attribute. What is JSON is JSON for `@x/dynamo-kv`. */
export const itemCodec: Codec<Item> = {
  encode: (item) => {
    if (typeof item === 'string') return S(item);
    if (ArrayBuffer.isView(item)) return { B: item };
    throw new InvalidInputError('the value', item, 'a text, or bytes', { isData: true });
  },
  decode: ({ S: text, B: bytes }, key) => {
    if (text !== undefined) return text;
    if (bytes !== undefined) return bytes;
    throw new UnreadableRowError(key, 'its data is neither text nor bytes');
  },
};

/** A raw value as an item, copied: a text, or the bytes of a buffer or a view of one. */
export function itemOf(key: string, value: unknown): Item {
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  }
  if (nodeModule('node:util').types.isAnyArrayBuffer(value)) {
    return new Uint8Array(value).slice();
  }
  const allowed = 'a text, an ArrayBuffer or a view of one; setItem() takes other values';
  throw new InvalidInputError(`the raw value of "${key}"`, value, allowed, { isData: true });
}

/** An item as text. */
export function textOf(item: Item): string {
  return typeof item === 'string' ? item : new TextDecoder().decode(item);
}
