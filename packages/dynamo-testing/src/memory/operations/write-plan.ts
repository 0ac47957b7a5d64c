import type { Item } from '@x/dynamo-core';

import type { Database } from '../store/database.js';
import type { Path } from '../expressions/syntax-tree.js';
import { validationError } from '../service-errors.js';
import { itemBytes } from '../values/item-bytes.js';
import { checkCondition } from '../expressions/condition-checks.js';
import { holds } from '../expressions/condition-evaluator.js';
import {
  readPlaceholders,
  type PlaceholderInput,
  type Placeholders,
  type UsedExpressions,
} from '../expressions/placeholders.js';
import type { Table } from '../store/table.js';
import { Constraints } from '../constraints.js';

const itemBytesMax = 400 * 1024;

/** One write whose request was checked as far as it can be without its table. */
export interface WritePlan {
  readonly tableName: string;
  /** What is refused of the request before a transaction asks for the reasons of each item. */
  readonly checkUpFront: (table: Table) => void;
  /** The key, checked against the table. */
  readonly keyIn: (table: Table) => Item;
  /** Whether the condition holds for the row as it is. */
  readonly isAllowed: (before: Item | undefined) => boolean;
  /** The row afterwards; `undefined` when there is none. */
  readonly after: (before: Item | undefined, table: Table) => Item | undefined;
  /** The changed paths, of an update. */
  readonly paths: readonly Path[];
  /** Whether a failed condition shows the row. */
  readonly isShownOnFailure: boolean;
}

/** The fields that every conditional write has. */
export interface ConditionInput extends PlaceholderInput {
  readonly TableName: string | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

/** The parts of a plan that follow from its condition. */
export interface ConditionPlan extends Pick<
  WritePlan,
  'tableName' | 'isAllowed' | 'isShownOnFailure'
> {
  readonly placeholders: Placeholders;
}

/** The names of the fields of {@link ConditionInput}. */
export const conditionFields: readonly string[] = [
  'TableName',
  'ConditionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValuesOnConditionCheckFailure',
];

/** Reads the condition of a write, with the placeholders of all of its expressions. */
export function planCondition(
  { expressions }: Database,
  input: ConditionInput,
  others: UsedExpressions = {},
): ConditionPlan {
  const shown = input.ReturnValuesOnConditionCheckFailure;
  new Constraints()
    .oneOf(shown, 'returnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE'])
    .check();
  const condition = expressions.condition(input.ConditionExpression, 'ConditionExpression');
  const placeholders = readPlaceholders(input, { ...others, ConditionExpression: condition });
  if (condition) checkCondition(condition, placeholders);
  return {
    tableName: input.TableName as string,
    placeholders,
    isAllowed: (before) => !condition || holds(condition.tree, before, placeholders),
    isShownOnFailure: shown === 'ALL_OLD',
  };
}

/** An item, with what else DynamoDB counts, may not be larger than it stores. */
export function checkItemSize(
  item: Item,
  message = 'Item size has exceeded the maximum',
  others = 0,
): void {
  if (itemBytes(item) + others > itemBytesMax) throw validationError(`${message} allowed size`);
}
