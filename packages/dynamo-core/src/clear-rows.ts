import { batchWrite, BatchIncompleteError, type BatchOptions } from './batches.js';
import type { BatchKey } from './input-checks.js';

/** What clearing has come to. */
export interface ClearProgress {
  /** Rows that are deleted so far. */
  readonly deleted: number;
}

/** How rows are deleted, and who hears of it. */
export interface ClearRowsOptions extends BatchOptions {
  /** Is called after each hundred rows, and at the end. */
  readonly onProgress?: ((progress: ClearProgress) => unknown) | undefined;
}

/** Four full batches, which are under way at once. */
const rowsPerWave = 100;

/**
 * Deletes rows while their keys are read on, page by page. What a page leaves over goes with the next
 * one, so that every batch but the last is full. One BatchWriteItem for each 25 keys, four at a time.
 * A `BatchIncompleteError` counts the rows of all batches.
 */
export async function clearRows(
  keys: AsyncIterable<readonly BatchKey[]>,
  { onProgress, ...options }: ClearRowsOptions,
): Promise<ClearProgress> {
  let deleted = 0;
  const deleteRows = async (some: readonly BatchKey[]): Promise<void> => {
    try {
      await batchWrite(some, options);
    } catch (error) {
      if (!(error instanceof BatchIncompleteError)) throw error;
      throw new BatchIncompleteError(deleted + error.processed, error.unprocessed);
    }
    deleted += some.length;
    await onProgress?.({ deleted });
  };

  let waiting: BatchKey[] = [];
  for await (const page of keys) {
    waiting.push(...page);
    while (waiting.length >= rowsPerWave) {
      await deleteRows(waiting.slice(0, rowsPerWave));
      waiting = waiting.slice(rowsPerWave);
    }
  }
  if (waiting.length > 0) await deleteRows(waiting);
  return { deleted };
}
