import {
  type CallOptions,
  type Codec,
  type ConnectionOptions,
  type ExpiryOptions,
  type GivenMappings,
  type Milliseconds,
  type PagePointer,
  type ReadOptions,
} from '@x/dynamo-core';
import { type ClearProgress, type OptionNames, checkKeyText } from '@x/dynamo-core/mechanism';

/** The attribute with the namespace of a row. */
export const namespaceName = 'ns';

/** Which attributes of its rows a `KeyValueTable` takes other names for. */
export type KeyValueField = 'partitionKeyFieldName' | 'dataFieldName' | 'md5' | 'ttlFieldName';

/** What a `KeyValueTable` is made with. */
export interface KeyValueTableOptions<V = unknown> extends ConnectionOptions {
  /**
   * What the keys of this table object begin with: the row of an id has the key `<namespace>.<id>`.
   * With `''` ids are keys as they are.
   *
   * @default 'global'
   */
  readonly namespace?: string | undefined;
  /** How values become attributes and back. @default jsonCodec */
  readonly codec?: Codec<V> | undefined;
  /** Attribute names that differ from the usual ones (`key`, `data`, `version`, `expiresAt`). */
  readonly mappings?: GivenMappings<KeyValueField> | undefined;
}

/** What a scan of the table has come to so far. */
export interface ScanProgress {
  /** Rows that DynamoDB has read, those of other namespaces included. All of them are billed. */
  readonly scanned: number;
  /** Rows that were handed out. */
  readonly matched: number;
  /** Read units that were consumed. */
  readonly capacity: number;
}

/** What every listing takes. */
export interface ScanOptions extends ReadOptions {
  /**
   * Only ids that contain this text, or whose whole key begins with it, where it begins with the
   * namespace (`'events.user-'`). It saves no read units: DynamoDB filters after reading.
   */
  readonly keyContains?: string | undefined;
  /**
   * Gets the error of each row that cannot be read, with its id; the scan goes on. Without it, the
   * first such row ends the scan with that error.
   */
  readonly onError?: ((error: Error, id: string) => unknown) | undefined;
  /** Called after each request, and awaited. Asks DynamoDB for the consumed capacity. */
  readonly onProgress?: ((progress: ScanProgress) => unknown) | undefined;
}

/** The names of `ScanOptions`. */
export const scanOptionNames: OptionNames<ScanOptions> = {
  consistent: 'boolean',
  signal: true,
  keyContains: checkKeyText,
  onError: 'function',
  onProgress: 'function',
};

/** Which page `listAll` answers with. */
export interface ListOptions extends ScanOptions {
  /** Where to go on: the `pagePointer` of the page before. @default the beginning */
  readonly pageItem?: PagePointer | undefined;
  /** The most items of the page. 1 or more. @default 1000 */
  readonly limit?: number | undefined;
}

/** How `streamAll` goes through the table. */
export interface StreamOptions extends ScanOptions {
  /** The least time from one request to the next of the same segment. @default 0 */
  readonly minimumDelayBetween?: Milliseconds | undefined;
  /** How many parts of the table are scanned at once, 1 to 1000000. @default 1 */
  readonly segments?: number | undefined;
}

/** Which ids are listed. */
export interface IdsOptions extends Pick<ScanOptions, 'consistent' | 'signal' | 'onProgress'> {
  /** Only ids that begin with this text. It saves no read units: DynamoDB filters after reading. */
  readonly prefix?: string | undefined;
}

/** How the clearing of a namespace is watched and stopped. */
export interface ClearOptions extends CallOptions {
  /** Is called after each hundred rows, and at the end. */
  readonly onProgress?: ((progress: ClearProgress) => unknown) | undefined;
}

/** A page of a listing. */
export interface KeyValueList<T> {
  readonly items: T[];
  /** Where the next page begins; absent after the last one. A plain string that can travel. */
  readonly pagePointer?: PagePointer;
}

/**
 * An id with its value, and with an expiry of its own where it has one; or an id alone, which is
 * stored as its own value, where the table takes strings.
 */
export type BatchEntry<V, T extends V = V> =
  | (string extends V ? string : never)
  | readonly [id: string, value: T, expiry?: ExpiryOptions];
