import type { AttributeValue, Item, KeyAttribute } from '@x/dynamo-core';

import type { KeySchema } from '../expressions/key-condition.js';
import { compareBytes, compareValues } from '../values/compare-values.js';
import { itemBytes } from '../values/item-bytes.js';

/** A stored item. It is replaced and never changed, so that it can be handed around. */
export interface Row {
  readonly item: Item;
  readonly bytes: number;
}

/** The rows of one partition key, in the order of their sort keys. */
export interface Partition {
  /** The partition key as a text that is the same for equal keys. */
  readonly id: string;
  /** Decides the place in a scan. */
  readonly hash: number;
  readonly rows: Row[];
}

/** What a table was created with, beside its keys. */
export interface TableSettings {
  readonly createdAtMs: number;
  readonly billingMode: 'PAY_PER_REQUEST' | 'PROVISIONED';
  readonly readCapacityUnits: number;
  readonly writeCapacityUnits: number;
}

/** The rows of one table. It trusts what it is given: the operations check first. */
export class Table implements KeySchema {
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute | undefined;
  readonly settings: TableSettings;
  /** The attribute of the table's Time to Live, when that is on. */
  ttlAttribute: string | undefined;
  readonly #partitions = new Map<string, Partition>();
  /** The partitions by hash; made when it is needed and dropped when a partition comes or goes. */
  #scanOrder: readonly Partition[] | undefined;
  /** No item expires before this, so that most calls need not look for one. */
  #earliestExpirySeconds = Infinity;

  constructor(name: string, { partitionKey, sortKey }: KeySchema, settings: TableSettings) {
    this.name = name;
    this.partitionKey = partitionKey;
    this.sortKey = sortKey;
    this.settings = settings;
  }

  /** The key attributes of an item (or of a key). */
  keyOf(item: Item): Item {
    const key: Item = { [this.partitionKey.name]: item[this.partitionKey.name] as AttributeValue };
    if (this.sortKey) key[this.sortKey.name] = item[this.sortKey.name] as AttributeValue;
    return key;
  }

  /** The row with this key. */
  find(key: Item): Row | undefined {
    const rows = this.#partitions.get(this.partitionId(key))?.rows;
    if (!rows) return undefined;
    const { index, isFound } = this.position(rows, key);
    return isFound ? rows[index] : undefined;
  }

  /** Stores an item in place of the one with the same key. */
  put(item: Item): void {
    const partition = this.#partitionFor(this.partitionId(item));
    const { index, isFound } = this.position(partition.rows, item);
    partition.rows.splice(index, isFound ? 1 : 0, { item, bytes: itemBytes(item) });
    this.#earliestExpirySeconds = Math.min(this.#earliestExpirySeconds, this.#expiryOf(item));
  }

  /** Removes the row with this key, if there is one. */
  delete(key: Item): void {
    const id = this.partitionId(key);
    const rows = this.#partitions.get(id)?.rows;
    if (!rows) return;
    const { index, isFound } = this.position(rows, key);
    if (isFound) rows.splice(index, 1);
    if (rows.length > 0) return;
    this.#partitions.delete(id);
    this.#scanOrder = undefined;
  }

  /** Where a key stands, or belongs, among the rows of its partition. */
  position(rows: readonly Row[], key: Item): { index: number; isFound: boolean } {
    if (!this.sortKey) return { index: 0, isFound: rows.length > 0 };
    const { name } = this.sortKey;
    const sought = key[name] as AttributeValue;
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareValues(rows[middle]?.item[name] as AttributeValue, sought);
      if (order === 0) return { index: middle, isFound: true };
      if (order !== undefined && order < 0) low = middle + 1;
      else high = middle;
    }
    return { index: low, isFound: false };
  }

  /** The partition of a key as a text. */
  partitionId(key: Item): string {
    const value = key[this.partitionKey.name] as AttributeValue;
    return value.S ?? value.N ?? Buffer.from(value.B as Uint8Array).toString('latin1');
  }

  /** The rows of one partition, in the order of their sort keys. */
  partition(id: string): readonly Row[] {
    return this.#partitions.get(id)?.rows ?? [];
  }

  /** All partitions in the order of a scan, which says nothing about their keys. */
  partitions(): readonly Partition[] {
    this.#scanOrder ??= [...this.#partitions.values()].toSorted(inScanOrder);
    return this.#scanOrder;
  }

  /** Turns Time to Live on or off. */
  expireBy(attribute: string | undefined): void {
    this.ttlAttribute = attribute;
    this.#earliestExpirySeconds = -Infinity;
  }

  /** Removes the items whose time has passed. Returns how many. */
  sweep(nowMs: number): number {
    const nowSeconds = nowMs / 1000;
    if (this.ttlAttribute === undefined || nowSeconds < this.#earliestExpirySeconds) return 0;
    const items = this.partitions().flatMap(({ rows }) => rows.map(({ item }) => item));
    const isExpired = (item: Item): boolean => {
      const expirySeconds = this.#expiryOf(item);
      return expirySeconds <= nowSeconds && expirySeconds > nowSeconds - ageMaxSeconds;
    };
    const expired = items.filter(isExpired);
    for (const item of expired) this.delete(item);
    const left = items.filter((item) => !isExpired(item));
    this.#earliestExpirySeconds = left.reduce(
      (earliest, item) => Math.min(earliest, this.#expiryOf(item)),
      Infinity,
    );
    return expired.length;
  }

  #expiryOf(item: Item): number {
    const digits = this.ttlAttribute === undefined ? undefined : item[this.ttlAttribute]?.N;
    return digits === undefined ? Infinity : Number(digits);
  }

  #partitionFor(id: string): Partition {
    const known = this.#partitions.get(id);
    if (known) return known;
    const partition: Partition = { id, hash: hashOf(id), rows: [] };
    this.#partitions.set(id, partition);
    this.#scanOrder = undefined;
    return partition;
  }
}

/** The hash of a partition key: 32 bits of FNV-1a. */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** By hash, and by key where two keys share one. */
export function inScanOrder(
  one: Pick<Partition, 'id' | 'hash'>,
  two: Pick<Partition, 'id' | 'hash'>,
): number {
  return one.hash - two.hash || compareBytes(Buffer.from(one.id), Buffer.from(two.id));
}

/** Time to Live leaves items alone that look as if they had expired more than 5 years ago. */
const ageMaxSeconds = 5 * 365 * 24 * 60 * 60;
