import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import { checkCapacitySetting, reportCapacity, writeUnits } from '../capacity.js';
import { checkChoice, checkFields } from '../check-fields.js';
import { valueAt } from '../expressions/document-path.js';
import { project } from '../expressions/project.js';
import { conditionFailed } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { copyItem } from '../values/copy-value.js';
import { itemBytes } from '../values/item-bytes.js';
import { planDelete } from './plan-delete.js';
import { planPut } from './plan-put.js';
import { planUpdate } from './plan-update.js';
import { conditionFields, type WritePlan } from './write-plan.js';

type Output = Omit<sdk.UpdateItemCommandOutput, '$metadata'>;
type Input = sdk.PutItemCommandInput | sdk.UpdateItemCommandInput | sdk.DeleteItemCommandInput;

const fields = [
  ...conditionFields,
  'ReturnValues',
  'ReturnConsumedCapacity',
  'ReturnItemCollectionMetrics',
];

export function putItem(database: Database, input: sdk.PutItemCommandInput): Output {
  checkFields('PutItem', input, [...fields, 'Item']);
  checkReturnValues(input, ['ALL_OLD', 'NONE']);
  return write(database, planPut(database, input), input);
}

export function deleteItem(database: Database, input: sdk.DeleteItemCommandInput): Output {
  checkFields('DeleteItem', input, [...fields, 'Key']);
  checkReturnValues(input, ['ALL_OLD', 'NONE']);
  return write(database, planDelete(database, input), input);
}

export function updateItem(database: Database, input: sdk.UpdateItemCommandInput): Output {
  checkFields('UpdateItem', input, [...fields, 'Key', 'UpdateExpression']);
  checkReturnValues(input, ['ALL_OLD', 'NONE', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW']);
  return write(database, planUpdate(database, input), input);
}

function checkReturnValues(input: Input, allowed: readonly string[]): void {
  checkChoice('returnValues', input.ReturnValues, allowed);
  checkCapacitySetting(input.ReturnConsumedCapacity);
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
  if (after) table.put(after);
  else table.delete(key);
  const units = writeUnits(row?.bytes ?? 0, after ? itemBytes(after) : 0);
  return {
    ...returned(input.ReturnValues, plan, before, after),
    ...reportCapacity(input.ReturnConsumedCapacity, table.name, units),
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
