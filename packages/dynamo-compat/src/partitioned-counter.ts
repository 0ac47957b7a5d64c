import { partitionedRows, type PartitionedHandle } from '@x/dynamo-core/mechanism';
import { partitionedKeysTable, PartitionedKeyValueCounter as Counters } from '@x/dynamo-counter';

import { addTo, isFraction } from './key-value-counter.js';
import type { PartitionedKeyValueTable } from './partitioned-key-value-table.js';
import { settingsOf, type TableProps } from './settings.js';
import type { CompoundKey } from './types.js';

/** Counters by partition, by the original's interface over `@x/dynamo-counter`. */
export class PartitionedKeyValueCounter {
  readonly #rows: PartitionedHandle;
  readonly #counters: Counters;

  /** Sends nothing. */
  constructor(props: TableProps = {}) {
    const options = settingsOf(props, partitionedKeysTable.name);
    this.#rows = partitionedRows(options);
    this.#counters = new Counters(options);
  }

  /** The count of a key, or `undefined`. */
  async get<P extends string = string>(key: CompoundKey<P>): Promise<number | undefined> {
    return this.#counters.get(key);
  }

  /** Adds to a counter and answers with the new count. */
  async incr<P extends string = string>(key: CompoundKey<P>, by = 1): Promise<number> {
    if (!isFraction(by)) return this.#counters.incr(key, by);
    return addTo(this.#rows, this.#rows.address(key).key, by);
  }

  /** Takes away from a counter and answers with the new count. */
  async decr<P extends string = string>(key: CompoundKey<P>, by = 1): Promise<number> {
    return this.incr(key, -by);
  }

  /** Removes a counter. */
  async delete<P extends string = string>(key: CompoundKey<P>): Promise<void> {
    await this.#counters.delete(key);
  }
}

/** Values and counters of the same partitions. */
export class PartitionedKeys {
  readonly keys: PartitionedKeyValueTable;
  readonly counters: PartitionedKeyValueCounter;

  /** Sends nothing. */
  constructor(table: PartitionedKeyValueTable, counter: PartitionedKeyValueCounter) {
    this.keys = table;
    this.counters = counter;
  }

  /** The value of a key, or `undefined`. */
  async getValue<T, P extends string = string>(key: CompoundKey<P, T>): Promise<T | undefined> {
    return this.keys.get<T, P>(key);
  }

  /** Stores a value. */
  async setValue<T, P extends string = string>(key: CompoundKey<P, T>, data: T): Promise<void> {
    await this.keys.set<T, P>(key, data);
  }

  /** Deletes a value. */
  async delete<T, P extends string = string>(key: CompoundKey<P, T>): Promise<void> {
    await this.keys.delete(key);
  }

  /** The count of a key, or `undefined`. */
  async getCounter<P extends string = string>(key: CompoundKey<P>): Promise<number | undefined> {
    return this.counters.get(key);
  }

  /** Adds to a counter. */
  async incrCounter<P extends string = string>(key: CompoundKey<P>, by = 1): Promise<number> {
    return this.counters.incr(key, by);
  }

  /** Takes away from a counter. */
  async decrCounter<P extends string = string>(key: CompoundKey<P>, by = 1): Promise<number> {
    return this.counters.decr(key, by);
  }
}
