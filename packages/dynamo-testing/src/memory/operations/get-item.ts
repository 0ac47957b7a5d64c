import type * as sdk from '@aws-sdk/client-dynamodb';

import { readUnits, reportCapacity } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, itemConstraints } from '../constraints.js';
import { checkKey } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { acceptItem } from '../values/accept-value.js';
import { readProjection } from './read-projection.js';

const fields = [
  'TableName',
  'Key',
  'ConsistentRead',
  'ProjectionExpression',
  'ExpressionAttributeNames',
  'ReturnConsumedCapacity',
];

export function getItem(
  database: Database,
  input: sdk.GetItemCommandInput,
): Omit<sdk.GetItemCommandOutput, '$metadata'> {
  checkFields('GetItem', input, fields);
  checkTableName(input.TableName);
  itemConstraints(input).present(input.Key, 'key').check();
  const key = acceptItem(input.Key, 'Key');
  const { view } = readProjection(database, input);
  const table = database.table(input.TableName);
  const row = table.find(checkKey(table, key));
  const units = readUnits(row?.bytes ?? 0, input.ConsistentRead === true);
  return {
    ...(row && { Item: view(row.item) }),
    ...reportCapacity(input.ReturnConsumedCapacity, {
      tableName: table.name,
      units,
      indexes: [],
    }),
  };
}
