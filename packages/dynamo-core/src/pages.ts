import type { Item } from './attribute-value.js';
import {
  mapBuilt,
  send,
  type Built,
  type CallOptions,
  type DynamoInput,
  type DynamoOutput,
  type DynamoTransport,
} from './transport.js';

/**
 * All pages of a Query or a Scan, one request each. An empty page is not the end: only the absence
 * of `LastEvaluatedKey` is. Nothing more is sent once the loop is left. An `input` that holds times
 * of the clock is given as a function that builds it, once for each page: see `send`.
 *
 * @example
 * ```ts
 * import { connect, pages } from '@x/dynamo-core';
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
  options: CallOptions = {},
): AsyncGenerator<DynamoOutput<O>, void, undefined> {
  let from: Item | undefined;
  do {
    const start = from;
    const page = mapBuilt(input, (built) =>
      start === undefined ? built : { ...built, ExclusiveStartKey: start },
    );
    const output: DynamoOutput<'Query' | 'Scan'> = await send(transport, operation, page, options);
    yield output as DynamoOutput<O>;
    from = output.LastEvaluatedKey;
  } while (from !== undefined);
}
