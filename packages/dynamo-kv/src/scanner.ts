import {
  InvalidInputError,
  stringOf,
  type CallOptions,
  type Clock,
  type DynamoOutput,
  type DynamoTransport,
  type Item,
} from '@x/dynamo-core';
import { errorName, namespacePrefix, send, type Mappings } from '@x/dynamo-core/mechanism';

import type { KeyValueField, ScanOptions, ScanProgress } from './options.js';
import { scan, type ScanRange } from './requests.js';

export interface ScannerSetup {
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly mappings: Mappings<KeyValueField>;
  readonly namespace: string;
  readonly clock: Clock;
  /** The value of a row; throws for one that cannot be read. */
  readonly valueOf: (id: string, item: Item, call: object) => Promise<unknown>;
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

/** What becomes of what a request reads. */
export interface PageOptions extends CallOptions {
  /** The most rows to take. @default all of them */
  readonly wanted?: number | undefined;
  /** Stands for all that is decoded together. @default the page */
  readonly call?: object | undefined;
}

/** Scans the table page by page, and keeps count. One scanner serves one listing. */
export class Scanner {
  readonly #setup: ScannerSetup;
  readonly #options: ScanOptions;
  #progress: ScanProgress = { scanned: 0, matched: 0, capacity: 0 };

  constructor(setup: ScannerSetup, options: ScanOptions) {
    const { keyContains } = options;
    if (keyContains !== undefined && (typeof keyContains !== 'string' || keyContains === '')) {
      throw new InvalidInputError('keyContains', keyContains, 'a text that is not empty');
    }
    this.#setup = setup;
    this.#options = { ...options };
  }

  /** One request, and the rows of the namespace that it found. */
  async page(
    range: ScanRange,
    { signal, wanted = Infinity, call = {} }: PageOptions,
  ): Promise<ScannedPage> {
    const { transport, clock } = this.#setup;
    const { keyContains, consistent = false, onProgress } = this.#options;
    const withCapacity = onProgress !== undefined;
    const shape = { ...this.#setup, keyContains, consistent, withCapacity };
    const output = await send(transport, 'Scan', () => scan(shape, range, clock.now()), { signal });

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
    const { mappings, namespace, valueOf } = this.#setup;
    const { keyContains, onError } = this.#options;
    const name = mappings.partitionKeyFieldName;
    const id = (stringOf(item, name) ?? '').slice(namespacePrefix(namespace).length);
    // The filter looked at the whole key; the text may have been found in the namespace.
    if (keyContains !== undefined && !contains(namespace, id, keyContains)) return undefined;
    const key = { [name]: item[name] } as Item;
    try {
      return { id, key, value: await valueOf(id, item, call) };
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

/** Whether an id has a text in it. One that begins with the namespace is meant of the whole key. */
function contains(namespace: string, id: string, text: string): boolean {
  const prefix = namespacePrefix(namespace);
  return id.includes(text) || (text.startsWith(prefix) && `${prefix}${id}`.startsWith(text));
}
