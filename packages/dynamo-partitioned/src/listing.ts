import type { CompoundKey, DynamoInput, Item, ReadOptions } from '@x/dynamo-core';
import {
  countName,
  entryOf,
  errorName,
  pages,
  nodeModule,
  clearRows,
  keyText,
  type BatchKey,
  type ClearProgress,
} from '@x/dynamo-core/mechanism';
import type {
  EntriesOptions,
  IdsOptions,
  PartitionEntry,
  RangeOptions,
  RawRow,
  ClearOptions,
} from './options.js';
import { type TableRows, queryRows, queryValues, queryKeys } from './requests.js';
/** The most rows that one request of a limited listing reads. */
const rowsPerRequestMax = 1000;

/** The values of a part of a partition, in the order of their keys. */
export async function* listEntries<V>(
  rows: TableRows,
  partition: string,
  options: EntriesOptions,
): AsyncGenerator<PartitionEntry<V>, void, undefined> {
  const { limit, reverse = false, signal } = options;
  const input = (): DynamoInput<'Query'> => ({
    ...queryValues(rows, { ...options, partition }, rows.clock.now()),
    ScanIndexForward: !reverse,
    // Rows that are no values count too, so that it may take more than one request.
    ...(limit !== undefined && { Limit: Math.min(limit, rowsPerRequestMax) }),
  });
  let found = 0;
  const limitMax = rowsPerRequestMax;
  for await (const { Items = [] } of pages(rows.transport, 'Query', input, { signal, limitMax })) {
    const call = {};
    for (const item of Items) {
      const entry = await entryAt(rows, partition, item, options, call);
      if (entry === undefined) continue;
      yield entry as PartitionEntry<V>;
      if (++found === limit) return;
    }
  }
}

async function entryAt(
  rows: TableRows,
  partition: string,
  item: Item,
  { namespace = '', onError }: EntriesOptions,
  call: object,
): Promise<PartitionEntry<unknown> | undefined> {
  const key = { partition, namespace, sort: sortIn(rows, item, namespace) };
  try {
    const entry = await entryOf(rows, key, item, call);
    return entry && { key, ...entry };
  } catch (error) {
    if (onError === undefined || errorName(error) === undefined) throw error;
    onError(error as Error, sortKeyOf(rows, item));
    return undefined;
  }
}

/** The keys of the values of a part of a partition, in their order. */
export async function* listIds(
  rows: TableRows,
  partition: string,
  options: IdsOptions,
): AsyncGenerator<CompoundKey, void, undefined> {
  const { namespace = '', signal } = options;
  const shape = { ...options, partition, projection: '#sort' };
  const input = () => queryValues(rows, shape, rows.clock.now());
  for await (const { Items = [] } of pages(rows.transport, 'Query', input, { signal })) {
    for (const item of Items) yield { partition, namespace, sort: sortIn(rows, item, namespace) };
  }
}

/** How many values a part of a partition has. */
export async function countEntries(
  rows: TableRows,
  partition: string,
  options: RangeOptions,
): Promise<number> {
  const shape = { ...options, partition };
  const input = (): DynamoInput<'Query'> => ({
    ...queryValues(rows, shape, rows.clock.now()),
    Select: 'COUNT',
  });
  let count = 0;
  for await (const { Count = 0 } of pages(rows.transport, 'Query', input, options)) count += Count;
  return count;
}

/** The rows of a partition that hold a value or a count, as texts, a page at a time. */
export async function* listRaw(
  rows: TableRows,
  partition: string,
  { consistent, signal }: ReadOptions,
): AsyncGenerator<RawRow[], void, undefined> {
  const input = () => queryRows(rows, { partition, consistent }, rows.clock.now());
  for await (const { Items = [] } of pages(rows.transport, 'Query', input, { signal })) {
    const call = {};
    const page: RawRow[] = [];
    for (const item of Items) {
      const value = await textOf(rows, partition, item, call);
      if (value !== undefined) page.push({ key: sortKeyOf(rows, item), value });
    }
    if (page.length > 0) yield page;
  }
}

/**
 * What is no text (native attributes, compressed texts) is shown as the JSON of its value. Rows of
 * attempts and of claims have none.
 */
async function textOf(
  rows: TableRows,
  partition: string,
  item: Item,
  call: object,
): Promise<string | undefined> {
  const data = item[rows.mappings.dataFieldName];
  if (data === undefined) return item[countName]?.N;
  if (data.S !== undefined) return data.S;
  const key = { partition, namespace: '', sort: sortKeyOf(rows, item) };
  const entry = await entryOf(rows, key, item, call);
  return entry && JSON.stringify(entry.value, asJson);
}

/** Native attributes that JSON has no form of. */
function asJson(this: unknown, _name: string, part: unknown): unknown {
  if (typeof part === 'bigint') return String(part);
  if (nodeModule('node:util').types.isSet(part)) return [...part];
  return nodeModule('node:util').types.isUint8Array(part)
    ? Buffer.from(part).toString('base64')
    : part;
}

function sortKeyOf({ mappings }: TableRows, item: Item): string {
  const sortKey = item[mappings.sortKeyFieldName];
  return sortKey?.S ?? sortKey?.N ?? '-';
}

/** What follows the namespace that is listed. */
function sortIn(rows: TableRows, item: Item, namespace: string): string {
  const stored = sortKeyOf(rows, item);
  return namespace === '' ? stored : stored.slice(namespace.length + 1);
}

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
