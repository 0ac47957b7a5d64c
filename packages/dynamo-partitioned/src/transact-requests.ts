import type { Item, TransactItem } from '@x/dynamo-core';
import {
  replaceExpired,
  rowRequest,
  setValue,
  type RowAddress,
  type RowCondition,
  type ValueWrite,
} from '@x/dynamo-core/mechanism';

/** Stores a value as a part of a transaction; in the place of what has expired, where it has. */
export function transactPut(
  row: RowAddress,
  write: ValueWrite,
  condition: RowCondition | undefined,
  expired: Item | undefined,
): TransactItem {
  const { UpdateExpression, ...input } =
    expired === undefined ? setValue(row, write, condition) : replaceExpired(row, write, expired);
  return { Update: { ...input, UpdateExpression, ...allOld } };
}

/** Deletes a row whole as a part of a transaction. */
export function transactRemove(row: RowAddress, condition: RowCondition | undefined): TransactItem {
  return { Delete: conditional(row, condition) };
}

/** Makes a transaction depend on a row that it does not write. */
export function transactCheck(row: RowAddress, condition: RowCondition | undefined): TransactItem {
  return { ConditionCheck: conditional(row, condition) };
}

type ConditionCheck = NonNullable<TransactItem['ConditionCheck']>;

const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

/** A delete may have no condition; every check has one. */
function conditional(row: RowAddress, condition: RowCondition | undefined): ConditionCheck {
  const ConditionExpression = condition?.expression;
  return rowRequest(row, { ConditionExpression, ...(condition && allOld) }, condition?.values);
}
