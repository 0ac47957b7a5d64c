import type { CallOptions, DynamoInput, DynamoOutput, DynamoTransport } from './transport.js';

/**
 * All pages of a Query or a Scan, one request each. An empty page is not the end: only the absence
 * of `LastEvaluatedKey` is. Nothing more is sent once the loop is left.
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
  input: DynamoInput<O>,
  options: CallOptions = {},
): AsyncGenerator<DynamoOutput<O>, void, undefined> {
  let from = input.ExclusiveStartKey;
  do {
    const output: DynamoOutput<'Query' | 'Scan'> = await transport.call(
      operation,
      from === undefined ? input : { ...input, ExclusiveStartKey: from },
      options,
    );
    yield output as DynamoOutput<O>;
    from = output.LastEvaluatedKey;
  } while (from !== undefined);
}
