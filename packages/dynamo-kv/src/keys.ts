import type { DynamoInput } from '@x/dynamo-core';
import { clearRows, pages, type BatchKey, type ClearProgress } from '@x/dynamo-core/mechanism';

import type { ClearOptions, IdsOptions, ScanProgress } from './options.js';
import { scan, type NamespaceRows } from './requests.js';
import { idOf, progressAfter } from './scanner.js';

/** The ids of the living values of a namespace, a page at a time as they are found. */
export async function* listIds(
  rows: NamespaceRows,
  { prefix, consistent, signal, onProgress }: IdsOptions,
): AsyncGenerator<string, void, undefined> {
  const shape = { prefix, consistent, onlyKeys: true, withCapacity: onProgress !== undefined };
  const input = (): DynamoInput<'Scan'> => scan(rows, { ...shape, nowMs: rows.clock.now() });
  let progress: ScanProgress = { scanned: 0, matched: 0, capacity: 0 };
  for await (const output of pages(rows.transport, 'Scan', input, { signal })) {
    const { Items = [] } = output;
    progress = progressAfter(progress, output, Items.length);
    await onProgress?.(progress);
    for (const item of Items) yield idOf(rows, item);
  }
}

/** Deletes the rows of all values of a namespace, also of expired ones and those that no codec reads. */
export async function clearNamespace(
  rows: NamespaceRows,
  { onProgress, signal }: ClearOptions,
): Promise<ClearProgress> {
  // Consistent, as values that were stored just before have to be found.
  const input = scan(rows, { consistent: true, onlyKeys: true });
  async function* keys(): AsyncGenerator<BatchKey[]> {
    for await (const { Items = [] } of pages(rows.transport, 'Scan', input, { signal }))
      yield Items.map((key) => ({ key, label: idOf(rows, key) }));
  }
  return clearRows(keys(), { ...rows, onProgress, signal });
}
