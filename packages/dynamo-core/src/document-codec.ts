import type { AttributeValue } from './transport.js';
import { S, isWellFormed, type Codec, utf8Bytes } from './attributes.js';
import { errorName, InvalidInputError, show, type CallerKey } from './errors.js';
import { UnreadableRowError, keyText } from './primitive-errors.js';
import { nodeModule } from './node-module.js';
import { parseDecimal } from './item-size.js';
import { toWireJson } from './token-id.js';

/** Lists and maps within each other: what the innermost holds is DynamoDB's 32nd level. */
const depthMax = 31;
const nameBytesMax = 65_535;
/** What a number attribute holds. Source: "Data types" in the Amazon DynamoDB Developer Guide. */
const numbers = { digitsMax: 38, powerMin: -130, powerMax: 125 } as const;

/**
 * Stores values as native attributes (maps, lists, sets, binaries), so that the console, PartiQL
 * and other programs can read them. It is an entry point of its own, `@x/dynamo-core/document-codec`.
 *
 * Takes strings, numbers within the safe integers, `bigint`, booleans, `null`, arrays, plain objects,
 * `Uint8Array` and a `Set` of strings, numbers or bytes. Properties that are `undefined` are left
 * out; a `Buffer` comes back as a `Uint8Array`, -0 as 0, a `bigint` as a number when it fits one
 * exactly (in a set: when all do). Everything else, and what DynamoDB does not store (more than 38
 * digits, powers of ten outside -130 to 125, more than 32 levels, names that are empty or over
 * 64 KB, halves of surrogate pairs, empty sets), is refused with an `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { documentCodec } from '@x/dynamo-core/document-codec';
 *
 * const attribute = documentCodec.encode({ name: 'Ada' }, 'user-1'); // { M: { name: { S: 'Ada' } } }
 * ```
 */
export const documentCodec: DocumentCodec = {
  encode(value, key, depth = 0) {
    try {
      return encodePart(value, depth);
    } catch (cause) {
      const isError = errorName(cause) !== undefined;
      const reason = isError ? (cause as Error).message : String(cause);
      const allowed = `something that DynamoDB has a type for (${reason})`;
      throw new InvalidInputError(`the value of "${keyText(key)}"`, value, allowed, {
        cause,
        isData: true,
      });
    }
  },
  decode(attribute, key) {
    try {
      return decodePart(attribute);
    } catch (cause) {
      throw new UnreadableRowError(key, 'its data has no JavaScript form', { cause });
    }
  },
};

/** The codec, and a `depth` to begin with: -1 for a whole row, whose map is no level. */
interface DocumentCodec extends Codec {
  encode(value: unknown, key: CallerKey, depth?: number): ReturnType<Codec['encode']>;
}

function encodePart(part: unknown, depth: number): AttributeValue {
  switch (typeof part) {
    case 'string':
      return S(part);
    case 'number':
    case 'bigint':
      return { N: numberText(part) };
    case 'boolean':
      return { BOOL: part };
    case 'object':
      return part === null ? { NULL: true } : encodeObject(part, depth);
    default:
      throw lost(part);
  }
}

function encodeObject(part: object, depth: number): AttributeValue {
  // Not by their classes, as objects of another realm have others, nor by what they call themselves.
  const { types } = nodeModule('node:util');
  // A plain copy: a Buffer does not equal the bytes that come back.
  if (types.isUint8Array(part)) return { B: new Uint8Array(part) };
  if (types.isSet(part)) return encodeSet(Array.from(part));
  if (depth === depthMax) throw new TypeError('it has more than 32 levels');
  if (Array.isArray(part)) {
    return { L: Array.from(part as unknown[], (element) => encodePart(element, depth + 1)) };
  }
  const prototype: unknown = Object.getPrototypeOf(part);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw lost(part);
  if (Object.prototype.toString.call(part) !== '[object Object]') throw lost(part);
  const entries = Object.entries(part).filter(([, value]) => value !== undefined);
  return {
    M: Object.fromEntries(
      entries.map(([name, value]) => [checkedName(name), encodePart(value, depth + 1)]),
    ),
  };
}

function encodeSet(elements: readonly unknown[]): AttributeValue {
  const parts = elements.map((element) => encodePart(element, 0));
  const texts = parts.map(toWireJson);
  if (new Set(texts).size < texts.length) throw new TypeError('two of its elements are one');
  if (parts.length > 0) {
    if (parts.every(({ S: text }) => text !== undefined))
      return { SS: parts.map(({ S: text }) => text as string) };
    if (parts.every(({ N }) => N !== undefined)) return { NS: parts.map(({ N }) => N as string) };
    if (parts.every(({ B }) => B !== undefined))
      return { BS: parts.map(({ B }) => B as Uint8Array) };
  }
  throw new TypeError('a set holds one type of strings, numbers or bytes, and is not empty');
}

function numberText(value: number | bigint): string {
  if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
    throw Number.isFinite(value) ? new TypeError('a number beyond 2^53 is a bigint') : lost(value);
  }
  const text = String(value);
  const { digits, exponent } = parseDecimal(text);
  const power = exponent + digits.length - 1;
  if (digits.length > numbers.digitsMax || power < numbers.powerMin || power > numbers.powerMax) {
    throw new TypeError('DynamoDB has 38 digits, and powers of ten from -130 to 125');
  }
  return text;
}

function checkedName(name: string): string {
  if (name === '__proto__') throw new TypeError('other readers lose a property "__proto__"');
  if (name === '') throw new TypeError('DynamoDB has no empty names');
  if (utf8Bytes(name) > nameBytesMax) throw new TypeError('DynamoDB has names up to 64 KB');
  if (!isWellFormed(name)) throw new TypeError('its names have halves of surrogate pairs');
  return name;
}

function lost(part: unknown): TypeError {
  return new TypeError(`${show(part)} would be lost`);
}

function decodePart(attribute: AttributeValue): unknown {
  const { S: text, N, B, BOOL, NULL, L, M, SS, NS, BS } = attribute;
  if (text !== undefined) return text;
  if (N !== undefined) return decodeNumber(N);
  if (B !== undefined) return new Uint8Array(B);
  if (BOOL !== undefined) return BOOL;
  if (NULL !== undefined) return null;
  if (L !== undefined) return L.map(decodePart);
  // Not by assignment, which makes a prototype of "__proto__".
  if (M !== undefined)
    return Object.fromEntries(Object.entries(M).map(([name, part]) => [name, decodePart(part)]));
  if (SS !== undefined) return new Set(SS);
  if (NS !== undefined) return decodeNumbers(NS);
  if (BS !== undefined) return new Set(BS.map((bytes) => new Uint8Array(bytes)));
  throw new TypeError('its type is unknown');
}

function decodeNumber(text: string): number | bigint {
  const value = Number(text);
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  const { digits, exponent, negative } = parseDecimal(text);
  return BigInt(`${negative ? '-' : ''}${digits}${'0'.repeat(exponent)}`);
}

/** A set has one type: when one of whole numbers is a `bigint`, all are. */
function decodeNumbers(texts: readonly string[]): Set<number | bigint> {
  const values = texts.map(decodeNumber);
  const asBigints =
    values.some((value) => typeof value === 'bigint') &&
    values.every((value) => typeof value === 'bigint' || Number.isInteger(value));
  return new Set(asBigints ? values.map(BigInt) : values);
}
