import { type Codec, jsonCodec } from './attributes.js';
import { InvalidInputError } from './errors.js';
import { UnreadableRowError, keyText } from './primitive-errors.js';
import { checkMethods } from './input-checks.js';

/**
 * The part of a validator that is used: the interface of Standard Schema, which zod, valibot,
 * arktype and others implement.
 *
 * Source: "Standard Schema", version 1.
 */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

/** What a validator answers: the value, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Validates values on write and on read. What the schema returns is what is stored and what is
 * handed out, so that a schema which transforms must accept its own output. A value that does not
 * pass is an `InvalidInputError` on write and an `UnreadableRowError` on read. A schema that answers with a
 * promise gets the value itself: leave it unchanged until the write is done.
 *
 * @example
 * ```ts
 * import { schemaCodec, type StandardSchema } from '@x/dynamo-core';
 *
 * // Any validator that implements Standard Schema fits, for example `z.string()`.
 * const text: StandardSchema<string> = {
 *   '~standard': {
 *     validate: (value) =>
 *       typeof value === 'string' ? { value } : { issues: [{ message: 'not a string' }] },
 *   },
 * };
 * const codec = schemaCodec(text);
 * ```
 */
export function schemaCodec<V>(
  schema: StandardSchema<V>,
  inner: Codec<unknown> = jsonCodec,
): Codec<V> {
  const { validate } = Object(Object(schema)['~standard']) as Partial<
    StandardSchema<V>['~standard']
  >;
  if (typeof validate !== 'function') {
    throw new InvalidInputError('schema', schema, 'a Standard Schema, such as one of zod');
  }
  checkMethods('inner', inner, 'encode', 'decode');
  return {
    async encode(value, key) {
      const answer = schema['~standard'].validate(value);
      // At once where it can be: the caller may change the value after the call.
      const result = 'then' in answer ? await answer : answer;
      if (result.issues === undefined) return inner.encode(result.value, key);
      const allowed = `valid for its schema${describe(result.issues)}`;
      const field = `the value of "${keyText(key)}"`;
      throw new InvalidInputError(field, value, allowed, { isData: true });
    },
    async decode(attribute, key, call) {
      const result = await schema['~standard'].validate(await inner.decode(attribute, key, call));
      if (result.issues === undefined) return result.value;
      throw new UnreadableRowError(key, `it does not fit its schema${describe(result.issues)}`);
    },
  };
}

/** Where a value does not fit. Not the messages of the issues: many validators quote the value. */
function describe(issues: readonly SchemaIssue[]): string {
  const paths = issues.flatMap(({ path = [] }) => (path.length === 0 ? [] : [pathText(path)]));
  return paths.length === 0 ? '' : `, which it is not at ${paths.join(', ')}`;
}

function pathText(path: NonNullable<SchemaIssue['path']>): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}
