import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

import type { Codec } from './codec.js';
import { InvalidInputError, UnreadableRowError, show } from './errors.js';

/**
 * Stores values as native attributes (maps, lists, sets, binaries), so that the console, PartiQL
 * and other programs can read them. It is an entry point of its own, `@x/dynamo-core/document-codec`,
 * because it needs the SDK's marshaller (`@aws-sdk/util-dynamodb`, which `@aws-sdk/lib-dynamodb`
 * brings along).
 *
 * `Uint8Array` and a `Set` of one type come back as themselves; properties that are `undefined` are
 * left out; a `bigint` comes back as a number when it fits one exactly. What the marshaller would
 * drop or change without a word (functions, holes in arrays, a `Map`, other binary types, sets of
 * several types) is refused with an `InvalidInputError`.
 *
 * @example
 * ```ts
 * import { documentCodec } from '@x/dynamo-core/document-codec';
 *
 * const attribute = documentCodec.encode({ name: 'Ada' }, 'user-1'); // { M: { name: { S: 'Ada' } } }
 * ```
 */
export const documentCodec: Codec<unknown> = {
  encode(value, key) {
    const field = `the value of "${key}"`;
    try {
      if (value === undefined) throw lost(value);
      checkPart(value);
      return marshall({ value }, { removeUndefinedValues: true })['value'] ?? { NULL: true };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const allowed = `something that DynamoDB has a type for (${reason})`;
      throw new InvalidInputError(field, value, allowed, { cause });
    }
  },
  decode(attribute, key) {
    try {
      return unmarshall({ value: attribute })['value'] as unknown;
    } catch (cause) {
      throw new UnreadableRowError(key, 'its data has no JavaScript form', { cause });
    }
  },
};

/** Throws for what the marshaller would drop or change. It throws by itself for all the rest. */
function checkPart(part: unknown): void {
  if (Array.isArray(part)) {
    for (const element of part) checkElement(element);
  } else if (part instanceof Set) {
    checkSet(part);
  } else if (typeof part === 'object' && part !== null && !(part instanceof Uint8Array)) {
    checkObject(part);
  } else if (typeof part === 'function') {
    throw lost(part);
  }
}

function checkElement(element: unknown): void {
  if (element === undefined) throw lost(element);
  checkPart(element);
}

function checkSet(set: ReadonlySet<unknown>): void {
  const types = new Set<string>();
  for (const element of set) {
    checkElement(element);
    types.add(typeof element);
  }
  if (types.size > 1) throw new TypeError('the types of its elements would be lost');
}

function checkObject(part: object): void {
  if (Object.prototype.toString.call(part) !== '[object Object]') throw lost(part);
  for (const [name, value] of Object.entries(part)) {
    if (name === '__proto__') throw new TypeError('its property "__proto__" would be lost');
    checkPart(value);
  }
}

function lost(part: unknown): TypeError {
  return new TypeError(`${show(part)} would be lost`);
}
