import { N, S, type DynamoInput, type Item, type TransactItem } from '@x/dynamo-core';

import { counterAttributes, type CounterAddress } from './counter-row.js';
import { expiryName, keyName, seconds, type RowPlace } from './requests.js';

/** The row that remembers a token for long. */
export interface Marker extends RowPlace, Pick<CounterAddress, 'label' | 'owner'> {
  /** What the token was used for. */
  readonly change: string;
  /** In whole seconds since 1970. */
  readonly expiresAt: number;
}

/** A change of either kind together with the row of its token: both or neither. */
export function changeWithMarker(
  { ReturnValues: _notInTransactions, ...change }: DynamoInput<'UpdateItem'>,
  marker: Marker,
  nowMs: number,
): TransactItem[] {
  const asksForRow = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  return [
    { Update: { ...(change as NonNullable<TransactItem['Update']>), ...asksForRow } },
    { Put: { ...putMarker(marker, nowMs), ...asksForRow } },
  ];
}

/** The row of a token, where there is none or one that has expired. */
export function putMarker(
  { tableName, key, owner, change, expiresAt }: Marker,
  nowMs: number,
): DynamoInput<'PutItem'> & { Item: Item } {
  return {
    TableName: tableName,
    Item: {
      ...key,
      ...(owner && { [owner.name]: S(owner.value) }),
      [counterAttributes.kind]: S('token'),
      [counterAttributes.change]: S(change),
      [counterAttributes.expiresAt]: N(expiresAt),
    },
    ConditionExpression: 'attribute_not_exists(#key) OR #expiresAt <= :now',
    ExpressionAttributeNames: { ...keyName(key), ...expiryName },
    ExpressionAttributeValues: { ':now': seconds(nowMs) },
  };
}
