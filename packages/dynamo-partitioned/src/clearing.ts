import { BatchIncompleteError, type Item } from '@x/dynamo-core';
import {
  batchWrite,
  checkedOptions,
  keyText,
  pages,
  type BatchKey,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import type { ClearOptions, ClearProgress } from './options.js';
import { queryKeys } from './requests.js';

/** Four full batches, which are under way at once. */
const rowsPerWave = 100;

/**
 * Deletes the rows of a partition while it reads on through their keys. What a page leaves over
 * goes with the next one, so that every batch but the last is full.
 */
export async function clearPartition(
  rows: PartitionedHandle,
  partition: string,
  options?: ClearOptions,
): Promise<ClearProgress> {
  const names = { namespace: true, onProgress: true, signal: true } as const;
  const { namespace, onProgress, signal } = checkedOptions(options, names);
  const { transport } = rows;
  let deleted = 0;
  const deleteRows = async (keys: readonly BatchKey[]): Promise<void> => {
    try {
      await batchWrite(keys, { ...rows, signal });
    } catch (error) {
      if (!(error instanceof BatchIncompleteError)) throw error;
      throw new BatchIncompleteError(deleted + error.processed, error.unprocessed);
    }
    deleted += keys.length;
    onProgress?.({ deleted });
  };

  let waiting: BatchKey[] = [];
  const input = queryKeys(rows, partition, namespace);
  for await (const { Items = [] } of pages(transport, 'Query', input, { signal })) {
    waiting.push(...Items.map((item) => batchKeyOf(rows, partition, item)));
    while (waiting.length >= rowsPerWave) {
      await deleteRows(waiting.slice(0, rowsPerWave));
      waiting = waiting.slice(rowsPerWave);
    }
  }
  if (waiting.length > 0) await deleteRows(waiting);
  return { deleted };
}

function batchKeyOf({ mappings }: PartitionedHandle, partition: string, item: Item): BatchKey {
  const { partitionKeyFieldName, sortKeyFieldName } = mappings;
  const sortKey = item[sortKeyFieldName] as Item[string];
  const callerKey = { partition, namespace: '', sort: (sortKey.S ?? sortKey.N) as string };
  return {
    key: {
      [partitionKeyFieldName]: item[partitionKeyFieldName] as Item[string],
      [sortKeyFieldName]: sortKey,
    },
    label: keyText(callerKey),
    callerKey,
  };
}
