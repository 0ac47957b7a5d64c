import { stringOf, type DynamoInput, type Item } from '@x/dynamo-core';
import {
  clearRows,
  namespacePrefix,
  pages,
  type BatchKey,
  type BatchOptions,
  type ClearProgress,
} from '@x/dynamo-core/mechanism';

import type { ClearOptions, IdsOptions, ScanProgress } from './options.js';
import { scanKeys } from './requests.js';
import { progressAfter, type ScannerSetup } from './scanner.js';

/** The ids of the living values of a namespace, a page at a time as they are found. */
export async function* listIds(
  setup: ScannerSetup,
  { prefix, consistent = false, signal, onProgress }: IdsOptions,
): AsyncGenerator<string, void, undefined> {
  const withCapacity = onProgress !== undefined;
  const input = (): DynamoInput<'Scan'> =>
    scanKeys(setup, { prefix, consistent, nowMs: setup.clock.now(), withCapacity });
  let progress: ScanProgress = { scanned: 0, matched: 0, capacity: 0 };
  for await (const output of pages(setup.transport, 'Scan', input, { signal })) {
    const { Items = [] } = output;
    progress = progressAfter(progress, output, Items.length);
    await onProgress?.(progress);
    for (const item of Items) yield idOf(setup, item);
  }
}

/** Deletes the rows of all values of a namespace, also of expired ones and those that no codec reads. */
export async function clearNamespace(
  setup: ScannerSetup & BatchOptions,
  { onProgress, signal }: ClearOptions,
): Promise<ClearProgress> {
  // Consistent, as values that were stored just before have to be found.
  const input = scanKeys(setup, { consistent: true });
  async function* keys(): AsyncGenerator<BatchKey[]> {
    for await (const { Items = [] } of pages(setup.transport, 'Scan', input, { signal }))
      yield Items.map((key) => ({ key, label: idOf(setup, key) }));
  }
  const { transport, tableName, clock, random } = setup;
  return clearRows(keys(), { transport, tableName, clock, random, onProgress, signal });
}

function idOf({ mappings, namespace }: ScannerSetup, item: Item): string {
  const key = stringOf(item, mappings.partitionKeyFieldName) ?? '';
  return key.slice(namespacePrefix(namespace).length);
}
