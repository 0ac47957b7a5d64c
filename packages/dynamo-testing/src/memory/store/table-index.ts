import type {
  Projection,
  ProvisionedThroughput,
  UpdateGlobalSecondaryIndexAction,
} from '@aws-sdk/client-dynamodb';
import type { Item, KeyAttribute } from '@x/dynamo-core';

import { writeUnits } from '../capacity.js';
import type { KeySchema } from '../expressions/key-condition.js';
import { equalValues } from '../values/compare-values.js';
import { setAttribute } from '../values/copy-value.js';
import { itemBytes } from '../values/item-bytes.js';
import { typeOf } from '../values/value-type.js';
import { Rows } from './rows.js';

/** What an index is made from. */
export interface IndexDefinition extends KeySchema {
  readonly name: string;
  readonly kind: 'global' | 'local';
  readonly projection: Projection;
  readonly throughput?: ProvisionedThroughput | undefined;
  /** Fields that change nothing here and are described back. */
  readonly described: Readonly<Record<string, unknown>>;
}

/** A secondary index: the items that have its keys, by those keys, with what it projects. */
export class TableIndex implements KeySchema {
  definition: IndexDefinition;
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute | undefined;
  /** The names that every row of it has: its own key and the table's. */
  readonly keyNames: readonly string[];
  readonly rows: Rows;
  readonly #projected: readonly string[] | undefined;

  constructor(definition: IndexDefinition, table: KeySchema) {
    this.definition = definition;
    this.partitionKey = definition.partitionKey;
    this.sortKey = definition.sortKey;
    const keys = [table.partitionKey, table.sortKey, this.partitionKey, this.sortKey];
    this.keyNames = [...new Set(keys.flatMap((key) => (key ? [key.name] : [])))];
    this.rows = new Rows(definition, table);
    const { ProjectionType: type, NonKeyAttributes: names = [] } = definition.projection;
    this.#projected = type === 'ALL' ? undefined : [...new Set([...this.keyNames, ...names])];
  }

  /** Changes what nothing depends on but its description. */
  change({
    ProvisionedThroughput: throughput = this.definition.throughput,
    OnDemandThroughput: onDemand,
    WarmThroughput: warm,
  }: UpdateGlobalSecondaryIndexAction): void {
    const described = {
      ...this.definition.described,
      ...(onDemand && { OnDemandThroughput: { ...onDemand } }),
      ...(warm && { WarmThroughput: { ...warm } }),
    };
    this.definition = { ...this.definition, throughput, described };
  }

  /** Whether the index holds this attribute of the items that are in it. */
  projects(name: string): boolean {
    return this.#projected?.includes(name) ?? true;
  }

  /** Follows a change of the table's row. Returns the write units that it costs. */
  follow(before: Item | undefined, after: Item | undefined): number {
    const [old, now] = [before && this.#rowOf(before), after && this.#rowOf(after)];
    if (!old && !now) return 0;
    if (old && now && equalValues({ M: old }, { M: now })) return 0;
    const removed = old && this.rows.delete(old)?.bytes;
    if (!now) return writeUnits(removed ?? 0, 0);
    const bytes = itemBytes(now);
    this.rows.put(now, bytes);
    if (!old || removed === undefined) return writeUnits(0, bytes);
    // A row that moves is deleted and put; one that stays is written once.
    return this.#isSameKey(old, now)
      ? writeUnits(removed, bytes)
      : writeUnits(removed, 0) + writeUnits(0, bytes);
  }

  /** What the index holds of an item, or `undefined` when it lacks a key. */
  #rowOf(item: Item): Item | undefined {
    if (!has(item, this.partitionKey) || (this.sortKey && !has(item, this.sortKey))) {
      return undefined;
    }
    if (!this.#projected) return item;
    const row: Item = {};
    for (const name of this.#projected) {
      const value = Object.hasOwn(item, name) ? item[name] : undefined;
      if (value !== undefined) setAttribute(row, name, value);
    }
    return row;
  }

  #isSameKey(old: Item, now: Item): boolean {
    return this.keyNames.every((name) => {
      const [one, two] = [old[name], now[name]];
      return one !== undefined && two !== undefined && equalValues(one, two);
    });
  }
}

function has(item: Item, { name, type }: KeyAttribute): boolean {
  const value = Object.hasOwn(item, name) ? item[name] : undefined;
  return value !== undefined && typeOf(value) === type;
}
