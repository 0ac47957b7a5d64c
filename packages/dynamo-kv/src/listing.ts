import {
  InvalidInputError,
  stringOf,
  type DynamoInput,
  type DynamoOutput,
  type Item,
} from '@x/dynamo-core';
import {
  checkInteger,
  clearRows,
  entryOf,
  errorName,
  fromPagePointer,
  isPresent,
  namespacePrefix,
  pages,
  toPagePointer,
  whenAborted,
  type ClearProgress,
} from '@x/dynamo-core/mechanism';

import type {
  ClearOptions,
  IdsOptions,
  KeyValueList,
  ListOptions,
  ScanOptions,
  ScanProgress,
  StreamOptions,
} from './options.js';
import { scan, type NamespaceRows } from './requests.js';

const keysAlone = { ProjectionExpression: '#key' };

/** The ids of the living values of a namespace, a page at a time as they are found. */
export async function* listIds(
  rows: NamespaceRows,
  options: IdsOptions,
): AsyncGenerator<string, void, undefined> {
  const { signal } = options;
  const input = livingRows(rows, options, keysAlone);
  const count = counting(options);
  for await (const output of pages(rows.transport, 'Scan', input, { signal })) {
    const { Items = [] } = output;
    await count(output, Items.length);
    for (const item of Items) yield idOf(rows, item);
  }
}

/** Deletes the rows of all values of a namespace, also of expired ones and those that no codec reads. */
export async function clearNamespace(
  rows: NamespaceRows,
  { onProgress, signal }: ClearOptions,
): Promise<ClearProgress> {
  // Consistent, as values that were stored just before have to be found.
  const input = scan(rows, { consistent: true }, keysAlone);
  const found = pages(rows.transport, 'Scan', input, { signal });
  const keyOf = (key: Item) => ({ key, displayKey: idOf(rows, key) });
  return clearRows(found, keyOf, { ...rows, onProgress, signal });
}

/** The most rows that one request of a listing reads. */
const rowsPerRequestMax = 1000;

/**
 * Collects one page of at most `limit` items, over as many requests as that takes. Each request
 * reads twice as many rows as the one before, so that a namespace which is thin in its table is not
 * listed one row at a time. A page ends at its last item, never where DynamoDB stopped reading: that
 * may be a row of another namespace, or an expired one, and a pointer travels.
 */
export async function listPage(
  table: NamespaceRows,
  options: ListOptions,
): Promise<KeyValueList<[string, unknown]>> {
  const { pageItem, limit = 1000, signal } = options;
  const read = readerOf(table, options);
  const prefix = namespacePrefix(table.namespace);
  const from = pageItem === undefined ? undefined : fromPagePointer('pageItem', pageItem, prefix);
  const input = livingRows(table, options, {
    Limit: Math.min(limit, rowsPerRequestMax),
    ExclusiveStartKey: from === undefined ? undefined : table.address(from).key,
  });
  const rows: ScannedRow[] = [];
  let isLast = false;
  const call = {};
  const limitMax = rowsPerRequestMax;
  for await (const output of pages(table.transport, 'Scan', input, { signal, limitMax })) {
    const page = await read(output, call, limit - rows.length);
    rows.push(...page.rows);
    ({ isLast } = page);
    if (rows.length === limit) break;
  }

  const end = isLast ? undefined : rows.at(-1)?.id;
  return {
    items: rows.map(({ id, value }) => [id, value]),
    ...(end !== undefined && { pagePointer: toPagePointer(`${prefix}${end}`) }),
  };
}

/** A part of the table that is read beside others. */
interface Segment {
  readonly pages: AsyncIterator<DynamoOutput<'Scan'>>;
  /** When it may send its next request, in monotonic time. */
  nextAtMs: number;
}

/**
 * All rows, as they arrive. Scans all segments at once. A segment sends its next request
 * only when its page was taken, so that a slow reader is not flooded. When the reader stops early,
 * or one segment fails, the requests of the others are aborted and waited for.
 */
