import { InvalidInputError, stringOf, type DynamoOutput, type Item } from '@x/dynamo-core';
import { entryOf, errorName, namespacePrefix, send } from '@x/dynamo-core/mechanism';

import type { ScanOptions, ScanProgress } from './options.js';
import { scan, type NamespaceRows } from './requests.js';

/** Which rows one request reads, and what becomes of them. */
export interface ScanRange {
  /** How many rows DynamoDB reads for it at most. */
  readonly rowsMax: number;
  readonly from: Item | undefined;
  readonly segment?: { readonly Segment: number; readonly TotalSegments: number } | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The most rows to take. @default all of them */
  readonly wanted?: number | undefined;
  /** Stands for all that is decoded together. @default the page */
  readonly call?: object | undefined;
}

/** A row of the namespace. */
export interface ScannedRow {
  readonly id: string;
  readonly value: unknown;
  /** The key, from which a later scan can go on. */
  readonly key: Item;
}

export interface ScannedPage {
  readonly rows: ScannedRow[];
  /** Where the next request goes on; absent after the last one. */
  readonly next: Item | undefined;
  /** Whether rows that were read are left, as no more were wanted. */
  readonly isCut: boolean;
}

/** Scans the table page by page, and keeps count. One scanner serves one listing. */
export class Scanner {
  readonly #rows: NamespaceRows;
  readonly #options: ScanOptions;
  #progress: ScanProgress = { scanned: 0, matched: 0, capacity: 0 };

  constructor(rows: NamespaceRows, options: ScanOptions) {
    const { keyContains } = options;
    if (keyContains !== undefined && (typeof keyContains !== 'string' || keyContains === '')) {
      throw new InvalidInputError('keyContains', keyContains, 'a text that is not empty');
    }
    this.#rows = rows;
    this.#options = options;
  }

  /** One request, and the rows of the namespace that it found. */
  async page(range: ScanRange): Promise<ScannedPage> {
    const { rowsMax, from, segment, signal, wanted = Infinity, call = {} } = range;
    const { transport, clock } = this.#rows;
    const { onProgress } = this.#options;
    const shape = { ...this.#options, withCapacity: onProgress !== undefined };
    const input = () => ({
      ...scan(this.#rows, { ...shape, nowMs: clock.now() }),
      Limit: rowsMax,
      ExclusiveStartKey: from,
      ...segment,
    });
    const output = await send(transport, 'Scan', input, { signal });

    const { Items = [] } = output;
    const rows: ScannedRow[] = [];
    let taken = 0;
    for (; taken < Items.length && rows.length < wanted; taken++) {
      const row = await this.#read(Items[taken] as Item, call);
      if (row !== undefined) rows.push(row);
    }
    this.#progress = progressAfter(this.#progress, output, rows.length);
    await onProgress?.(this.#progress);
    return { rows, next: output.LastEvaluatedKey, isCut: taken < Items.length };
  }

  async #read(item: Item, call: object): Promise<ScannedRow | undefined> {
    const { keyName, namespace } = this.#rows;
    const { keyContains, onError } = this.#options;
    const id = idOf(this.#rows, item);
    // The filter looked at the whole key; the text may have been found in the namespace.
    if (keyContains !== undefined && !contains(namespace, id, keyContains)) return undefined;
    const key = { [keyName]: item[keyName] } as Item;
    try {
      return { id, key, value: (await entryOf(this.#rows, id, item, call))?.value };
    } catch (error) {
      if (onError === undefined || errorName(error) === undefined) throw error;
      await onError(error as Error, id);
      return undefined;
    }
  }
}

/** What a scan has come to after one more answer, of which `matched` rows are handed out. */
export function progressAfter(
  { scanned, matched, capacity }: ScanProgress,
  { ScannedCount = 0, ConsumedCapacity }: DynamoOutput<'Scan'>,
  more: number,
): ScanProgress {
  return {
    scanned: scanned + ScannedCount,
    matched: matched + more,
    capacity: capacity + (ConsumedCapacity?.CapacityUnits ?? 0),
  };
}

/** The id of a row: what follows the namespace in its key. */
export function idOf({ keyName, namespace }: NamespaceRows, item: Item): string {
  return (stringOf(item, keyName) ?? '').slice(namespacePrefix(namespace).length);
}

/** Whether an id has a text in it. One that begins with the namespace is meant of the whole key. */
function contains(namespace: string, id: string, text: string): boolean {
  const prefix = namespacePrefix(namespace);
  return id.includes(text) || (text.startsWith(prefix) && `${prefix}${id}`.startsWith(text));
}
