import { mapBuilt, send, type Built } from './send.js';
import type { CallOptions, DynamoInput, DynamoOutput, DynamoTransport, Item } from './transport.js';
import type { Brand } from './brands.js';
import { InvalidInputError } from './errors.js';

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
