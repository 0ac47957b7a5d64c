import type * as sdk from '@aws-sdk/client-dynamodb';

import { addUnits, checkCapacitySetting, reportCapacities, writeUnits } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { rowId } from '../store/row-id.js';
import { itemBytes } from '../values/item-bytes.js';
import { planDelete } from './plan-delete.js';
import { planPut } from './plan-put.js';
import type { WritePlan } from './write-plan.js';

const requestsMax = 25;

export function batchWriteItem(
  database: Database,
  input: sdk.BatchWriteItemCommandInput,
): Omit<sdk.BatchWriteItemCommandOutput, '$metadata'> {
  checkFields('BatchWriteItem', input, [
    'RequestItems',
    'ReturnConsumedCapacity',
    'ReturnItemCollectionMetrics',
  ]);
  checkCapacitySetting(input.ReturnConsumedCapacity);
  const plans = Object.entries(input.RequestItems ?? {}).flatMap(([tableName, requests]) => {
    if (requests.length === 0) {
      throw validationError('The batch write request list for a table cannot be null or empty');
    }
    return requests.map((request) => planRequest(database, tableName, request));
  });
  if (plans.length === 0) {
    throw validationError('1 validation error detected: RequestItems must not be empty');
  }
  if (plans.length > requestsMax) {
    throw validationError('Too many items requested for the BatchWriteItem call');
  }
  const writes = plans.map((plan) => {
    const table = database.table(plan.tableName);
    const key = plan.keyIn(table);
    return { table, key, id: rowId(table, key), after: plan.after(undefined, table) };
  });
  if (new Set(writes.map(({ id }) => id)).size < writes.length) {
    throw validationError('Provided list of item keys contains duplicates');
  }
  const units = new Map<string, number>();
  for (const { table, key, after } of writes) {
    const before = table.find(key)?.bytes ?? 0;
    if (after) table.put(after);
    else table.delete(key);
    addUnits(units, table.name, writeUnits(before, after ? itemBytes(after) : 0));
  }
  return { UnprocessedItems: {}, ...reportCapacities(input.ReturnConsumedCapacity, units) };
}

function planRequest(database: Database, tableName: string, request: sdk.WriteRequest): WritePlan {
  checkFields('BatchWriteItem.RequestItems', request, ['PutRequest', 'DeleteRequest']);
  const { PutRequest: put, DeleteRequest: remove } = request;
  if (put && !remove) {
    checkFields('BatchWriteItem.PutRequest', put, ['Item']);
    return planPut(database, { TableName: tableName, Item: put.Item });
  }
  if (remove && !put) {
    checkFields('BatchWriteItem.DeleteRequest', remove, ['Key']);
    return planDelete(database, { TableName: tableName, Key: remove.Key });
  }
  throw validationError(
    'Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest',
  );
}
