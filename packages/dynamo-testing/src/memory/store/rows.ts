import type { AttributeValue, Item } from '@x/dynamo-core';

import type { KeySchema } from '../expressions/key-condition.js';
import { compareBytes, compareValues } from '../values/compare-values.js';
import { SortedList, type Place } from './sorted-list.js';

/** A stored item. It is replaced and never changed, so that it can be handed around: its row is not. */
export interface Row {
  item: Item;
  bytes: number;
  /** The partition key as a text that is the same for equal keys. */
  readonly partition: string;
  /** Decides the place in a scan. */
  readonly hash: number;
}

/**
 * The rows of a table or of an index: by the hash of their partition key, then by their sort key,
 * and in an index by the key of the table.
 */
export class Rows {
  readonly keys: KeySchema;
  /** What tells rows with equal keys apart: the key of the table, in an index. */
  readonly #unique: KeySchema | undefined;
  readonly #list = new SortedList<Row>();
  #bytes = 0;

  constructor(keys: KeySchema, unique?: KeySchema) {
    this.keys = keys;
    this.#unique = unique;
  }

  get count(): number {
    return this.#list.size;
  }

  /** The bytes of all items. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Stores an item in place of the one with the same key, and returns its row. Where that is known
   * (`before`), it is not looked for.
   */
  put(item: Item, bytes: number, before?: Row): Row {
    if (before) {
      this.#bytes += bytes - before.bytes;
      return Object.assign(before, { item, bytes });
    }
    const partition = partitionOf(this.keys, item);
    const row: Row = { item, bytes, partition, hash: hashOf(partition) };
    const replaced = this.#list.put(row, this.#placeOf(item));
    this.#bytes += bytes - (replaced?.bytes ?? 0);
    return row;
  }

  /** Removes the row with the key of this item and returns it. */
  delete(key: Item): Row | undefined {
    const row = this.#list.delete(this.#placeOf(key));
    this.#bytes -= row?.bytes ?? 0;
    return row;
  }

  /** All rows in the order of a scan. */
  all(): Generator<Row> {
    return this.#list.from(() => 1);
  }

  /** The rows behind `start` whose hashes are in this range, in the order of a scan. */
  *segment(from: number, to: number, start?: Item): Generator<Row> {
    const place = start ? this.#placeOf(start) : ({ hash }: Row): number => hash - from;
    for (const row of this.#list.from(place)) {
      if (row.hash >= to) return;
      if (!start || place(row) > 0) yield row;
    }
  }

  /** The rows of one partition in a range of sort keys, behind `start`, up or down. */
  *range(
    partition: string,
    isInRange: Place<AttributeValue | undefined>,
    isForward: boolean,
    start?: Item,
  ): Generator<Row> {
    const inPartition = placeInScan(partition);
    const sortName = this.keys.sortKey?.name;
    const inRange: Place<Row> = (row) =>
      inPartition(row) || isInRange(sortName === undefined ? undefined : row.item[sortName]);
    const behind = start && this.#placeOf(start);
    const first = behind ?? inRange;
    for (const row of isForward ? this.#list.from(first) : this.#list.backFrom(first)) {
      if (behind?.(row) === 0) continue;
      if (inRange(row) !== 0) return;
      yield row;
    }
  }

  #placeOf(key: Item): Place<Row> {
    const inPartition = placeInScan(partitionOf(this.keys, key));
    const [sortName, unique] = [this.keys.sortKey?.name, this.#unique];
    return (row) =>
      inPartition(row) ||
      (sortName === undefined ? 0 : compareAttribute(row.item, key, sortName)) ||
      (unique === undefined ? 0 : compareKeys(unique, row.item, key));
  }
}

/** The partition key of an item as a text. */
export function partitionOf({ partitionKey: { name } }: KeySchema, item: Item): string {
  const value = item[name] as AttributeValue;
  return value.S ?? value.N ?? Buffer.from(value.B as Uint8Array).toString('latin1');
}

/** The hash of a partition key: 32 bits of FNV-1a. */
export function hashOf(partition: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < partition.length; index += 1) {
    hash = Math.imul(hash ^ partition.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** By hash, and by key where two keys share one. */
function placeInScan(partition: string): Place<Row> {
  const hash = hashOf(partition);
  return (row) =>
    row.hash - hash ||
    (row.partition === partition
      ? 0
      : compareBytes(Buffer.from(row.partition), Buffer.from(partition)));
}

function compareKeys({ partitionKey, sortKey }: KeySchema, one: Item, two: Item): number {
  return (
    compareAttribute(one, two, partitionKey.name) ||
    (sortKey ? compareAttribute(one, two, sortKey.name) : 0)
  );
}

function compareAttribute(one: Item, two: Item, name: string): number {
  return compareValues(one[name] as AttributeValue, two[name] as AttributeValue) ?? 0;
}
