import { N, S, type DynamoInput } from '@x/dynamo-core';
import { metaIn } from '@x/dynamo-core/mechanism';

import type { LockRow } from './lock-row.js';
import { cutValues, freeLock, isFree, keyOf, type LockAddress } from './requests.js';

const isPurgeable = `purgeAt <= :cut AND ${isFree}`;

/** Reads the rows of all locks that are held. DynamoDB bills every row of the table. */
export function scanHeld(tableName: string, prefix: string, cutMs: number): DynamoInput<'Scan'> {
  return { ConsistentRead: true, ...scan(tableName, `NOT ${isFree}`, prefix, cutMs) };
}

/** Reads the rows that `deleteLock` deletes. DynamoDB bills every row of the table. */
export function scanPurgeable(
  tableName: string,
  prefix: string,
  cutMs: number,
): DynamoInput<'Scan'> {
  return scan(tableName, isPurgeable, prefix, cutMs);
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

/**
 * Frees the lock whoever holds it, if the row is still the one that was seen. `id` is the operation
 * id of the call, by which a repeat recognises its work.
 */
export function forceReleaseLock(
  address: LockAddress,
  row: LockRow,
  id: string,
  nowMs: number,
): DynamoInput<'UpdateItem'> {
  const { expiresAt = 0, owner, fence } = row;
  const sameOwner = owner === undefined ? 'attribute_not_exists(#owner)' : '#owner = :owner';
  const sameFence = fence === undefined ? 'attribute_not_exists(fence)' : 'fence = :fence';
  const condition = `expiresAt = :seen AND ${sameOwner} AND ${sameFence}`;
  return freeLock(address, id, nowMs, condition, {
    ':meta': S(forcedMeta(row)),
    ':seen': N(expiresAt),
    ...(owner !== undefined && { ':owner': S(owner) }),
    ...(fence !== undefined && { ':fence': N(fence) }),
  });
}

function scan(
  TableName: string,
  condition: string,
  prefix: string,
  cutMs: number,
): DynamoInput<'Scan'> {
  const values = cutValues(cutMs);
  if (prefix === '')
    return { TableName, FilterExpression: condition, ExpressionAttributeValues: values };
  return {
    TableName,
    FilterExpression: `${condition} AND begins_with(#key, :prefix)`,
    ExpressionAttributeNames: { '#key': 'key' },
    ExpressionAttributeValues: { ...values, ':prefix': S(prefix) },
  };
}

/** The payload that a lock leaves which was freed by force. */
function forcedMeta({ meta }: LockRow): string {
  const { holder, info } = metaIn(meta);
  return JSON.stringify({ holder, info, ended: 'forced' });
}