export async function* streamItems(
  table: NamespaceRows,
  rowsPerRequest: number,
  options: StreamOptions,
): AsyncGenerator<[string, unknown], void, undefined> {
  const { minimumDelayBetween: minimumDelayMs = 0, segments = 1, signal: outer } = options;
  const { transport, clock } = table;
  checkInteger('perPage', rowsPerRequest, 1);
  if (!(minimumDelayMs >= 0 && Number.isFinite(minimumDelayMs))) {
    throw new InvalidInputError('minimumDelayBetween', minimumDelayMs, '0 or more milliseconds');
  }

  outer?.throwIfAborted();
  const read = readerOf(table, options);
  const stop = new AbortController();
  const parts = Array.from({ length: segments }, (_, index): Segment => {
    const part = segments === 1 ? undefined : { Segment: index, TotalSegments: segments };
    const input = livingRows(table, options, { Limit: rowsPerRequest, ...part });
    const found = pages(transport, 'Scan', input, { signal: stop.signal });
    return { pages: found[Symbol.asyncIterator](), nextAtMs: -Infinity };
  });
  const fetch = async (part: Segment): Promise<readonly [Segment, ScannedPage]> => {
    const delayMs = part.nextAtMs - clock.monotonic();
    if (delayMs > 0) await clock.sleep(delayMs, { signal: stop.signal });
    part.nextAtMs = clock.monotonic() + minimumDelayMs;
    const { value } = await part.pages.next();
    return [part, await read(value as DynamoOutput<'Scan'>)];
  };
  const stopAll = (): void => stop.abort(outer?.reason);
  const unfollow = whenAborted(outer, stopAll);
  const pending = new Map(parts.map((part) => [part, fetch(part)]));
  try {
    while (pending.size > 0) {
      const [part, { rows, isLast }] = await Promise.race(pending.values());
      pending.delete(part);
      for (const { id, value } of rows) yield [id, value];
      if (!isLast) pending.set(part, fetch(part));
    }
  } finally {
    unfollow();
    stopAll();
    await Promise.allSettled(pending.values());
  }
}

/** A row of the namespace. */
interface ScannedRow {
  readonly id: string;
  readonly value: unknown;
}

interface ScannedPage {
  readonly rows: ScannedRow[];
  /** Whether nothing is left to read, neither in the table nor of this page. */
  readonly isLast: boolean;
}

/** Builds the request that finds the rows whose value has not expired when it is sent. */
function livingRows(
  table: NamespaceRows,
  options: IdsOptions & ScanOptions,
  range: Partial<DynamoInput<'Scan'>>,
): () => DynamoInput<'Scan'> {
  return () => scan(table, options, range, isPresent(table.clock.now()));
}

/**
 * Reads the rows of the namespace in an answer, `wanted` of them at most, and counts them. `call` stands
 * for all that is decoded together: the page, unless more is given.
 */
type Reader = (
  output: DynamoOutput<'Scan'>,
  call?: object,
  wanted?: number,
) => Promise<ScannedPage>;

function readerOf(table: NamespaceRows, options: ScanOptions): Reader {
  const { namespace } = table;
  const { keyContains, onError } = options;
  const count = counting(options);
  const readRow = async (item: Item, call: object): Promise<ScannedRow | undefined> => {
    const id = idOf(table, item);
    // The filter looked at the whole key; the text may have been found in the namespace.
    if (keyContains !== undefined && !contains(namespace, id, keyContains)) return undefined;
    try {
      return { id, value: (await entryOf(table, id, item, call))?.value };
    } catch (error) {
      if (onError === undefined || errorName(error) === undefined) throw error;
      await onError(error as Error, id);
      return undefined;
    }
  };
  return async (output, call = {}, wanted = Infinity) => {
    const { Items = [], LastEvaluatedKey } = output;
    const rows: ScannedRow[] = [];
    let taken = 0;
    for (; taken < Items.length && rows.length < wanted; taken++) {
      const row = await readRow(Items[taken] as Item, call);
      if (row !== undefined) rows.push(row);
    }
    await count(output, rows.length);
    return { rows, isLast: taken === Items.length && !LastEvaluatedKey };
  };
}

/** Counts what a scan has come to after each answer, of which `more` rows are handed out. */
function counting({
  onProgress,
}: Pick<ScanOptions, 'onProgress'>): (output: DynamoOutput<'Scan'>, more: number) => Promise<void> {
  let progress: ScanProgress = { scanned: 0, matched: 0, capacity: 0 };
  return async ({ ScannedCount = 0, ConsumedCapacity }, more) => {
    progress = {
      scanned: progress.scanned + ScannedCount,
      matched: progress.matched + more,
      capacity: progress.capacity + (ConsumedCapacity?.CapacityUnits ?? 0),
    };
    await onProgress?.(progress);
  };
}

/** The id of a row: what follows the namespace in its key. */
function idOf({ keyName, namespace }: NamespaceRows, item: Item): string {
  return (stringOf(item, keyName) ?? '').slice(namespacePrefix(namespace).length);
}

/** Whether an id has a text in it. One that begins with the namespace is meant of the whole key. */
function contains(namespace: string, id: string, text: string): boolean {
  const prefix = namespacePrefix(namespace);
  return id.includes(text) || (text.startsWith(prefix) && `${prefix}${id}`.startsWith(text));
}
