import { N, type AttributeValue } from '@x/dynamo-core';
import { checkedOptions, checkInteger, checkKeyText } from '@x/dynamo-core/mechanism';

/** Where a fence is kept. */
export interface FenceConditionOptions {
  /**
   * The attribute of the guarded item that holds the largest fence that wrote it.
   *
   * @default 'lockFence'
   */
  readonly attribute?: string | undefined;
}

/** Parts of a write that a holder whose lease has ended cannot do any more. */
export interface FenceCondition {
  /** For the `ConditionExpression`, in brackets: join it to a condition of your own with `AND`. */
  readonly condition: string;
  /** For the `SET` clause of the `UpdateExpression`. */
  readonly assignment: string;
  /** For `ExpressionAttributeNames`. */
  readonly names: Readonly<Record<'#lockFence', string>>;
  /** For `ExpressionAttributeValues` of a `DynamoDBClient`. */
  readonly values: Readonly<Record<':lockFence', AttributeValue.NMember>>;
  /** For `ExpressionAttributeValues` of a `DynamoDBDocumentClient`. */
  readonly documentValues: Readonly<Record<':lockFence', number>>;
}

/**
 * The parts that make a write to an item of your own refuse every holder but the latest one that
 * wrote it: the item keeps the largest fence it has seen, and a write with a smaller one fails with
 * the SDK's `ConditionalCheckFailedException`. Sends nothing.
 *
 * This holds under all clocks and pauses. It needs every writer to take part, and it orders
 * writers, not reads: read what you decide upon after you have taken the lock, consistently.
 *
 * Source: "How to do distributed locking", Martin Kleppmann, on fencing tokens.
 *
 * @example
 * ```ts
 * import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
 * import { DynamoLock, fenceCondition } from '@x/dynamo-lock';
 *
 * const dynamo = new DynamoDBClient();
 * const lock = await new DynamoLock({ dynamo, tableName: 'locks' }).acquire('account-7');
 * const fence = fenceCondition(lock);
 *
 * await dynamo.send(
 *   new UpdateItemCommand({
 *     TableName: 'keys',
 *     Key: { key: { S: 'balance-7' } },
 *     UpdateExpression: `SET balance = :balance, ${fence.assignment}`,
 *     ConditionExpression: `(attribute_not_exists(closed)) AND ${fence.condition}`,
 *     ExpressionAttributeNames: fence.names,
 *     ExpressionAttributeValues: { ':balance': { N: '100' }, ...fence.values },
 *   }),
 * );
 * await lock.release();
 * ```
 */
export function fenceCondition(
  held: { readonly fence: number },
  options?: FenceConditionOptions,
): FenceCondition {
  const { attribute = 'lockFence' } = checkedOptions(options, { attribute: true });
  const { fence } = Object(held) as typeof held;
  checkInteger('fence', fence, 0);
  checkKeyText('attribute', attribute, 65_535);
  return {
    condition: '(attribute_not_exists(#lockFence) OR #lockFence <= :lockFence)',
    assignment: '#lockFence = :lockFence',
    names: { '#lockFence': attribute },
    values: { ':lockFence': N(fence) },
    documentValues: { ':lockFence': fence },
  };
}
