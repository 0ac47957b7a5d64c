import { nodeModule } from './node-module.js';

/**
 * Wire shapes as JSON, with the bytes of binary attributes as base64. Nothing in a wire shape has a
 * string under any other name than `S` and `N`, so that no binary is taken for another attribute.
 */
export function toWireJson(value: unknown): string {
  return JSON.stringify(value, binaryToText);
}

/** Also what codecs take beside wire shapes, for digests. None of it is read back. */
function binaryToText(this: unknown, name: string, part: unknown): unknown {
  const original = (this as Record<string, unknown>)[name];
  if (typeof original === 'bigint') return { bigint: String(original) };
  const { types } = nodeModule('node:util');
  const isSet = types.isSet(original);
  // In any order, like the names of objects.
  if (isSet || types.isMap(original)) return { isSet, of: Array.from(original, toWireJson).sort() };
  if (!types.isUint8Array(original)) return part;
  return { base64: Buffer.from(original).toString('base64') };
}
