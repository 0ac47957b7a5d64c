import { checkInteger, fromPagePointer, toPagePointer } from '@x/dynamo-core';

import type { KeyValueList, ListOptions } from './options.js';
import { Scanner, type ScannedRow, type ScannerSetup } from './scanner.js';

/** The most rows that one request of a listing reads. */
const rowsPerRequestMax = 1000;

/**
 * Collects one page of at most `limit` items, over as many requests as that takes. Each request
 * reads twice as many rows as the one before, so that a namespace which is thin in its table is not
 * listed one row at a time.
 */
export async function listPage(
  setup: ScannerSetup,
  options: ListOptions,
): Promise<KeyValueList<[string, unknown]>> {
  const { pageItem, limit = 1000 } = options;
  checkInteger('limit', limit, 1);
  const scanner = new Scanner(setup, options);
  const rows: ScannedRow[] = [];
  let rowsMax = Math.min(limit, rowsPerRequestMax);
  let next = pageItem === undefined ? undefined : fromPagePointer('pageItem', pageItem);
  do {
    const page = await scanner.page({ rowsMax, from: next }, options);
    rows.push(...page.rows);
    next = page.next;
    rowsMax = Math.min(rowsMax * 2, rowsPerRequestMax);
  } while (next !== undefined && rows.length < limit);

  const kept = rows.slice(0, limit);
  // Rows beyond the limit are left to the next page: it goes on after the last one of this.
  const end = rows.length > limit ? kept.at(-1)?.key : next;
  return {
    items: kept.map(({ id, value }) => [id, value]),
    ...(end !== undefined && { pagePointer: toPagePointer(end) }),
  };
}
