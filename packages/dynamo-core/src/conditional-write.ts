import type { Item } from './attribute-value.js';
import { errorName } from './error-name.js';
import {
  mapBuilt,
  send,
  type Built,
  type CallOptions,
  type DynamoInput,
  type DynamoTransport,
} from './transport.js';

/** The operations that take a condition and write one row. */
export type ConditionalOperation = 'PutItem' | 'UpdateItem' | 'DeleteItem';

/** What became of a conditional write. */
export type ConditionalOutcome =
  /** The condition held. `attributes` is what `ReturnValues` asked for. */
  | { readonly outcome: 'applied'; readonly attributes: Item | undefined }
  /** The condition failed because an earlier send of the same call had been applied already. */
  | { readonly outcome: 'recognised'; readonly item: Item }
  /** The condition failed. `item` is the row that it met, if there was one. */
  | { readonly outcome: 'refused'; readonly item: Item | undefined };

/** How a write recognises itself. */
export interface ConditionalWriteOptions extends CallOptions {
  /** Tells from the row that the condition met whether this very call has written it. */
  readonly isMine?: ((item: Item) => boolean) | undefined;
  /**
   * The row's key, to be passed wherever the condition fails on a row that exists. Some engines
   * leave that row out of the error: it is then read consistently with this key, because a call
   * that cannot recognise its own write would be counted as refused. Where the row may be gone,
   * that read is the price of knowing it.
   */
  readonly mustExist?: Item | undefined;
}

/**
 * Sends one conditional write and says what became of it, exactly, also when the SDK repeats the
 * request because a response was lost: a repeat that fails its condition on the row that the first
 * send wrote is success. One request; a second one, a consistent read, only where the condition
 * failed and the error holds no row.
 *
 * Every error but the failed condition passes through as it is. An `input` that holds times of the
 * clock is given as a function that builds it: see `send`.
 *
 * @example
 * ```ts
 * import { S, stringOf, systemRandom } from '@x/dynamo-core';
import { connect, writeConditionally } from '@x/dynamo-core/mechanism';
 *
 * const { transport, tableName } = connect({}, 'keys');
 * const [key, id] = [{ key: S('a') }, systemRandom.id()];
 * const { outcome } = await writeConditionally(
 *   transport,
 *   'PutItem',
 *   {
 *     TableName: tableName,
 *     Item: { ...key, writer: S(id) },
 *     ConditionExpression: 'attribute_not_exists(#key)',
 *     ExpressionAttributeNames: { '#key': 'key' },
 *   },
 *   { isMine: (item) => stringOf(item, 'writer') === id, mustExist: key },
 * );
 * console.log(outcome); // 'applied', 'recognised' or 'refused'
 * ```
 */
export async function writeConditionally<O extends ConditionalOperation>(
  transport: DynamoTransport,
  operation: O,
  input: Built<DynamoInput<O>>,
  { isMine, mustExist, signal }: ConditionalWriteOptions = {},
): Promise<ConditionalOutcome> {
  let tableName: string | undefined;
  const asked = mapBuilt(input, (built) => {
    tableName = built.TableName;
    return { ...built, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  });
  try {
    const output = await send(transport, operation, asked, { signal });
    return { outcome: 'applied', attributes: output.Attributes };
  } catch (error) {
    if (!isConditionalCheckFailed(error)) throw error;
    const item = error.Item ?? (await readBack(transport, tableName, mustExist, signal));
    return item !== undefined && isMine?.(item) === true
      ? { outcome: 'recognised', item }
      : { outcome: 'refused', item };
  }
}

/** Whether an error is the SDK's `ConditionalCheckFailedException`, of whichever copy of the SDK. */
export function isConditionalCheckFailed(
  error: unknown,
): error is Error & { readonly Item?: Item } {
  return errorName(error) === 'ConditionalCheckFailedException';
}

async function readBack(
  transport: DynamoTransport,
  tableName: string | undefined,
  key: Item | undefined,
  signal: AbortSignal | undefined,
): Promise<Item | undefined> {
  if (key === undefined) return undefined;
  const input = { TableName: tableName, Key: key, ConsistentRead: true };
  return (await transport.call('GetItem', input, { signal })).Item;
}
