import type { ItemCollectionMetrics } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, Item } from '@x/dynamo-core';

import { partitionOf } from '../store/rows.js';
import type { Table } from '../store/table.js';

const bytesPerGigabyte = 1024 ** 3;

/** The size of the item collection of a key, where there are any: in tables with a local index. */
export function collectionMetrics(
  requested: string | undefined,
  table: Table,
  key: Item,
): ItemCollectionMetrics | undefined {
  const local = [...table.indexes.values()].filter(({ definition }) => definition.kind === 'local');
  if (requested !== 'SIZE' || local.length === 0) return undefined;
  const partition = partitionOf(table, key);
  const bytes = [table.rows, ...local.map(({ rows }) => rows)].reduce((sum, rows) => {
    for (const row of rows.range(partition, () => 0, true)) sum += row.bytes;
    return sum;
  }, 0);
  const gigabytes = bytes / bytesPerGigabyte;
  const { name } = table.partitionKey;
  return {
    ItemCollectionKey: { [name]: key[name] as AttributeValue },
    SizeEstimateRangeGB: [gigabytes, gigabytes],
  };
}

/** What a request that may write several tables reports: an entry for each table that has any. */
export function collectionsMetrics(
  requested: string | undefined,
  writes: readonly { readonly table: Table; readonly key: Item }[],
): { ItemCollectionMetrics?: Record<string, ItemCollectionMetrics[]> } {
  const byTable = new Map<string, ItemCollectionMetrics[]>();
  for (const { table, key } of writes) {
    const each = collectionMetrics(requested, table, key);
    if (each) byTable.set(table.name, [...(byTable.get(table.name) ?? []), each]);
  }
  return byTable.size > 0 ? { ItemCollectionMetrics: Object.fromEntries(byTable) } : {};
}
