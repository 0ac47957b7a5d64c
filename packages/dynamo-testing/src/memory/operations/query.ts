import type * as sdk from '@aws-sdk/client-dynamodb';

import { reportCapacity } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, itemConstraints } from '../constraints.js';
import { checkCondition } from '../expressions/condition-checks.js';
import { readKeyCondition } from '../expressions/key-condition.js';
import { validationError } from '../service-errors.js';
import { keyAttributes } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { partitionOf } from '../store/rows.js';
import { readMany, readManyFields, selectConstraint } from './read-many.js';
import { checkProjected, checkStartKey, readRows, readSource } from './read-source.js';

export function query(
  database: Database,
  input: sdk.QueryCommandInput,
): Omit<sdk.QueryCommandOutput, '$metadata'> {
  checkFields('Query', input, [...readManyFields, 'KeyConditionExpression', 'ScanIndexForward']);
  checkTableName(input.TableName);
  const { KeyConditionExpression: text, Limit: limit } = input;
  const limitMin = 'Member must have value greater than or equal to 1';
  selectConstraint(itemConstraints(input), input)
    // Of a query, DynamoDB tells it in these words.
    .rule(
      limit === undefined || limit >= 1,
      `Value at 'Limit' failed to satisfy constraint: ${limitMin}`,
    )
    .check();
  const condition = database.expressions.condition(text, 'KeyConditionExpression');
  const read = readMany(database, input, { KeyConditionExpression: condition });
  if (!condition) {
    throw validationError(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified ' +
        'in the request.',
    );
  }
  checkCondition(condition, read.placeholders);
  const source = readSource(database.table(input.TableName), input);
  const { rows } = source;
  const keys = source.index ?? source.table;
  const range = readKeyCondition(condition.tree, read.placeholders, keys, input.IndexName);
  checkProjected(source, input, read, 'query');
  const filteredKey = keyAttributes(keys).find(({ name }) => read.filtered.includes(name));
  if (filteredKey) {
    throw validationError(
      'Filter Expression can only contain non-primary key attributes: ' +
        `Primary key attribute: ${filteredKey.name}`,
    );
  }
  const partition = partitionOf(keys, { [keys.partitionKey.name]: range.partition });
  const startKey = read.startKey && checkStartKey(source, read.startKey);
  if (startKey) {
    const sort = keys.sortKey && startKey[keys.sortKey.name];
    if (partitionOf(keys, startKey) !== partition || range.place(sort) !== 0) {
      throw validationError('The provided starting key does not match the range key predicate');
    }
  }
  const isForward = input.ScanIndexForward !== false;
  const found = rows.range(partition, range.place, isForward, startKey);
  const { page, usage } = readRows(source, found, input, read);
  return { ...page, ...reportCapacity(input.ReturnConsumedCapacity, usage) };
}
