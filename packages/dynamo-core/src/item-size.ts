import { utf8Bytes } from './attributes.js';
import type { CallerKey } from './errors.js';
import { ItemTooLargeError } from './write-errors.js';
import type { AttributeValue, Item } from './transport.js';

/** The largest row that DynamoDB stores: 400 KB, names and values together. */
export const itemBytesMax: number = 409_600;

/**
 * The size of a row as DynamoDB counts it: the UTF-8 bytes of names and strings, one byte for each
 * two digits of a number, three bytes for each list or map and one for each element.
 *
 * Source: "DynamoDB Item sizes and formats" in the Amazon DynamoDB Developer Guide.
 */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += utf8Bytes(name) + valueBytes(item[name] as AttributeValue);
  return bytes;
}

/** Throws an `ItemTooLargeError` for a row that DynamoDB would refuse. */
export function checkItemSize(key: CallerKey, item: Item): void {
  const bytes = itemBytes(item);
  if (bytes > itemBytesMax) throw new ItemTooLargeError(key, bytes, itemBytesMax);
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return utf8Bytes(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.L !== undefined) return sum(value.L, (part) => 1 + valueBytes(part)) + 3;
  if (value.M !== undefined) return itemBytes(value.M) + Object.keys(value.M).length + 3;
  if (value.SS !== undefined) return sum(value.SS, utf8Bytes);
  if (value.NS !== undefined) return sum(value.NS, numberBytes);
  if (value.BS !== undefined) return sum(value.BS, (part) => part.byteLength);
  return 0;
}

function numberBytes(text: string): number {
  const { digits, negative } = parseDecimal(text);
  return Math.ceil(digits.length / 2) + 1 + (negative ? 1 : 0);
}

function sum<T>(parts: readonly T[], bytes: (part: T) => number): number {
  return parts.reduce((total, part) => total + bytes(part), 0);
}

/** A decimal number, taken apart so that it has one form only. */
export interface Decimal {
  readonly negative: boolean;
  /** From the first digit that is not zero to the last one; empty for zero. */
  readonly digits: string;
  /** The power of ten of the last digit. */
  readonly exponent: number;
}

/**
 * Reads a number attribute's text. DynamoDB answers with a spelling of its own (`1E3` comes back as
 * `1000`), and a JavaScript number would merge what differs after 17 digits.
 */
export function parseDecimal(text: string): Decimal {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace(/^[-+]/, '').split('.');
  const all = whole + fraction;
  const trimmed = all.replace(/0+$/, '');
  const digits = trimmed.replace(/^0+/, '');
  if (digits === '') return { negative: false, digits, exponent: 0 };
  const exponent = Number(power) - fraction.length + (all.length - trimmed.length);
  return { negative: text.startsWith('-'), digits, exponent };
}
