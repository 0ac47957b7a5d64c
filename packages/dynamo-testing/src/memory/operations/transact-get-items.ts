import type * as sdk from '@aws-sdk/client-dynamodb';

import { readUnits, reportCapacities, type Usage } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, itemConstraints } from '../constraints.js';
import { ServiceError, transactionCanceled, validationError } from '../service-errors.js';
import { checkKey, checkKeyNotEmpty } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { attempt, invalidItem } from './transaction-reasons.js';
import { rowId } from '../store/row-id.js';
import { acceptItem } from '../values/accept-value.js';
import { readProjection } from './read-projection.js';

const itemsMax = 100;

export function transactGetItems(
  database: Database,
  input: sdk.TransactGetItemsCommandInput,
): Omit<sdk.TransactGetItemsCommandOutput, '$metadata'> {
  checkFields('TransactGetItems', input, ['TransactItems', 'ReturnConsumedCapacity']);
  const items = input.TransactItems ?? [];
  itemConstraints(input)
    .present(input.TransactItems, 'transactItems')
    .length(input.TransactItems, 'transactItems', 1, itemsMax)
    .check();
  const reads = items.map((item) => {
    checkFields('TransactGetItems.TransactItems', item, ['Get']);
    const { Get: get } = item;
    checkFields('TransactGetItems.Get', get, [
      'TableName',
      'Key',
      'ProjectionExpression',
      'ExpressionAttributeNames',
    ]);
    const { TableName, Key, ...projection } = get as sdk.Get;
    checkTableName(TableName);
    return { TableName, key: acceptItem(Key, 'Key'), ...readProjection(database, projection) };
  });
  const targets = reads.map(({ TableName, key, view }) => {
    const table = database.table(TableName);
    checkKeyNotEmpty(table, key);
    return { table, view, key, failure: attempt(() => checkKey(table, key)) };
  });
  const reasons = targets.map(({ failure }) =>
    failure instanceof ServiceError ? invalidItem(failure) : { Code: 'None' },
  );
  if (reasons.some(({ Code }) => Code !== 'None')) throw transactionCanceled(reasons);
  if (new Set(targets.map(({ table, key }) => rowId(table, key))).size < targets.length) {
    throw validationError('Transaction request cannot include multiple operations on one item');
  }
  const usages: Usage[] = [];
  const Responses = targets.map(({ table, key, view }) => {
    const row = table.find(key);
    const units = 2 * readUnits(row?.bytes ?? 0, true);
    usages.push({ tableName: table.name, units, indexes: [] });
    const item = row && view(row.item);
    // A `GetItem` of nothing that is there answers an empty item.
    return item && Object.keys(item).length > 0 ? { Item: item } : {};
  });
  return {
    Responses,
    ...reportCapacities(input.ReturnConsumedCapacity, usages, 'ReadCapacityUnits'),
  };
}
