import type { Item } from '@x/dynamo-core';
import {
  clearRows,
  keyText,
  pages,
  type BatchKey,
  type ClearProgress,
} from '@x/dynamo-core/mechanism';

import type { ClearOptions } from './options.js';
import type { TableRows } from './parts.js';
import { queryKeys } from './requests.js';

/** Deletes the rows of a partition, or of a namespace in it, while it reads on through their keys. */
export async function clearPartition(
  rows: TableRows,
  partition: string,
  { namespace, onProgress, signal }: ClearOptions,
): Promise<ClearProgress> {
  const input = queryKeys(rows, partition, namespace);
  const found = pages(rows.transport, 'Query', input, { signal });
  const keyOf = (item: Item): BatchKey => batchKeyOf(rows, partition, item);
  return clearRows(found, keyOf, { ...rows, onProgress, signal });
}

function batchKeyOf({ mappings }: TableRows, partition: string, item: Item): BatchKey {
  const { partitionKeyFieldName, sortKeyFieldName } = mappings;
  const sortKey = item[sortKeyFieldName] as Item[string];
  const callerKey = { partition, namespace: '', sort: (sortKey.S ?? sortKey.N) as string };
  return {
    key: {
      [partitionKeyFieldName]: item[partitionKeyFieldName] as Item[string],
      [sortKeyFieldName]: sortKey,
    },
    displayKey: keyText(callerKey),
    callerKey,
  };
}
