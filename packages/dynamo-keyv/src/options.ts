import type { ConnectionOptions } from '@x/dynamo-core';
import {
  checkedOptions,
  connectionOptionNames,
  scanBound,
  type GivenMappings,
  within,
} from '@x/dynamo-core/mechanism';
import type { KeyValueField, KeyValueTableOptions } from '@x/dynamo-kv';

/** What a `DynamoKeyv` is made with. */
export interface DynamoKeyvOptions extends ConnectionOptions {
  /**
   * Keeps stores apart that share a table: a row has the key `<namespace>.<key>`, where the key begins
   * with the namespace of the Keyv, as that has it. With `''` it is the key alone.
   *
   * @default 'keyv'
   */
  readonly namespace?: string | undefined;
  /**
   * How many rows of the table `clear` and `iterator` may read, a whole number of at least 1: they scan.
   *
   * @default 100,000
   */
  readonly scanRowsMax?: number | undefined;
  /** Attribute names that differ from the usual ones (`key`, `data`, `version`, `expiresAt`). */
  readonly mappings?: GivenMappings<KeyValueField> | undefined;
}

/** The options with their defaults. Throws an `InvalidInputError` for a bad one. */
export function resolveOptions(options: DynamoKeyvOptions | undefined): {
  readonly table: KeyValueTableOptions;
  readonly bound: ReturnType<typeof scanBound>;
} {
  const names = {
    ...connectionOptionNames,
    namespace: true,
    scanRowsMax: within(1),
    mappings: true,
  } as const;
  const given = checkedOptions(options, names);
  const { namespace = 'keyv', scanRowsMax = 100_000, ...rest } = given;
  return { table: { ...rest, namespace }, bound: scanBound(scanRowsMax) };
}
