import { fromPagePointer, toPagePointer } from '@x/dynamo-core/mechanism';

import type { KeyValueList, ListOptions } from './options.js';
import type { NamespaceRows } from './requests.js';
import { Scanner, type ScannedRow } from './scanner.js';

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
  const scanner = new Scanner(table, options);
  const rows: ScannedRow[] = [];
  let rowsMax = Math.min(limit, rowsPerRequestMax);
  let from = pageItem === undefined ? undefined : fromPagePointer('pageItem', pageItem);
  let isLast: boolean;
  const call = {};
  do {
    const wanted = limit - rows.length;
    const page = await scanner.page({ rowsMax, from, signal, wanted, call });
    rows.push(...page.rows);
    from = page.next;
    isLast = from === undefined && !page.isCut;
    rowsMax = Math.min(rowsMax * 2, rowsPerRequestMax);
  } while (!isLast && rows.length < limit);

  const end = isLast ? undefined : rows.at(-1)?.key;
  return {
    items: rows.map(({ id, value }) => [id, value]),
    ...(end !== undefined && { pagePointer: toPagePointer(end) }),
  };
}
