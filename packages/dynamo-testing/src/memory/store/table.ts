import type { Tag } from '@aws-sdk/client-dynamodb';
import type { Item, KeyAttribute } from '@x/dynamo-core';

import type { KeySchema } from '../expressions/key-condition.js';
import { itemBytes } from '../values/item-bytes.js';
import { rowId } from './row-id.js';
import { Rows, type Row } from './rows.js';
import { TableIndex, type IndexDefinition } from './table-index.js';

/** What a table was created or updated with, beside its keys and its indexes. */
export interface TableSettings {
  readonly createdAtMs: number;
  readonly id: string;
  readonly billingMode: 'PAY_PER_REQUEST' | 'PROVISIONED';
  readonly readCapacityUnits: number;
  readonly writeCapacityUnits: number;
  readonly isProtected: boolean;
  /** The attributes that are defined, in their order. */
  readonly attributeNames: readonly string[];
  /** Fields that change nothing here and are described back. */
  readonly described: Readonly<Record<string, unknown>>;
}

/** What a change came to. */
export interface Change {
  /** The size of the row that is there now. */
  readonly bytes: number;
  /** The write units that it cost each index that it touched. */
  readonly indexes: readonly { readonly index: TableIndex; readonly units: number }[];
}

/** The rows of one table and of its indexes. It trusts what it is given: the operations check. */
export class Table implements KeySchema {
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute | undefined;
  readonly rows: Rows;
  readonly indexes: Map<string, TableIndex> = new Map();
  settings: TableSettings;
  tags: readonly Tag[] = [];
  /** The rows by their keys: to find one takes as long among many. */
  readonly #byKey = new Map<string, Row>();
  /** The attribute of the table's Time to Live, when that is on. */
  ttlAttribute: string | undefined;
  /** No item expires before this, so that most calls need not look for one. */
  #earliestExpirySeconds = Infinity;

  constructor(name: string, { partitionKey, sortKey }: KeySchema, settings: TableSettings) {
    this.name = name;
    this.partitionKey = partitionKey;
    this.sortKey = sortKey;
    this.rows = new Rows({ partitionKey, sortKey });
    this.settings = settings;
  }

  /** Adds an index and fills it from the rows that there are. */
  addIndex(definition: IndexDefinition): void {
    const index = new TableIndex(definition, this);
    for (const { item } of this.rows.all()) index.follow(undefined, item);
    this.indexes.set(definition.name, index);
  }

  /** The row with this key. */
  find(key: Item): Row | undefined {
    return this.#byKey.get(rowId(this, key));
  }

  /** Stores an item in place of the one with the same key. */
  put(item: Item): Change {
    const bytes = itemBytes(item);
    const id = rowId(this, item);
    const row = this.#byKey.get(id);
    const before = row?.item;
    const stored = this.rows.put(item, bytes, row);
    if (!row) this.#byKey.set(id, stored);
    this.#earliestExpirySeconds = Math.min(this.#earliestExpirySeconds, this.#expiryOf(item));
    return { bytes, indexes: this.#follow(before, item) };
  }

  /** Removes the row with this key, if there is one. */
  delete(key: Item): Change {
    this.#byKey.delete(rowId(this, key));
    return { bytes: 0, indexes: this.#follow(this.rows.delete(key)?.item, undefined) };
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
    let earliest = Infinity;
    const expired: Item[] = [];
    for (const { item } of this.rows.all()) {
      const expirySeconds = this.#expiryOf(item);
      const hasPassed = expirySeconds <= nowSeconds && expirySeconds > nowSeconds - ageMaxSeconds;
      if (hasPassed) expired.push(item);
      else earliest = Math.min(earliest, expirySeconds);
    }
    for (const item of expired) this.delete(item);
    this.#earliestExpirySeconds = earliest;
    return expired.length;
  }

  #follow(before: Item | undefined, after: Item | undefined): Change['indexes'] {
    if (this.indexes.size === 0) return [];
    return [...this.indexes.values()]
      .map((index) => ({ index, units: index.follow(before, after) }))
      .filter(({ units }) => units > 0);
  }

  #expiryOf(item: Item): number {
    const digits = this.ttlAttribute === undefined ? undefined : item[this.ttlAttribute]?.N;
    return digits === undefined ? Infinity : Number(digits);
  }
}

/** Time to Live leaves items alone that look as if they had expired more than 5 years ago. */
const ageMaxSeconds = 5 * 365 * 24 * 60 * 60;
