import { S } from './attribute-value.js';
import type { Codec } from './codec.js';
import { errorName } from './error-name.js';
import { InvalidInputError, UnreadableRowError, keyText, type CallerKey } from './errors.js';

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
  if (value === undefined) throw refused(value, key, undefined);
  try {
    return JSON.stringify(value, checkPart);
  } catch (cause) {
    throw refused(value, key, cause);
  }
}

function refused(value: unknown, key: CallerKey, cause: unknown): InvalidInputError {
  const part = errorName(cause) === undefined ? '' : ` (${(cause as Error).message})`;
  return new InvalidInputError(
    `the value of "${keyText(key)}"`,
    value,
    `something that JSON brings back as it was${part}`,
    { cause, isData: true },
  );
}

/** A replacer that replaces nothing and throws for what JSON would lose. */
function checkPart(this: unknown, name: string, part: unknown): unknown {
  if (part === null && (this as Record<string, unknown>)[name] instanceof Date) {
    throw new TypeError(`at "${name}": an invalid date would be lost`);
  }
  if (isLossless(part) || (part === undefined && !Array.isArray(this))) return part;
  throw new TypeError(`at "${name}": ${Object.prototype.toString.call(part)} would be lost`);
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
