import {
  checkInteger,
  pages,
  type CompoundKey,
  type Item,
  type PartitionedRows,
  type ReadOptions,
} from '@x/dynamo-core';

import type { EntriesOptions, PartitionEntry, RangeOptions, RawRow } from './options.js';
import type { TableParts } from './parts.js';
import { countRow, queryRows, queryValues, sharedWith } from './requests.js';

/** The most rows that one request of a limited listing reads. */
const rowsPerRequestMax = 1000;

/** The values of a part of a partition, in the order of their keys. */
export async function* listEntries<V>(
  table: TableParts,
  partition: string,
  options: EntriesOptions = {},
): AsyncGenerator<PartitionEntry<V>, void, undefined> {
  const { limit, reverse = false, signal } = options;
  if (limit !== undefined) checkInteger('limit', limit, 1);
  const { rows } = table;
  const input = {
    ...queryValues(rows, { ...options, partition }, rows.clock.now()),
    ScanIndexForward: !reverse,
    // Rows that are no values count too, so that it may take more than one request.
    ...(limit !== undefined && { Limit: Math.min(limit, rowsPerRequestMax) }),
  };
  let found = 0;
  for await (const { Items = [] } of pages(rows.transport, 'Query', input, { signal })) {
    for (const item of Items) {
      const entry = await readEntry(table, partition, item, options);
      if (entry === undefined) continue;
      yield entry as PartitionEntry<V>;
      if (++found === limit) return;
    }
  }
}

async function readEntry(
  { rows, values }: TableParts,
  partition: string,
  item: Item,
  { namespace = '', onError }: EntriesOptions,
): Promise<PartitionEntry<unknown> | undefined> {
  const stored = sortKeyOf(rows, item);
  try {
    const entry = await values.entryOf(`${partition}/${stored}`, item);
    if (entry === undefined) return undefined;
    const sort = namespace === '' ? stored : stored.slice(namespace.length + 1);
    return { key: { partition, namespace, sort }, ...entry };
  } catch (error) {
    if (onError === undefined || !(error instanceof Error)) throw error;
    onError(error, stored);
    return undefined;
  }
}

/** Whether a key has a value or a counter. */
export async function hasRow(
  { rows }: TableParts,
  key: CompoundKey,
  { consistent = false, signal }: ReadOptions = {},
): Promise<boolean> {
  const input = countRow(rows, key, rows.clock.now(), consistent);
  return (await rows.transport.call('Query', input, { signal })).Count !== 0;
}

/** How many values a part of a partition has. */
export async function countEntries(
  { rows }: TableParts,
  partition: string,
  options: RangeOptions = {},
): Promise<number> {
  const shape = { ...options, partition };
  const input = { ...queryValues(rows, shape, rows.clock.now()), Select: 'COUNT' as const };
  let count = 0;
  for await (const { Count = 0 } of pages(rows.transport, 'Query', input, options)) count += Count;
  return count;
}

/** The rows of a partition as texts, a page at a time. */
export async function* listRaw(
  table: TableParts,
  partition: string,
  { consistent, signal }: ReadOptions = {},
): AsyncGenerator<RawRow[], void, undefined> {
  const { rows } = table;
  const input = queryRows(rows, { partition, consistent }, rows.clock.now());
  for await (const { Items = [] } of pages(rows.transport, 'Query', input, { signal })) {
    const page = await Promise.all(
      Items.map(async (item) => ({
        key: sortKeyOf(rows, item),
        value: await textOf(table, partition, item),
      })),
    );
    if (page.length > 0) yield page;
  }
}

/** What is no text (native attributes, compressed texts) is shown as the JSON of its value. */
async function textOf(
  { rows, values }: TableParts,
  partition: string,
  item: Item,
): Promise<string> {
  const data = item[rows.mappings.dataFieldName];
  if (data === undefined) return item[sharedWith[0] as string]?.N ?? '';
  if (data.S !== undefined) return data.S;
  const entry = await values.entryOf(`${partition}/${sortKeyOf(rows, item)}`, item);
  return JSON.stringify(entry?.value) ?? '';
}

function sortKeyOf({ mappings }: PartitionedRows, item: Item): string {
  const sortKey = item[mappings.sortKeyFieldName];
  return sortKey?.S ?? sortKey?.N ?? '-';
}
