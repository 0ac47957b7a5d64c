// Values of many keys: loaded with the first batch.

import type { CallOptions } from './transport.js';
import { getInBatches, writeInBatches } from './send-batches.js';
import type { BatchKey } from './input-checks.js';
import type { Entry, PreparedValue, ReadOptions, ValueStore } from './value-options.js';
import { entryOf } from './value-table.js';
import { valueRow } from './refused-value.js';
import { writeNow } from './write-value.js';

export { writeInBatches as deleteRows } from './send-batches.js';

/** The values in rows, aligned with them; `undefined` for absent ones. */
export async function readRows(
  rows: ValueStore<never>,
  asked: readonly Required<BatchKey>[],
  { consistent, signal }: ReadOptions,
): Promise<(Entry<unknown> | undefined)[]> {
  const items = await getInBatches(asked, { ...rows, consistent, signal });
  const call = {};
  return Promise.all(
    asked.map(({ callerKey }, index) => entryOf(rows, callerKey, items[index], call)),
  );
}

/** Stores each value as a row of its own that replaces what was there. */
export async function writeRows(
  rows: ValueStore<never>,
  values: readonly PreparedValue[],
  { signal }: CallOptions,
): Promise<void> {
  const changes = values.map(({ target, write }) =>
    Object.assign(target, { put: () => valueRow(target, writeNow(target, write)) }),
  );
  await writeInBatches(changes, { ...rows, signal });
}
