import { checkInteger } from './input-checks.js';
import type { Random } from './clock.js';
import { requestToken } from './token-id.js';
import { mapBuilt, send, type Built } from './send.js';
import type { CallOptions, DynamoInput, DynamoTransport } from './transport.js';

/** One write of a transaction, in wire shape: `Put`, `Update`, `Delete` or `ConditionCheck`. */
export type TransactItem = NonNullable<DynamoInput<'TransactWriteItems'>['TransactItems']>[number];

/** What a transaction is sent with. */
export interface TransactWriteOptions extends CallOptions {
  readonly transport: DynamoTransport;
  readonly random: Random;
  /**
   * The idempotency token: within ten minutes, a repeat with the same token and the same items is
   * applied once. One of more than DynamoDB's 36 characters is hashed.
   *
   * @default a fresh one for the call, so that the SDK's repeats are applied once
   */
  readonly token?: string | undefined;
}

const itemsMax = 100;

/**
 * Sends up to 100 writes that are applied together or not at all: one TransactWriteItems at twice
 * the write units. The transport of `connect` repeats a transaction that only met another one under
 * way. The SDK's `TransactionCanceledException` passes through as it is; read it with
 * `cancellationReasons`.
 *
 * Nothing is applied after an error that DynamoDB answered with; after a lost response it is not
 * known. Items that hold times of the clock are given as a function that builds them: see `send`.
 * Throws an `InvalidInputError` for no items, more than 100, or a token that is no text.
 *
 * @example
 * ```ts
 * import { S } from '@x/dynamo-core';
 * import { connect, transactWrite } from '@x/dynamo-core/mechanism';
 *
 * const connection = connect({}, 'keys');
 * const { tableName } = connection;
 * await transactWrite(
 *   [
 *     { Put: { TableName: tableName, Item: { key: S('a'), data: S('1') } } },
 *     { Delete: { TableName: tableName, Key: { key: S('b') } } },
 *   ],
 *   connection,
 * );
 * ```
 */
export async function transactWrite(
  items: Built<readonly TransactItem[]>,
  { transport, random, token = random.id(), signal }: TransactWriteOptions,
): Promise<void> {
  const ClientRequestToken = requestToken(token);
  const input = mapBuilt(items, (built) => {
    checkInteger('the number of items', built.length, 1, itemsMax);
    return { TransactItems: [...built], ClientRequestToken };
  });
  await send(transport, 'TransactWriteItems', input, { signal });
}
