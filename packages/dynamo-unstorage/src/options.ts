import type { ConnectionOptions } from '@x/dynamo-core';
import {
  checkedOptions,
  connectionOptionNames,
  scanBound,
  type GivenMappings,
  checkPositive,
  within,
} from '@x/dynamo-core/mechanism';
import type { KeyValueField, KeyValueTableOptions } from '@x/dynamo-kv';
import type { Driver } from 'unstorage';

/** What a driver is made with. */
export interface DynamoDriverOptions extends ConnectionOptions {
  /**
   * Keeps storages apart that share a table: an item has the key `<namespace>.<key>`.
   *
   * @default 'unstorage'
   */
  readonly namespace?: string | undefined;
  /**
   * How long an item lives that is set without a `ttl` of its own, in seconds above 0.
   *
   * @default for ever
   */
  readonly ttlSeconds?: number | undefined;
  /**
   * How many rows of the table `getKeys` and `clear` may read, a whole number of at least 1: they scan.
   *
   * @default 100,000
   */
  readonly scanRowsMax?: number | undefined;
  /** What Nitro hands over with the options: the name by which it found the driver. Not used here. */
  readonly driver?: string | undefined;
  /** Attribute names that differ from the usual ones (`key`, `data`, `version`, `expiresAt`). */
  readonly mappings?: GivenMappings<KeyValueField> | undefined;
}

/** The driver: all that unstorage may call, but `watch`. */
export type DynamoDriver = Required<Omit<Driver, 'options' | 'getInstance' | 'watch' | 'dispose'>>;

/** The options with their defaults. Throws an `InvalidInputError` for a bad one. */
export function resolveOptions(options: DynamoDriverOptions | undefined): {
  readonly table: KeyValueTableOptions;
  readonly ttlSeconds: number | undefined;
  readonly bound: ReturnType<typeof scanBound>;
} {
  const names = {
    ...connectionOptionNames,
    namespace: true,
    ttlSeconds: checkPositive,
    scanRowsMax: within(1),
    driver: true,
    mappings: true,
  } as const;
  const given = checkedOptions(options, names);
  const { namespace = 'unstorage', ttlSeconds, scanRowsMax = 100_000, driver: _, ...rest } = given;
  return { table: { ...rest, namespace }, ttlSeconds, bound: scanBound(scanRowsMax) };
}
