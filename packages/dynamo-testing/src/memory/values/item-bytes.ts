import type { AttributeValue, Item } from '@x/dynamo-core';

import { digitsOf, parseDecimal } from './decimal.js';
import { setElements } from './value-type.js';

/** The size of an item as DynamoDB bills and limits it: the names and the values. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    bytes += Buffer.byteLength(name) + valueBytes(item[name] as AttributeValue);
  }
  return bytes;
}

/** The size of one value, without its name. */
export function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.length;
  if (value.L !== undefined) {
    // 3 bytes for the container and 1 for each element.
    return value.L.reduce((bytes, element) => bytes + 1 + valueBytes(element), 3);
  }
  if (value.M !== undefined) return 3 + itemBytes(value.M) + Object.keys(value.M).length;
  if (value.NS !== undefined) return value.NS.reduce((bytes, n) => bytes + numberBytes(n), 0);
  const elements = setElements(value);
  return elements ? elements.reduce((bytes, element) => bytes + Buffer.byteLength(element), 0) : 1;
}

/**
 * One byte for each two significant digits, counted before the point and behind it, one for the
 * exponent, one for a minus sign.
 */
function numberBytes(text: string): number {
  const { coefficient, exponent } = parseDecimal(text);
  if (coefficient === 0n) return 1;
  const digits = digitsOf(coefficient).length;
  const behind = Math.min(digits, Math.max(0, -exponent));
  const pairs = Math.ceil((digits - behind) / 2) + Math.ceil(behind / 2);
  return pairs + (coefficient < 0n ? 2 : 1);
}
