import type { ConnectionOptions } from '@x/dynamo-core';
import {
  checkedOptions,
  connectionOptionNames,
  type keyRowMappings,
  type GivenMappings,
  checkKeyText,
  checkPositive,
  within,
} from '@x/dynamo-core/mechanism';

/** What a `DynamoSessionStore` is made with. */
export interface SessionStoreOptions extends ConnectionOptions {
  /**
   * What keys begin with: the row of a session has the key `<prefix><id of the session>`.
   *
   * @default 'sess:'
   */
  readonly prefix?: string | undefined;
  /**
   * How long a session lives whose cookie has no expiry of its own, in seconds above 0 from its last
   * use.
   *
   * @default 86,400
   */
  readonly ttlSeconds?: number | undefined;
  /**
   * How many rows of the table `all`, `length` and `clear` may read, a whole number of at least 1: they
   * scan.
   *
   * @default 100,000
   */
  readonly scanRowsMax?: number | undefined;
  /** Attribute names that differ from the usual ones (`key`, `data`, `version`, `expiresAt`). */
  readonly mappings?: GivenMappings<keyof typeof keyRowMappings> | undefined;
  /**
   * The longest that one request may take, with the SDK's repeats of it, in milliseconds: a page that
   * needs a session does not wait longer.
   *
   * @default 5,000
   */
  readonly requestMsMax?: number | undefined;
}

/** The options with their defaults. Throws an `InvalidInputError` for a bad one. */
export function resolveOptions(options: SessionStoreOptions | undefined): {
  readonly prefix: string;
  readonly ttlSeconds: number;
  readonly scanRowsMax: number;
  readonly connection: ConnectionOptions;
  readonly mappings: GivenMappings<keyof typeof keyRowMappings> | undefined;
} {
  const names = {
    ...connectionOptionNames,
    prefix: checkKeyText,
    ttlSeconds: checkPositive,
    scanRowsMax: within(1),
    mappings: true,
  } as const;
  const {
    prefix = 'sess:',
    ttlSeconds = 86_400,
    scanRowsMax = 100_000,
    requestMsMax = 5_000,
    mappings,
    ...connection
  } = checkedOptions(options, names);
  const bounded = { ...connection, requestMsMax };
  return { prefix, ttlSeconds, scanRowsMax, connection: bounded, mappings };
}
