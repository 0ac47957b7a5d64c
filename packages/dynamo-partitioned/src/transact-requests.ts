import {
  fromVersionToken,
  isAbsent,
  isPresent,
  isUnchanged,
  setValue,
  type RowAddress,
  type RowCondition,
  type TransactItem,
  type ValueWrite,
} from '@x/dynamo-core';

import type { WriteCondition } from './transaction.js';

/** Stores a value as a part of a transaction. */
export function transactPut(
  row: RowAddress,
  write: ValueWrite,
  only: WriteCondition | undefined,
  nowMs: number,
): TransactItem {
  const input = setValue(row, write, only && conditionOf(only, nowMs));
  return { Update: { ...input, UpdateExpression: input.UpdateExpression, ...allOld } };
}

/** Deletes a row whole as a part of a transaction. */
export function transactRemove(
  row: RowAddress,
  only: WriteCondition | undefined,
  nowMs: number,
): TransactItem {
  if (only === undefined) return { Delete: { TableName: row.tableName, Key: row.key } };
  return { Delete: conditional(row, conditionOf(only, nowMs)) };
}

/** Makes a transaction depend on a row that it does not write. */
export function transactCheck(row: RowAddress, only: WriteCondition, nowMs: number): TransactItem {
  return { ConditionCheck: conditional(row, conditionOf(only, nowMs)) };
}

type ConditionCheck = NonNullable<TransactItem['ConditionCheck']>;

const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

function conditional(
  { tableName, key, names }: RowAddress,
  { expression, values }: RowCondition,
): ConditionCheck {
  const used = { '#data': names.data, '#version': names.version, '#expiresAt': names.expiresAt };
  return {
    TableName: tableName,
    Key: key,
    ConditionExpression: expression,
    ExpressionAttributeNames: Object.fromEntries(
      Object.entries(used).filter(([placeholder]) => expression.includes(placeholder)),
    ),
    ExpressionAttributeValues: values,
    ...allOld,
  };
}

function conditionOf(only: WriteCondition, nowMs: number): RowCondition {
  if (only.is === 'absent') return isAbsent(nowMs);
  if (only.is === 'present') return isPresent(nowMs);
  return isUnchanged(fromVersionToken('version', only.version), nowMs);
}
