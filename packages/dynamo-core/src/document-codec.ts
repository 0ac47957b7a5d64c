import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

import type { Codec } from './codec.js';
import { InvalidInputError, UnreadableRowError } from './errors.js';

/**
 * Stores values as native attributes (maps, lists, sets, binaries), so that the console, PartiQL
 * and other programs can read them. It is an entry point of its own, `@x/dynamo-core/document-codec`,
 * because it needs the SDK's marshaller (`@aws-sdk/util-dynamodb`, which `@aws-sdk/lib-dynamodb`
 * brings along).
 *
 * `Set` and `Uint8Array` come back as themselves; properties that are `undefined` are left out; a
 * `bigint` comes back as a number when it fits one exactly.
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
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
      throw new InvalidInputError(field, value, 'something that DynamoDB has a type for');
    }
    try {
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
