import type { AttributeValue, Item, TableDefinition } from '@x/dynamo-core';

import { partitionOf } from './rows.js';

/** A text that two keys share exactly when they name the same row of the same table. */
export function rowId(table: Omit<TableDefinition, 'ttlAttribute'>, key: Item): string {
  const partition = partitionOf(table, key);
  const sort = table.sortKey && (key[table.sortKey.name] as AttributeValue);
  const sortText = sort && (sort.S ?? sort.N ?? Buffer.from(sort.B ?? []).toString('latin1'));
  // By hand, as each request makes one: the name of a table and a length have no spaces.
  return `${table.name} ${partition.length} ${partition}${sortText ?? ''}`;
}
