import type { BatchKey } from './input-checks.js';
import type { ClearProgress, ClearRowsOptions, RowsPage } from './pages.js';
import type { Item } from './transport.js';
import { BatchIncompleteError, writeInBatches } from './send-batches.js';

/** Four full batches, which are under way at once. */
const rowsPerWave = 100;

/** See `clearRows`. */
export async function clearInBatches(
  pages: AsyncIterable<RowsPage>,
  keyOf: (row: Item) => BatchKey,
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
  for await (const { Items = [] } of pages) {
    waiting.push(...Items.map(keyOf));
    while (waiting.length >= rowsPerWave) {
      await deleteRows(waiting.slice(0, rowsPerWave));
      waiting = waiting.slice(rowsPerWave);
    }
  }
  if (waiting.length > 0) await deleteRows(waiting);
  return { deleted };
}
