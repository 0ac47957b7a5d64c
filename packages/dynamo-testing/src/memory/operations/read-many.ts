import type { QueryCommandInput, ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import { checkCapacitySetting } from '../capacity.js';
import { checkChoice } from '../check-fields.js';
import { checkCondition } from '../expressions/condition-checks.js';
import { holds } from '../expressions/condition-evaluator.js';
import {
  type Placeholders,
  resolvePath,
  type UsedExpressions,
} from '../expressions/placeholders.js';
import type { Condition, Operand } from '../expressions/syntax-tree.js';
import { validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { acceptItem } from '../values/accept-value.js';
import { copyItem } from '../values/copy-value.js';
import type { PageOptions } from './page.js';
import { readProjection } from './read-projection.js';

/** The names of the fields that Query and Scan share. */
export const readManyFields: readonly string[] = [
  'TableName',
  'Select',
  'Limit',
  'ConsistentRead',
  'ExclusiveStartKey',
  'ProjectionExpression',
  'FilterExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnConsumedCapacity',
];

/** What Query and Scan read from their inputs alike. */
export interface ReadMany extends PageOptions {
  readonly placeholders: Placeholders;
  readonly startKey: Item | undefined;
  /** The names of the top-level attributes that the filter looks at. */
  readonly filtered: readonly string[];
}

/** Reads and checks what Query and Scan have in common. */
export function readMany(
  database: Database,
  input: QueryCommandInput | ScanCommandInput,
  others: UsedExpressions = [],
): ReadMany {
  const { Select: select, Limit: limit } = input;
  checkCapacitySetting(input.ReturnConsumedCapacity);
  checkSelect(select, input.ProjectionExpression);
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw validationError(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: ` +
        'Member must have value greater than or equal to 1',
    );
  }
  const startKey =
    input.ExclusiveStartKey && acceptItem(input.ExclusiveStartKey, 'ExclusiveStartKey');
  const filter = database.expressions.condition(input.FilterExpression, 'FilterExpression');
  const { view, placeholders } = readProjection(database, input, [...others, filter]);
  if (filter) checkCondition(filter.tree, placeholders);
  return {
    limit,
    placeholders,
    startKey: startKey && copyItem(startKey),
    view: select === 'COUNT' ? undefined : view,
    isIncluded: (item) => !filter || holds(filter.tree, item, placeholders),
    filtered: filter ? attributesOf(filter.tree, placeholders) : [],
  };
}

function checkSelect(select: string | undefined, projection: string | undefined): void {
  checkChoice('select', select, [
    'SPECIFIC_ATTRIBUTES',
    'COUNT',
    'ALL_ATTRIBUTES',
    'ALL_PROJECTED_ATTRIBUTES',
  ]);
  if (select === 'ALL_PROJECTED_ATTRIBUTES') {
    throw validationError(
      'One or more parameter values were invalid: ' +
        'Select type ALL_PROJECTED_ATTRIBUTES is supported only when querying an index',
    );
  }
  if (projection !== undefined && (select === 'COUNT' || select === 'ALL_ATTRIBUTES')) {
    throw validationError(`Cannot specify the ProjectionExpression when choosing to get ${select}`);
  }
  if (projection === undefined && select === 'SPECIFIC_ATTRIBUTES') {
    throw validationError(
      'Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    );
  }
}

function attributesOf(condition: Condition, placeholders: Placeholders): string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [
        ...attributesOf(condition.left, placeholders),
        ...attributesOf(condition.right, placeholders),
      ];
    case 'not':
      return attributesOf(condition.condition, placeholders);
    case 'compare':
      return attributesIn([condition.left, condition.right], placeholders);
    case 'between':
      return attributesIn([condition.operand, condition.low, condition.high], placeholders);
    case 'in':
      return attributesIn([condition.operand, ...condition.candidates], placeholders);
    case 'call':
      return attributesIn(condition.operands, placeholders);
  }
}

function attributesIn(operands: readonly Operand[], placeholders: Placeholders): string[] {
  return operands.flatMap((operand) => {
    if (operand.kind === 'value') return [];
    if (operand.kind === 'size') return attributesIn([operand.operand], placeholders);
    return [resolvePath(operand.path, placeholders)[0] as string];
  });
}
