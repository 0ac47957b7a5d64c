import type { CompoundKey } from '@x/dynamo-core';
import { partitionedRows, type PartitionedHandle } from '@x/dynamo-core/mechanism';
import { partitionedKeysTable, PartitionedKeyValueCounter as Counters } from '@x/dynamo-counter';

import { addTo, isFraction } from './key-value-counter.js';
import type { PartitionedKeyValueTable } from './partitioned-key-value-table.js';
import { connectionOf, settingsOf, type TableProps } from './settings.js';

/** Counters by partition, by the original's interface over `@x/dynamo-counter`. */
export class PartitionedKeyValueCounter {
  readonly #rows: PartitionedHandle;
  readonly #counters: Counters;

  /** Sends nothing. */
  constructor(props: TableProps = {}) {
    const options = connectionOf(settingsOf(props, partitionedKeysTable.name));
    this.#rows = partitionedRows(options);
    this.#counters = new Counters(options);
  }

  /** The count of a key, or `undefined`. */
  async get(key: CompoundKey): Promise<number | undefined> {
    return this.#counters.get(key);
  }

  /** Adds to a counter and answers with the new count. */
  async incr(key: CompoundKey, by = 1): Promise<number> {
    if (!isFraction(by)) return this.#counters.incr(key, by);
    return addTo(this.#rows, this.#rows.address(key).key, by);
  }

  /** Takes away from a counter and answers with the new count. */
  async decr(key: CompoundKey, by = 1): Promise<number> {
    return this.incr(key, -by);
  }

  /** Removes a counter. */
  async delete(key: CompoundKey): Promise<void> {
    await this.#counters.delete(key);
  }
}

/** Values and counters of the same partitions. */
export class PartitionedKeys {
  readonly #table: PartitionedKeyValueTable;
  readonly #counter: PartitionedKeyValueCounter;

  /** Sends nothing. */
  constructor(table: PartitionedKeyValueTable, counter: PartitionedKeyValueCounter) {
    this.#table = table;
    this.#counter = counter;
  }

  /** The value of a key, or `undefined`. */
  async getValue<T, P extends string = string>(key: CompoundKey<P, T>): Promise<T | undefined> {
    return this.#table.get<T, P>(key);
  }

  /** Stores a value. */
  async setValue<T, P extends string = string>(key: CompoundKey<P, T>, data: T): Promise<void> {
    await this.#table.set<T, P>(key, data);
  }

  /** Deletes a value. */
  async delete(key: CompoundKey): Promise<void> {
    await this.#table.delete(key);
  }

  /** The count of a key, or `undefined`. */
  async getCounter(key: CompoundKey): Promise<number | undefined> {
    return this.#counter.get(key);
  }

  /** Adds to a counter. */
  async incrCounter(key: CompoundKey, by = 1): Promise<number> {
    return this.#counter.incr(key, by);
  }

  /** Takes away from a counter. */
  async decrCounter(key: CompoundKey, by = 1): Promise<number> {
    return this.#counter.decr(key, by);
  }
}
