import type * as sdk from '@aws-sdk/client-dynamodb';

import { reportCapacities } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, Constraints, itemConstraints } from '../constraints.js';
import { validationError } from '../service-errors.js';
import { keyAttributes, keyMismatch } from '../store/check-key.js';
import { wrongKind } from '../wrong-kind.js';
import type { Database } from '../store/database.js';
import { rowId } from '../store/row-id.js';
import type { Table } from '../store/table.js';
import { typeOf } from '../values/value-type.js';
import { applyWrite } from './apply-write.js';
import { collectionsMetrics } from './collection-metrics.js';
import { planDelete } from './plan-delete.js';
import { planPut } from './plan-put.js';
import type { WritePlan } from './write-plan.js';

const requestsMax = 25;
const lengths =
  'failed to satisfy constraint: Map value must satisfy constraint: ' +
  `[Member must have length less than or equal to ${requestsMax}, ` +
  'Member must have length greater than or equal to 1]';

export function batchWriteItem(
  database: Database,
  input: sdk.BatchWriteItemCommandInput,
): Omit<sdk.BatchWriteItemCommandOutput, '$metadata'> {
  checkFields('BatchWriteItem', input, [
    'RequestItems',
    'ReturnConsumedCapacity',
    'ReturnItemCollectionMetrics',
  ]);
  itemConstraints(input).check();
  const entries = Object.entries(input.RequestItems ?? {}).map(
    ([name, requests]): [string, sdk.WriteRequest[]] => [name, requests ?? []],
  );
  checkCounts(entries);
  const plans = entries.flatMap(([tableName, requests]) =>
    requests.map((request) => planRequest(database, tableName, request)),
  );
  const writes = plans.map((plan) => {
    const table = database.table(plan.tableName);
    const key = plan.keyIn(table);
    return { table, key, id: rowId(table, key), after: plan.after(undefined, table) };
  });
  if (new Set(writes.map(({ id }) => id)).size < writes.length) {
    throw validationError('Provided list of item keys contains duplicates');
  }
  const usages = writes.map(({ table, key, after }) =>
    applyWrite(table, key, table.find(key), after),
  );
  return {
    UnprocessedItems: {},
    ...collectionsMetrics(input.ReturnItemCollectionMetrics, writes),
    ...reportCapacities(input.ReturnConsumedCapacity, usages),
  };
}

function checkCounts(entries: readonly [string, readonly sdk.WriteRequest[]][]): void {
  if (entries.length === 0) {
    throw validationError('The requestItems parameter is required for BatchWriteItem');
  }
  const constraints = new Constraints();
  for (const [name, requests] of entries) {
    checkTableName(name);
    if (!Array.isArray(requests)) throw wrongKind('list', requests);
    const isWithin = requests.length >= 1 && requests.length <= requestsMax;
    const { length } = requests;
    const shown = `{${name}=[${length === 0 ? '' : `${length} requests`}]}`;
    constraints.rule(isWithin, `Value '${shown}' at 'requestItems' ${lengths}`);
  }
  constraints.check();
  if (entries.reduce((count, [, requests]) => count + requests.length, 0) > requestsMax) {
    throw validationError('Too many items requested for the BatchWriteItem call');
  }
}

function planRequest(database: Database, tableName: string, request: sdk.WriteRequest): WritePlan {
  checkFields('BatchWriteItem.RequestItems', request, ['PutRequest', 'DeleteRequest']);
  const { PutRequest: put, DeleteRequest: remove } = request;
  if (put && !remove) {
    checkFields('BatchWriteItem.PutRequest', put, ['Item']);
    const plan = planPut(database, { TableName: tableName, Item: put.Item });
    return { ...plan, keyIn: (table) => plan.keyIn(withTypedKey(table, put.Item)) };
  }
  if (remove && !put) {
    checkFields('BatchWriteItem.DeleteRequest', remove, ['Key']);
    return planDelete(database, { TableName: tableName, Key: remove.Key });
  }
  throw validationError(
    'Supplied AttributeValue has more than one datatypes set, ' +
      'must contain exactly one of the supported datatypes',
  );
}

/** A key of another type is refused by a batch in other words than by a put. */
function withTypedKey(table: Table, item: sdk.PutRequest['Item'] = {}): Table {
  for (const { name, type } of keyAttributes(table)) {
    const value = item[name];
    if (value !== undefined && typeOf(value) !== type) throw keyMismatch();
  }
  return table;
}
