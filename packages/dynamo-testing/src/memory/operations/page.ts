import type { Item } from '@x/dynamo-core';

import type { Row } from '../store/rows.js';
import type { View } from './read-projection.js';

const pageBytesMax = 1024 * 1024;

/** What ends a page early, and what of it is shown. */
export interface PageOptions {
  readonly limit: number | undefined;
  readonly isIncluded: (item: Item) => boolean;
  /** `undefined` when only the count is wanted. */
  readonly view: View | undefined;
}

/** One page of a query or a scan. */
export interface Page {
  readonly Items?: Item[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly LastEvaluatedKey?: Item;
}

/** How a page is made of the rows of its source. */
export interface PageRows {
  readonly keyOf: (item: Item) => Item;
  /** What the filter sees of a row: the table's row, where an index lacks attributes. */
  readonly complete: (item: Item) => Item;
  /** Whether that is shown, too, and not what the index holds. */
  readonly isWholeShown: boolean;
}

/** Reads rows until the limit or the size of a page is reached; the filter comes after both. */
export function readPage(
  rows: Iterable<Row>,
  { limit = Infinity, isIncluded, view }: PageOptions,
  { keyOf, complete, isWholeShown }: PageRows,
): { readonly page: Page; readonly bytes: number } {
  const found: Item[] = [];
  let [count, scanned, bytes] = [0, 0, 0];
  let previous: Item | undefined;
  let last: Item | undefined;
  for (const row of rows) {
    // The row that reaches the size is still on the page; the key is there only if more follow.
    if (bytes >= pageBytesMax) {
      last = previous;
      break;
    }
    scanned += 1;
    bytes += row.bytes;
    const item = complete(row.item);
    if (isIncluded(item)) {
      count += 1;
      if (view) found.push(view(isWholeShown ? item : row.item));
    }
    // The limit sets the key even if nothing follows, as DynamoDB does.
    if (scanned >= limit) {
      last = row.item;
      break;
    }
    previous = row.item;
  }
  return {
    bytes,
    page: {
      ...(view && { Items: found }),
      Count: count,
      ScannedCount: scanned,
      ...(last && { LastEvaluatedKey: keyOf(last) }),
    },
  };
}
