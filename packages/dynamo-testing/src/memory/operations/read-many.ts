import type { QueryCommandInput, ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import type { Constraints } from '../constraints.js';
import { checkCondition } from '../expressions/condition-checks.js';
import { holds } from '../expressions/condition-evaluator.js';
import { attributesOf } from '../expressions/condition-attributes.js';
import type { Placeholders, UsedExpressions } from '../expressions/placeholders.js';
import { validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { acceptItem } from '../values/accept-value.js';
import type { PageOptions } from './page.js';
import { readProjection } from './read-projection.js';

/** The names of the fields that Query and Scan share. */
export const readManyFields: readonly string[] = [
  'TableName',
  'IndexName',
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
  /** Those that the projection names; `undefined` without one. */
  readonly projected: readonly string[] | undefined;
}

type Input = QueryCommandInput | ScanCommandInput;

/** The constraints that Query and Scan have in common. */
export function selectConstraint(constraints: Constraints, { Select: select }: Input): Constraints {
  return constraints.oneOf(select, 'select', [
    'SPECIFIC_ATTRIBUTES',
    'COUNT',
    'ALL_ATTRIBUTES',
    'ALL_PROJECTED_ATTRIBUTES',
  ]);
}

/** Reads and checks what Query and Scan have in common. */
export function readMany(database: Database, input: Input, others: UsedExpressions = {}): ReadMany {
  checkSelect(input);
  const startKey =
    input.ExclusiveStartKey && acceptItem(input.ExclusiveStartKey, 'ExclusiveStartKey');
  const filter = database.expressions.condition(input.FilterExpression, 'FilterExpression');
  const { view, placeholders, projected } = readProjection(database, input, {
    FilterExpression: filter,
    ...others,
  });
  if (filter) checkCondition(filter, placeholders);
  return {
    limit: input.Limit,
    placeholders,
    startKey,
    view: input.Select === 'COUNT' ? undefined : view,
    isIncluded: (item) => !filter || holds(filter.tree, item, placeholders),
    filtered: filter ? attributesOf(filter.tree, placeholders) : [],
    projected,
  };
}

function checkSelect({
  Select: select,
  ProjectionExpression: text,
  IndexName: index,
}: Input): void {
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && index === undefined) {
    throw validationError(
      'ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName',
    );
  }
  if (text !== undefined && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES') {
    const shown = select === 'COUNT' ? 'only the Count' : select;
    throw validationError(`Cannot specify the ProjectionExpression when choosing to get ${shown}`);
  }
  if (text === undefined && select === 'SPECIFIC_ATTRIBUTES') {
    throw validationError(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get ' +
        'SPECIFIC_ATTRIBUTES',
    );
  }
}
