import { InvalidInputError } from '@x/dynamo-core';

import type { Json } from './wire.js';

type Entries = readonly unknown[];
/** Of one table: the keys of a batch of reads, or the requests of a batch of writes. */
type OfTable = Entries | (Json & { readonly Keys: Entries });

/** The two halves of a batch, each in the shape of `RequestItems`. */
export interface SplitBatch {
  readonly now: Readonly<Record<string, OfTable>>;
  readonly later: Readonly<Record<string, OfTable>>;
}

/** How an operation names what it left unprocessed. */
export function unprocessedField(operation: string): 'UnprocessedKeys' | 'UnprocessedItems' {
  if (operation === 'BatchGetItem') return 'UnprocessedKeys';
  if (operation === 'BatchWriteItem') return 'UnprocessedItems';
  throw new InvalidInputError('fault', 'partial', `for a batch, not for ${operation}`);
}

/** Splits a batch after its first `keep` entries. */
export function splitBatch(input: Json, keep: number): SplitBatch {
  const now: [table: string, part: OfTable][] = [];
  const later: [table: string, part: OfTable][] = [];
  let left = keep;
  for (const [table, part] of Object.entries(input['RequestItems'] as SplitBatch['now'])) {
    const entries = entriesOf(part);
    const first = entries.slice(0, left);
    const rest = entries.slice(first.length);
    left -= first.length;
    if (first.length > 0) now.push([table, withEntries(part, first)]);
    if (rest.length > 0) later.push([table, withEntries(part, rest)]);
  }
  return { now: Object.fromEntries(now), later: Object.fromEntries(later) };
}

function entriesOf(part: OfTable): Entries {
  return 'Keys' in part ? part.Keys : part;
}

function withEntries(part: OfTable, entries: Entries): OfTable {
  return 'Keys' in part ? { ...part, Keys: entries } : entries;
}
