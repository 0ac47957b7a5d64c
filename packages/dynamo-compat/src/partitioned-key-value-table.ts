import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  InvalidInputError,
  type CompoundKey,
  type Metrics,
  type PartitionedTable,
  type PartitionKeyMappings,
} from '@x/dynamo-core';
import { partitionedRows, type PartitionedHandle } from '@x/dynamo-core/mechanism';
import {
  partitionedKeysTable,
  PartitionedKeyValueTable as Values,
  type Elements,
  type RawRow,
} from '@x/dynamo-partitioned';

import { connectionOf, settingsOf, type TableProps, type TableSettings } from './settings.js';

/** Whether a candidate is the same element as an existing one: in this order, unlike ours. */
export type Inclusion<T> = (candidate: T, existing: T) => boolean;

/** What a row holds. */
export interface RawData<T> {
  readonly data: T;
  readonly md5?: string | undefined;
}

/**
 * Values and sets by partition, by the original's interface over `@x/dynamo-partitioned`. Subclasses
 * name attributes and keys by the protected methods.
 */
export class PartitionedKeyValueTable implements PartitionedTable {
  readonly dynamo: DynamoDBClient;
  readonly tableName: string;
  readonly metrics: Metrics | undefined;
  readonly #settings: TableSettings;
  #opened: { readonly rows: PartitionedHandle; readonly values: Values } | undefined;

  /** Sends nothing. */
  constructor(props: TableProps = {}) {
    const own: object = PartitionedKeyValueTable.prototype;
    if (Reflect.get(this, 'setIfMd5Matches') !== Reflect.get(own, 'setIfMd5Matches')) {
      const allowed = 'left out: sets are changed under a condition of ours';
      throw new InvalidInputError('the method setIfMd5Matches()', 'of a subclass', allowed);
    }
    this.#settings = settingsOf(props, partitionedKeysTable.name);
    this.dynamo = this.#settings.dynamo;
    this.tableName = this.#settings.tableName;
    this.metrics = this.#settings.monitoring.metrics;
  }

  /** For the primitives that keep rows of their own in the same table. */
  get rows(): PartitionedHandle {
    return this.#open().rows;
  }

  /** The value of a key, or `undefined`. */
  async get<T, P extends string = string>(key: CompoundKey<P, T>): Promise<T | undefined> {
    return (await this.getRaw<T, P>(key))?.data;
  }

  /** Stores a value, whatever was there. */
  async set<T, P extends string = string>(key: CompoundKey<P, T>, data: T): Promise<void> {
    await this.#values.set(this.#at(key), data);
  }

  /** Stores a value if there is none, and says whether it did. */
  async setIfNotExists<T, P extends string = string>(
    key: CompoundKey<P, T>,
    data: T,
  ): Promise<boolean> {
    return this.#values.setIfNotExists(this.#at(key), data);
  }

  /** Stores many values. */
  async setBatch<T, P extends string = string>(
    items: readonly { readonly key: CompoundKey<P, T>; readonly data: T }[],
  ): Promise<void> {
    await this.#values.setBatch(items.map(({ key, data }) => ({ key: this.#at(key), data })));
  }

  /** Whether a key has a value. */
  async exists(key: CompoundKey): Promise<boolean> {
    return this.#values.exists(this.#at(key));
  }

  /** Deletes a value. */
  async delete(key: CompoundKey): Promise<void> {
    await this.#values.delete(this.#at(key));
  }

  /** Deletes a partition. */
  async clear(partition: string): Promise<void> {
    await this.#values.clear(partition);
  }

  /** The rows of a partition as stored texts, by pages. */
  listAll(partition: string): AsyncGenerator<RawRow[], void> {
    return this.#values.listAll(partition);
  }

  /** Adds elements to a set; whether any was new. */
  async addToSet<T, P extends string = string>(
    key: CompoundKey<P, T[]>,
    data: Elements<T>,
    inclusion?: Inclusion<T>,
  ): Promise<boolean> {
    return this.#values.addToSet<T>(this.#at<T[]>(key), data, swapped(inclusion));
  }

  /** Removes elements from a set: `true`, also where they are absent. */
  async removeFromSet<T, P extends string = string>(
    key: CompoundKey<P, T[]>,
    data: Elements<T>,
    inclusion?: Inclusion<T>,
  ): Promise<boolean> {
    await this.#values.removeFromSet<T>(this.#at<T[]>(key), data, swapped(inclusion));
    return true;
  }

  /** Removes the elements for which a predicate is true: `true`, also where there are none. */
  async removeFromSetByKey<T, P extends string = string>(
    key: CompoundKey<P, T[]>,
    predicate: (element: T) => boolean,
  ): Promise<boolean> {
    await this.#values.removeFromSetByKey<T>(this.#at<T[]>(key), predicate);
    return true;
  }

  /** Whether an element is in a set. */
  async existsInSet<T, P extends string = string>(
    key: CompoundKey<P, T[]>,
    data: T,
    inclusion?: Inclusion<T>,
  ): Promise<boolean> {
    return this.#values.existsInSet<T>(this.#at<T[]>(key), data, swapped(inclusion));
  }

  /** Replaces the elements for which a predicate is true by another one. */
  async updateInSet<T, P extends string = string>(
    key: CompoundKey<P, T[]>,
    data: T,
    predicate?: (element: T) => boolean,
  ): Promise<boolean> {
    return this.#values.updateInSet<T>(this.#at<T[]>(key), data, predicate);
  }

  /** The sort key of a row. */
  protected sortKey(key: CompoundKey): string {
    return key.namespace === '' ? key.sort : `${key.namespace}.${key.sort}`;
  }

  /** The partition key of a row. */
  protected partitionKey(key: CompoundKey): string {
    return key.partition;
  }

  /** What the table calls its attributes. Asked once, with the first request. */
  protected mappings(): Partial<PartitionKeyMappings> {
    return {};
  }

  /** A value with the version of its row. */
  protected async getRaw<T, P extends string = string>(
    key: CompoundKey<P, T>,
  ): Promise<RawData<T> | undefined> {
    const entry = await this.#values.getEntry<T>(this.#at<T>(key));
    return entry && { data: entry.value, md5: entry.version };
  }

  /** Stores a value if the row is of this version, or absent where none is given. */
  protected async setIfMd5Matches<T, P extends string = string>(
    key: CompoundKey<P, T>,
    data: T,
    md5: string | undefined,
  ): Promise<boolean> {
    const at = this.#at(key);
    if (md5 === undefined) return this.#values.setIfNotExists(at, data);
    return (await this.#values.setIfVersion(at, data, md5)) !== undefined;
  }

  get #values(): Values {
    return this.#open().values;
  }

  /** Where the methods of a subclass say that a key is. */
  #at<T>(key: CompoundKey): CompoundKey<string, T> {
    return { partition: this.partitionKey(key), namespace: '', sort: this.sortKey(key) };
  }

  /** Late: the methods of a subclass may need what its own constructor sets. */
  #open(): { readonly rows: PartitionedHandle; readonly values: Values } {
    if (this.#opened !== undefined) return this.#opened;
    const options = { ...connectionOf(this.#settings), mappings: this.mappings() };
    const rows = partitionedRows(options);
    this.#opened = {
      // The key as the caller has it: who gets it asks for its address again.
      rows: {
        ...rows,
        address: (key) => ({ ...rows.address(this.#at(key)), callerKey: { ...key } }),
      },
      values: new Values(options),
    };
    return this.#opened;
  }
}

function swapped<T>(inclusion?: Inclusion<T>): Inclusion<T> | undefined {
  return inclusion && ((existing, candidate) => inclusion(candidate, existing));
}
