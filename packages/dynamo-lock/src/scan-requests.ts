import { S, type DynamoInput, type Item } from '@x/dynamo-core';

import { cutValues, isFree, keyOf, type LockAddress } from './requests.js';

const isPurgeable = `purgeAt <= :cut AND ${isFree}`;

/** Reads the rows of all locks that are held. DynamoDB bills every row of the table. */
export function scanHeld(tableName: string, prefix: string, cutMs: number): DynamoInput<'Scan'> {
  return {
    TableName: tableName,
    ConsistentRead: true,
    ...filter(`NOT ${isFree}`, prefix, cutValues(cutMs)),
  };
}

/** Reads the rows that `deleteLock` deletes. DynamoDB bills every row of the table. */
export function scanPurgeable(
  tableName: string,
  prefix: string,
  cutMs: number,
): DynamoInput<'Scan'> {
  return { TableName: tableName, ...filter(isPurgeable, prefix, cutValues(cutMs)) };
}

/** Deletes the row of a lock that is free and has been kept for long enough. */
export function deleteLock(
  { tableName, key }: LockAddress,
  cutMs: number,
): DynamoInput<'DeleteItem'> {
  return {
    TableName: tableName,
    Key: keyOf(key),
    ConditionExpression: isPurgeable,
    ExpressionAttributeValues: cutValues(cutMs),
  };
}

function filter(condition: string, prefix: string, values: Item): Partial<DynamoInput<'Scan'>> {
  if (prefix === '') return { FilterExpression: condition, ExpressionAttributeValues: values };
  return {
    FilterExpression: `${condition} AND begins_with(#key, :prefix)`,
    ExpressionAttributeNames: { '#key': 'key' },
    ExpressionAttributeValues: { ...values, ':prefix': S(prefix) },
  };
}
