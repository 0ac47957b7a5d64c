import type { ClearProgress, ClearRowsOptions } from './batches.js';
import type { BatchKey } from './input-checks.js';
import { BatchIncompleteError, writeInBatches } from './send-batches.js';

/** Four full batches, which are under way at once. */
const rowsPerWave = 100;

/** See `clearRows`. */
export async function clearInBatches(
  keys: AsyncIterable<readonly BatchKey[]>,
  { onProgress, ...options }: ClearRowsOptions,
): Promise<ClearProgress> {
  let deleted = 0;
  const deleteRows = async (some: readonly BatchKey[]): Promise<void> => {
    try {
      await writeInBatches(some, options);
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
