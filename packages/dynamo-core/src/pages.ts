import type { BatchOptions } from './batches.js';
import type { BatchKey } from './input-checks.js';
import { mapBuilt, onFirstUse, send, type Built } from './send.js';
import type { CallOptions, DynamoInput, DynamoOutput, DynamoTransport, Item } from './transport.js';
import type { Brand } from './brands.js';
import { InvalidInputError } from './errors.js';

const clearing = /* @__PURE__ */ onFirstUse(() => import('./clear-rows.js'));

/** How the pages are asked for. */
export interface PagesOptions extends CallOptions {
  /**
   * With a `Limit`, each request reads twice as many rows as the one before, up to this many: what a
   * filter leaves out counts too, and would otherwise take a request for each few rows.
   */
  readonly limitMax?: number | undefined;
}

/**
 * All pages of a Query or a Scan, one request each. An empty page is not the end: only the absence
 * of `LastEvaluatedKey` is. Nothing more is sent once the loop is left. An `input` that holds times
 * of the clock is given as a function that builds it, once for each page: see `send`.
 *
 * @example
 * ```ts
 * import { connect, pages } from '@x/dynamo-core/mechanism';
 *
 * const { transport, tableName } = connect({}, 'keys');
 * for await (const { Items } of pages(transport, 'Scan', { TableName: tableName })) {
 *   console.log(Items?.length);
 * }
 * ```
 */
export async function* pages<O extends 'Query' | 'Scan'>(
  transport: DynamoTransport,
  operation: O,
  input: Built<DynamoInput<O>>,
  { limitMax, signal }: PagesOptions = {},
): AsyncGenerator<DynamoOutput<O>, void, undefined> {
  let from: Item | undefined;
  let growth = 1;
  do {
    const start = from;
    const factor = growth;
    const page = mapBuilt(input, (built) => {
      if (start === undefined) return built;
      const { Limit } = built;
      const grown = Limit && limitMax && { Limit: Math.min(Limit * factor, limitMax) };
      return { ...built, ExclusiveStartKey: start, ...grown };
    });
    const output: DynamoOutput<'Query' | 'Scan'> = await send(transport, operation, page, {
      signal,
    });
    yield output as DynamoOutput<O>;
    // A transport that speaks JSON may answer `null` after the last page.
    from = output.LastEvaluatedKey ?? undefined;
    growth *= 2;
  } while (from !== undefined);
}

/** What clearing has come to. */
export interface ClearProgress {
  /** Rows that are deleted so far. */
  readonly deleted: number;
}

/** An answer with rows. */
export interface RowsPage {
  readonly Items?: readonly Item[] | undefined;
}

/** How rows are deleted, and who hears of it. */
export interface ClearRowsOptions extends BatchOptions {
  /** Is called after each hundred rows, and at the end. */
  readonly onProgress?: ((progress: ClearProgress) => unknown) | undefined;
}

/**
 * Deletes the rows of pages while they are read on. What a page leaves over goes with the next
 * one, so that every batch but the last is full. One BatchWriteItem for each 25 keys, four at a time.
 * A `BatchIncompleteError` counts the rows of all batches.
 */
export async function clearRows(
  pages: AsyncIterable<RowsPage>,
  keyOf: (row: Item) => BatchKey,
  options: ClearRowsOptions,
): Promise<ClearProgress> {
  const { clearInBatches } = await clearing();
  return clearInBatches(pages, keyOf, options);
}

/**
 * Where a listing goes on: opaque, and a plain string, so that it can travel in a URL or a message.
 * It stays valid as long as the table exists.
 */
export type PagePointer = Brand<string, 'PagePointer'>;

/** Makes a pointer of the key that a page ended at. */
export function toPagePointer(key: string): PagePointer {
  return Buffer.from(key).toString('base64url') as PagePointer;
}

/**
 * What follows `prefix`, with which all keys of the listing begin, in the key that a pointer stands for.
 * Throws an `InvalidInputError` for a pointer of another listing, and for what is none.
 */
export function fromPagePointer(field: string, pointer: string, prefix: string): string {
  const key = typeof pointer === 'string' ? Buffer.from(pointer, 'base64url').toString() : '';
  // What is no base64, or no text in it, is not what it would be made of again.
  if (key.startsWith(prefix) && key !== prefix && toPagePointer(key) === pointer) {
    return key.slice(prefix.length);
  }
  throw new InvalidInputError(field, pointer, 'a page pointer that a listing returned');
}
