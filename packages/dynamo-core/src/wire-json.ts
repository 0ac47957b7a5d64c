import { nodeModule } from './node-module.js';

/**
 * Wire shapes as JSON, with the bytes of binary attributes as base64. Nothing in a wire shape has a
 * string under any other name than `S` and `N`, so that the mark is never mistaken.
 */
const binaryMark = 'base64';

/** Attributes or rows as text that can travel. */
export function toWireJson(value: unknown): string {
  return JSON.stringify(value, binaryToText);
}

/** What `toWireJson` made the text of. Throws for text that is not JSON. */
export function fromWireJson(text: string): unknown {
  return JSON.parse(text, textToBinary);
}

/** Also what codecs take beside wire shapes, for digests: it is never read back. */
function binaryToText(this: unknown, name: string, part: unknown): unknown {
  const original = (this as Record<string, unknown>)[name];
  if (typeof original === 'bigint') return { bigint: String(original) };
  const { types } = nodeModule('node:util');
  const isSet = types.isSet(original);
  // In any order, like the names of objects.
  if (isSet || types.isMap(original)) return { isSet, of: Array.from(original, toWireJson).sort() };
  if (!types.isUint8Array(original)) return part;
  return { [binaryMark]: Buffer.from(original).toString('base64') };
}

function textToBinary(_name: string, part: unknown): unknown {
  const text = (part as Record<string, unknown> | null)?.[binaryMark];
  return typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64')) : part;
}
