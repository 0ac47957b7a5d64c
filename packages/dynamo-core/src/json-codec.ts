import { S } from './attribute-value.js';
import type { Codec } from './codec.js';
import { InvalidInputError, UnreadableRowError } from './errors.js';

/**
 * Values as JSON text, as the original wrote them. The default.
 *
 * Takes what JSON brings back as it was: strings, finite numbers, booleans, `null`, arrays and
 * plain objects of these. A property that is `undefined` is left out, as if it were not there; an
 * instance of a class comes back as a plain object of its properties, and -0 as 0. An object with
 * a `toJSON` (a `Date`) is stored, and comes back, as what that returns. Everything else
 * (`undefined`, functions, symbols, `bigint`, `NaN`, infinities, invalid dates, `Map`, `Set`, cycles
 * …) is refused with an `InvalidInputError`.
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
    } catch (cause) {
      throw new UnreadableRowError(key, 'its data is not valid JSON', { cause });
    }
  },
};

function toJson(value: unknown, key: string): string {
  try {
    const text = JSON.stringify(value, checkPart) as string | undefined;
    if (text !== undefined) return text;
  } catch (cause) {
    throw refused(value, key, cause);
  }
  throw refused(value, key, undefined);
}

function refused(value: unknown, key: string, cause: unknown): InvalidInputError {
  const part = cause instanceof Error ? ` (${cause.message})` : '';
  return new InvalidInputError(
    `the value of "${key}"`,
    value,
    `something that JSON brings back as it was${part}`,
    { cause },
  );
}

/** A replacer that replaces nothing and throws for what JSON would lose. */
function checkPart(this: unknown, name: string, part: unknown): unknown {
  if (part === null && (this as Record<string, unknown>)[name] instanceof Date) {
    throw new TypeError(`at "${name}": an invalid date would be lost`);
  }
  if (isLossless(part) || (part === undefined && isLeftOut(this, name))) return part;
  throw new TypeError(`at "${name}": ${Object.prototype.toString.call(part)} would be lost`);
}

function isLeftOut(holder: unknown, name: string): boolean {
  return name !== '' && !Array.isArray(holder);
}

function isLossless(part: unknown): boolean {
  switch (typeof part) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(part);
    case 'object':
      return part === null || Array.isArray(part) || isPlain(part);
    default:
      return false;
  }
}

/** Objects of built-in types keep their content where JSON does not look. */
function isPlain(part: object): boolean {
  return Object.prototype.toString.call(part) === '[object Object]';
}
