import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import { reportCapacity } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, itemConstraints } from '../constraints.js';
import { valueAt } from '../expressions/document-path.js';
import { project } from '../expressions/project.js';
import { conditionFailed } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { copyItem } from '../values/copy-value.js';
import { applyWrite } from './apply-write.js';
import { collectionMetrics } from './collection-metrics.js';
import { planDelete } from './plan-delete.js';
import { planPut } from './plan-put.js';
import { planSingleUpdate } from './plan-update.js';
import { conditionFields, type WritePlan } from './write-plan.js';

type Output = Omit<sdk.UpdateItemCommandOutput, '$metadata'>;
type Input = sdk.PutItemCommandInput | sdk.UpdateItemCommandInput | sdk.DeleteItemCommandInput;

const fields = [
  ...conditionFields,
  'ReturnValues',
  'ReturnConsumedCapacity',
  'ReturnItemCollectionMetrics',
];
const returnValues = ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'];

export function putItem(database: Database, input: sdk.PutItemCommandInput): Output {
  checkFields('PutItem', input, [...fields, 'Item']);
  const isOld = input.ReturnValues === undefined || /^(?:ALL_OLD|NONE)$/.test(input.ReturnValues);
  const isKnown = returnValues.includes(input.ReturnValues ?? 'NONE');
  checkTableName(input.TableName);
  writeConstraints(input, returnValues)
    .rule(isOld || !isKnown, 'ReturnValues can only be ALL_OLD or NONE')
    .present(input.Item, 'item')
    .check();
  return write(database, planPut(database, input), input);
}

export function deleteItem(database: Database, input: sdk.DeleteItemCommandInput): Output {
  checkFields('DeleteItem', input, [...fields, 'Key']);
  checkTableName(input.TableName);
  const isKnown = returnValues.includes(input.ReturnValues ?? 'NONE');
  writeConstraints(input, isKnown ? ['ALL_OLD', 'NONE'] : returnValues)
    .present(input.Key, 'key')
    .check();
  return write(database, planDelete(database, input), input);
}

export function updateItem(database: Database, input: sdk.UpdateItemCommandInput): Output {
  checkFields('UpdateItem', input, [...fields, 'Key', 'UpdateExpression']);
  checkTableName(input.TableName);
  writeConstraints(input, returnValues).present(input.Key, 'key').check();
  return write(database, planSingleUpdate(database, input), input);
}

function writeConstraints(input: Input, allowed: readonly string[]) {
  return itemConstraints(input).oneOf(input.ReturnValues, 'returnValues', allowed);
}

function write(database: Database, plan: WritePlan, input: Input): Output {
  const table = database.table(plan.tableName);
  const key = plan.keyIn(table);
  const row = table.find(key);
  const before = row?.item;
  if (!plan.isAllowed(before)) {
    throw conditionFailed(plan.isShownOnFailure && before ? copyItem(before) : undefined);
  }
  const after = plan.after(before, table);
  const usage = applyWrite(table, key, row, after);
  const metrics = collectionMetrics(input.ReturnItemCollectionMetrics, table, key);
  return {
    ...returned(input.ReturnValues, plan, before, after),
    ...(metrics && { ItemCollectionMetrics: metrics }),
    ...reportCapacity(input.ReturnConsumedCapacity, usage),
  };
}

function returned(
  requested: sdk.ReturnValue | undefined,
  { paths }: WritePlan,
  before: Item | undefined,
  after: Item | undefined,
): { Attributes?: Item } {
  if (requested === undefined || requested === 'NONE') return {};
  const item = requested.endsWith('_OLD') ? before : after;
  if (!item) return {};
  if (requested.startsWith('ALL')) return { Attributes: copyItem(item) };
  // An element of a list alone would not tell its index: the whole attribute comes back.
  const whole = paths
    .filter((path) => valueAt(item, path) !== undefined)
    .map((path) => (path.some((step) => typeof step === 'number') ? path.slice(0, 1) : path));
  const updated = project(item, whole);
  return Object.keys(updated).length > 0 ? { Attributes: updated } : {};
}
