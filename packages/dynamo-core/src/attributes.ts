import { InvalidInputError, show, type CallerKey } from './errors.js';
import { UnreadableRowError, keyText } from './primitive-errors.js';
import type { AttributeValue, Item } from './transport.js';
import { nodeModule } from './node-module.js';

/** A string attribute in wire shape. Refuses halves of surrogate pairs, see `checkWellFormed`. */
export function S(value: string): AttributeValue.SMember {
  checkWellFormed('a text to be stored', value);
  return { S: value };
}

/** A number attribute in wire shape. A `bigint` keeps all of its digits. */
export function N(value: number | bigint): AttributeValue.NMember {
  return { N: String(value) };
}

/** The string attribute `name` of a row, or `undefined` when it is absent or of another type. */
export function stringOf(item: Item | undefined, name: string): string | undefined {
  return item?.[name]?.S;
}

/** The number attribute `name` of a row, or `undefined` when it is absent or of another type. */
export function numberOf(item: Item | undefined, name: string): number | undefined {
  const digits = item?.[name]?.N;
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Throws for text with halves of surrogate pairs: stored or hashed, each of them is the same
 * replacement character, so that different texts would become one.
 */
export function checkWellFormed(field: string, text: string): void {
  if (!isWellFormed(text)) {
    throw new InvalidInputError(field, text, 'without halves of surrogate pairs', { isData: true });
  }
}

/** Whether all surrogates of a text come in pairs. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/**
 * How values become attributes and back. `decode(encode(value))` gives an equal value, or `encode`
 * throws: what cannot be read back is refused before it is sent.
 */
export interface Codec<V = unknown> {
  /** Throws an `InvalidInputError` that names `key` for a value that it cannot bring back. */
  encode(value: V, key: CallerKey): AttributeValue | Promise<AttributeValue>;
  /**
   * Throws an `UnreadableRowError` that names `key` for an attribute that it did not write. All that
   * one call of a table decodes comes with the same object `call`, which holds nothing.
   */
  decode(attribute: AttributeValue, key: CallerKey, call?: object): V | Promise<V>;
}

/**
 * Values as JSON text, as the original wrote them. The default.
 *
 * Values follow JSON: strings, finite numbers, booleans, `null`, arrays and plain objects of these
 * come back as they were. A `Date` is its ISO string, and any other object with a `toJSON` what that
 * returns; properties that are `undefined` are left out; an instance of a class is its own
 * properties; -0 is 0. What JSON would lose (`undefined` itself, functions, symbols, `bigint`, `NaN`,
 * infinities, invalid dates, `Map`, `Set`, sparse arrays, cycles …) is refused with an
 * `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { jsonCodec } from '@x/dynamo-core';
 *
 * console.log(jsonCodec.encode({ name: 'Ada' }, 'user-1')); // { S: '{"name":"Ada"}' }
 * ```
 */
export const jsonCodec: Codec<unknown> = {
  encode: (value, key) => S(toJson(value, key)),
  decode: (attribute, key) => {
    if (attribute.S === undefined) {
      throw new UnreadableRowError(key, 'its data is not a JSON string');
    }
    try {
      return JSON.parse(attribute.S) as unknown;
    } catch {
      // Without the cause: its message quotes the text.
      throw new UnreadableRowError(key, 'its data is not valid JSON');
    }
  },
};

function toJson(value: unknown, key: CallerKey): string {
  let lost: unknown;
  try {
    // `undefined` of nothing, and of what has a `toJSON` that answers nothing.
    const text = JSON.stringify(value, checkPart) as string | undefined;
    if (text !== undefined) return text;
  } catch (cause) {
    lost = cause;
  }
  const part = lost instanceof LostPart ? ` (${lost.message})` : '';
  throw new InvalidInputError(
    `the value of "${keyText(key)}"`,
    value,
    `something that JSON brings back as it was${part}`,
    { cause: lost, isData: true },
  );
}

/** Something within a value that JSON would lose: by its type, as its place may tell of the value. */
class LostPart extends TypeError {}

/** A replacer that replaces nothing and throws for what JSON would lose. */
function checkPart(this: unknown, name: string, part: unknown): unknown {
  const given = (this as Record<string, unknown>)[name];
  const isInvalidDate = part === null && nodeModule('node:util').types.isDate(given);
  const isLeftOut = part === undefined && !Array.isArray(this);
  if (isLeftOut || (isLossless(part) && !isInvalidDate)) return part;
  throw new LostPart(`${typeof given === 'bigint' ? 'bigint' : show(given)} would be lost`);
}

function isLossless(part: unknown): boolean {
  if (typeof part === 'object') return part === null || Array.isArray(part) || isPlain(part);
  return typeof part === 'string' || typeof part === 'boolean' || Number.isFinite(part);
}

/** Objects of built-in types keep their content where JSON does not look. */
function isPlain(part: object): boolean {
  return Object.prototype.toString.call(part) === '[object Object]';
}

/** Whether a text is so short that it fits beside all that a row may hold else. */
export function isShort({ S: text }: AttributeValue): boolean {
  return text !== undefined && text.length <= 50_000;
}

/** How many bytes a string takes in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** A copy of what the caller passed as `info`, as it will be read. */
export function copyOfInfo(info: unknown): unknown {
  if (info === undefined) return undefined;
  const bytesMax = 1_024;
  const allowed = `a value of at most ${bytesMax} bytes of JSON, which brings it back`;
  let json: string;
  try {
    json = (jsonCodec.encode(info, 'info') as { S: string }).S;
  } catch (cause) {
    throw new InvalidInputError('info', info, allowed, { cause, isData: true });
  }
  if (utf8Bytes(json) > bytesMax) {
    throw new InvalidInputError('info', info, allowed, { isData: true });
  }
  return JSON.parse(json) as unknown;
}
