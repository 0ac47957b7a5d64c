import type * as sdk from '@aws-sdk/client-dynamodb';

import { readUnits, reportCapacity } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkCondition } from '../expressions/condition-checks.js';
import { readKeyCondition } from '../expressions/key-condition.js';
import { validationError } from '../service-errors.js';
import { checkKey, keyAttributes } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import type { Row } from '../store/table.js';
import { readPage } from './page.js';
import { readMany, readManyFields } from './read-many.js';

export function query(
  database: Database,
  input: sdk.QueryCommandInput,
): Omit<sdk.QueryCommandOutput, '$metadata'> {
  checkFields('Query', input, [...readManyFields, 'KeyConditionExpression', 'ScanIndexForward']);
  const { KeyConditionExpression: text } = input;
  const condition = database.expressions.condition(text, 'KeyConditionExpression');
  if (!condition) {
    throw validationError(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified',
    );
  }
  const read = readMany(database, input, [condition]);
  checkCondition(condition.tree, read.placeholders);
  const table = database.table(input.TableName);
  const range = readKeyCondition(condition.tree, read.placeholders, table);
  const filteredKey = keyAttributes(table).find(({ name }) => read.filtered.includes(name));
  if (filteredKey) {
    throw validationError(
      'Filter Expression can only contain non-primary key attributes: ' +
        `Primary key attribute: ${filteredKey.name}`,
    );
  }
  const id = table.partitionId({ [table.partitionKey.name]: range.partition });
  const sortName = table.sortKey?.name;
  const isIncluded = ({ item }: Row): boolean =>
    range.includes(sortName === undefined ? undefined : item[sortName]);
  const isForward = input.ScanIndexForward !== false;
  let rows = table.partition(id);
  if (read.startKey) {
    const startKey = checkKey(table, read.startKey);
    const start: Row = { item: startKey, bytes: 0 };
    if (table.partitionId(startKey) !== id || !isIncluded(start)) {
      throw validationError(
        'The provided starting key is outside query boundaries based on provided conditions',
      );
    }
    const { index, isFound } = table.position(rows, startKey);
    rows = isForward ? rows.slice(index + (isFound ? 1 : 0)) : rows.slice(0, index);
  }
  const inRange = rows.filter(isIncluded);
  const { page, bytes } = readPage(table, isForward ? inRange : inRange.toReversed(), read);
  const units = readUnits(bytes, input.ConsistentRead === true);
  return { ...page, ...reportCapacity(input.ReturnConsumedCapacity, table.name, units) };
}
