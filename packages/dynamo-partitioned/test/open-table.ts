import { recorded, type ConformanceEngine, type RecordedTransport } from '@x/conformance';
import type { DynamoOperation, Item } from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';

import {
  PartitionedKeyValueTable,
  type CompoundKey,
  type PartitionedKeyValueTableOptions,
} from '../src/index.js';

/** 2030-01-01, when no test runs. */
export const startMs: number = Date.UTC(2030, 0, 1);

/** A table object on an engine, a partition that no other test uses, and what is seen of it. */
export interface OpenTable {
  readonly table: PartitionedKeyValueTable;
  readonly partition: string;
  readonly clock: ManualClock;
  readonly sent: RecordedTransport;
  /** A key of the partition, in the namespace `n`. */
  key<V = unknown>(sort: string, namespace?: string): CompoundKey<string, V>;
  /** The row of such a key, as it is stored. */
  row(sort: string, namespace?: string): Promise<Item | undefined>;
  /** The operations that were sent since the last `sent.clear()`. */
  operations(): DynamoOperation[];
}

/** Opens a table whose time stands still. */
export function openTable(
  engine: ConformanceEngine,
  tableName: string,
  options: PartitionedKeyValueTableOptions & { readonly partition?: string } = {},
): OpenTable {
  const { partition = crypto.randomUUID(), ...tableOptions } = options;
  const clock = new ManualClock({ nowMs: startMs });
  const sent = recorded(engine.client(), { capacity: true });
  const table = new PartitionedKeyValueTable({ dynamo: sent, tableName, clock, ...tableOptions });
  const key = <V = unknown>(sort: string, namespace = 'n'): CompoundKey<string, V> => ({
    partition,
    namespace,
    sort,
  });
  return {
    table,
    partition,
    clock,
    sent,
    key,
    row: (sort, namespace) => engine.row(tableName, table.rows.address(key(sort, namespace)).key),
    operations: () => sent.requests.map(({ operation }) => operation),
  };
}

/** Everything that a listing yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
