import { isDeepStrictEqual } from 'node:util';

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  ConflictError,
  jsonCodec,
  UnreadableRowError,
  type CompoundKey as OurKey,
  type Metrics,
  type PartitionedTable,
  type ReadOptions,
} from '@x/dynamo-core';
import { partitionedRows, pause, type PartitionedHandle } from '@x/dynamo-core/mechanism';
import {
  partitionedKeysTable,
  PartitionedKeyValueTable as Values,
  type Elements,
  type RawRow,
} from '@x/dynamo-partitioned';

import { settingsOf, type TableProps, type TableSettings } from './settings.js';
import type { CompoundKey, PartitionKeyMappings } from './types.js';

/**
 * Whether two elements are the same. `addToSet` asks it of (candidate, existing), unlike ours; what
 * looks or removes, of (existing, candidate).
 */
export type Inclusion<T> = (left: T, right: T) => boolean;

/** What a row holds. */
export interface RawData<T> {
  data: T;
  md5?: string | undefined;
}

/**
 * What a subclass answers is checked when it is used. Its types may be compat's, those of
 * `@paradoxical-io/types`, or plain ones, and its `super` call fits each of them.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- see above
type Hooked = any;

const attemptsMax = 50;
const backoff = { firstMs: 50, maxMs: 1_000 };

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

  /** Stores a value in place of what was there. */
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
  async exists<P extends string, T>(key: CompoundKey<P, T>): Promise<boolean> {
    return this.#values.exists(this.#at(key));
  }

  /** Deletes a value. */
  async delete<P extends string>(key: CompoundKey<P>): Promise<void> {
    await this.#values.delete(this.#at(key));
  }

  /** Deletes a partition. */
  async clear<P extends string>(partition: P): Promise<void> {
    await this.#values.clear(partition);
  }

  /** The rows of a partition as stored texts, by pages. */
  listAll(partition: string): AsyncGenerator<RawRow[], void> {
    return this.#values.listAll(partition);
  }

  /** Adds elements to a set; whether any was new. */
  async addToSet<P extends string, T>(
    key: CompoundKey<P, T[]>,
    data: Elements<T>,
    inclusion: Inclusion<T> = isDeepStrictEqual,
  ): Promise<boolean> {
    const at = { ...key };
    const candidates = await asStored(at, data);
    return this.#changeSet<T, P>(at, (elements = []) => {
      const all = [...elements];
      for (const candidate of candidates) {
        if (!all.some((existing) => inclusion(candidate, existing))) all.push(candidate);
      }
      return all.length === elements.length ? undefined : all;
    });
  }

  /** Removes elements from a set: `true`, also where they are absent; `false` where there is no set. */
  async removeFromSet<P extends string, T>(
    key: CompoundKey<P, T[]>,
    data: Elements<T>,
    inclusion: Inclusion<T> = isDeepStrictEqual,
  ): Promise<boolean> {
    const at = { ...key };
    const candidates = await asStored(at, data);
    return this.removeFromSetByKey(at, (existing) =>
      candidates.some((candidate) => inclusion(existing, candidate)),
    );
  }

  /** Removes the elements for which a predicate is true: `true`, also where there are none of them. */
  async removeFromSetByKey<P extends string, T>(
    key: CompoundKey<P, T[]>,
    predicate: (element: T) => boolean,
  ): Promise<boolean> {
    let isThere = false;
    await this.#changeSet<T, P>(key, (elements) => {
      isThere = elements !== undefined;
      const kept = elements?.filter((element) => !predicate(element));
      return kept?.length === elements?.length ? undefined : kept;
    });
    return isThere;
  }

  /** Whether an element is in a set. */
  async existsInSet<P extends string, T>(
    key: CompoundKey<P, T[]>,
    data: T,
    inclusion: Inclusion<T> = isDeepStrictEqual,
  ): Promise<boolean> {
    const at = { ...key };
    const [candidate] = (await asStored<T>(at, [data])) as [T];
    const elements = setOf<T>(at, await this.get<unknown, P>(at)) ?? [];
    return elements.some((existing) => inclusion(existing, candidate));
  }

  /** Replaces the elements for which a predicate is true by another one. */
  async updateInSet<P extends string, T>(
    key: CompoundKey<P, T[]>,
    data: T,
    predicate?: (element: T) => boolean,
  ): Promise<boolean> {
    const at = { ...key };
    const [element] = (await asStored<T>(at, [data])) as [T];
    const isReplaced = predicate ?? ((existing: T) => isDeepStrictEqual(existing, element));
    return this.#changeSet<T, P>(
      at,
      (elements) => elements && [...elements.filter((each) => !isReplaced(each)), element],
    );
  }

  /** The sort key of a row. */
  protected sortKey<P extends string>({ namespace, sort }: CompoundKey<P>): Hooked {
    return namespace === '' ? sort : `${namespace}.${sort}`;
  }

  /** The partition key of a row. */
  protected partitionKey<P extends string>(key: CompoundKey<P>): Hooked {
    return key.partition;
  }

  /** What the table calls its attributes. Asked once, with the first request. */
  protected mappings(): Hooked {
    return {
      partitionKeyFieldName: 'partitionKey',
      sortKeyFieldName: 'sortKey',
      sortKeyFieldAWSType: 'S',
      dataFieldName: 'data',
      md5: 'md5',
    } satisfies PartitionKeyMappings;
  }

  /** A value with the version of its row. */
  protected async getRaw<T, P extends string = string>(
    key: CompoundKey<P, T>,
    options?: ReadOptions,
  ): Promise<RawData<T> | undefined> {
    const entry = await this.#values.getEntry<T>(this.#at<T>(key), options);
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

  /**
   * Changes a set through the methods that a subclass may have of its own; `change` answers
   * `undefined` to leave it. Whether there was anything to change.
   */
  async #changeSet<T, P extends string>(
    key: CompoundKey<P, T[]>,
    change: (elements: T[] | undefined) => T[] | undefined,
  ): Promise<boolean> {
    const at = { ...key };
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (attempt > 0) await pause(attempt - 1, backoff, this.rows);
      const raw = await this.getRaw<T[], P>(at, { consistent: true });
      const elements = change(setOf<T>(at, raw?.data));
      if (elements === undefined) return false;
      if (await this.setIfMd5Matches<T[], P>(at, elements, raw?.md5)) return true;
    }
    throw new ConflictError(at, attemptsMax);
  }

  /** Where the methods of a subclass say that a key is. */
  #at<T>(key: OurKey<string, T>): OurKey<string, T> {
    return { partition: this.partitionKey(key), namespace: '', sort: this.sortKey(key) };
  }

  /** Late: the methods of a subclass may need what its own constructor sets. */
  #open(): { readonly rows: PartitionedHandle; readonly values: Values } {
    if (this.#opened !== undefined) return this.#opened;
    const options = { ...this.#settings, mappings: this.mappings() };
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

/** Elements as they come back, so that they compare with stored ones. Refuses what cannot be stored. */
async function asStored<T>(key: CompoundKey, data: Elements<T>): Promise<T[]> {
  const elements = Array.isArray(data) ? [...(data as T[])] : [data as T];
  return (await jsonCodec.decode(await jsonCodec.encode(elements, key), key)) as T[];
}

function setOf<T>(key: CompoundKey, value: unknown): T[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw new UnreadableRowError(key, 'its value is not a set (an array)');
}
