import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import {
  addUnits,
  checkCapacitySetting,
  readUnits,
  reportCapacities,
  writeUnits,
} from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { ServiceError, transactionCanceled, validationError } from '../service-errors.js';
import { checkKeyNotEmpty } from '../store/check-key.js';
import type { Database } from '../store/database.js';
import { attempt, invalidItem } from './transaction-reasons.js';
import { rowId } from '../store/row-id.js';
import type { Table } from '../store/table.js';
import { copyItem } from '../values/copy-value.js';
import { itemBytes } from '../values/item-bytes.js';
import { planCheck, planDelete } from './plan-delete.js';
import { planPut } from './plan-put.js';
import { planUpdate } from './plan-update.js';
import { conditionFields, type WritePlan } from './write-plan.js';

const itemsMax = 100;
const requestBytesMax = 4 * 1024 * 1024;
const tokenLengthMax = 36;

type Output = Omit<sdk.TransactWriteItemsCommandOutput, '$metadata'>;

/** What one item of a transaction would do, or why it cannot. */
interface Outcome {
  readonly reason: sdk.CancellationReason;
  readonly apply: () => number;
}

export function transactWriteItems(
  database: Database,
  input: sdk.TransactWriteItemsCommandInput,
): Output {
  checkFields('TransactWriteItems', input, [
    'TransactItems',
    'ClientRequestToken',
    'ReturnConsumedCapacity',
    'ReturnItemCollectionMetrics',
  ]);
  checkCapacitySetting(input.ReturnConsumedCapacity);
  const { ClientRequestToken: token } = input;
  if (token !== undefined && (token.length === 0 || token.length > tokenLengthMax)) {
    throw validationError('1 validation error detected: ClientRequestToken has 1 to 36 characters');
  }
  const plans = planItems(database, input.TransactItems ?? []);
  const targets = plans.map((plan) => ({ plan, table: database.table(plan.tableName) }));
  const request = JSON.stringify(input.TransactItems);
  if (token !== undefined && database.tokens.isRepeat(token, request)) {
    return repeated(input, targets);
  }
  const outcomes = decide(targets);
  if (outcomes.some(({ reason }) => reason.Code !== 'None')) {
    throw transactionCanceled(outcomes.map(({ reason }) => reason));
  }
  const units = new Map<string, number>();
  outcomes.forEach(({ apply }, index) => {
    addUnits(units, targets[index]?.table.name as string, 2 * apply());
  });
  if (token !== undefined) database.tokens.remember(token, request);
  return reportCapacities(input.ReturnConsumedCapacity, units, 'WriteCapacityUnits');
}

function planItems(database: Database, items: sdk.TransactWriteItem[]): WritePlan[] {
  if (items.length === 0 || items.length > itemsMax) {
    throw validationError('1 validation error detected: Member must have length between 1 and 100');
  }
  return items.map((item) => planItem(database, item));
}

function planItem(database: Database, item: sdk.TransactWriteItem): WritePlan {
  const what = 'TransactWriteItems.TransactItems';
  checkFields(what, item, ['ConditionCheck', 'Put', 'Delete', 'Update']);
  const { ConditionCheck: check, Put: put, Delete: remove, Update: update } = item;
  const given = [check, put, remove, update].filter((action) => action !== undefined);
  if (given.length !== 1) {
    throw validationError('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  if (put) {
    checkFields(`${what}.Put`, put, [...conditionFields, 'Item']);
    return planPut(database, put);
  }
  if (remove) {
    checkFields(`${what}.Delete`, remove, [...conditionFields, 'Key']);
    return planDelete(database, remove);
  }
  if (update) {
    checkFields(`${what}.Update`, update, [...conditionFields, 'Key', 'UpdateExpression']);
    if (update.UpdateExpression === undefined) {
      throw validationError('1 validation error detected: UpdateExpression must not be null');
    }
    return planUpdate(database, update);
  }
  const checked = check as sdk.ConditionCheck;
  checkFields(`${what}.ConditionCheck`, checked, [...conditionFields, 'Key']);
  if (checked.ConditionExpression === undefined) {
    throw validationError('1 validation error detected: ConditionExpression must not be null');
  }
  return planCheck(database, checked);
}

interface Target {
  readonly plan: WritePlan;
  readonly table: Table;
}

function decide(targets: readonly Target[]): Outcome[] {
  for (const { plan, table } of targets) checkKeyNotEmpty(table, plan.source);
  const keys = targets.map(({ plan, table }) => attempt(() => plan.keyIn(table)));
  const ids = new Set<string>();
  let bytes = 0;
  const outcomes = targets.map(({ plan, table }, index): Outcome => {
    const key = keys[index] as Item | ServiceError;
    if (key instanceof ServiceError) return refused(key);
    const id = rowId(table, key);
    if (ids.has(id)) {
      throw validationError('Transaction request cannot include multiple operations on one item');
    }
    ids.add(id);
    const row = table.find(key);
    const before = row?.item;
    if (!plan.isAllowed(before)) return conditionNotMet(plan, before);
    const after = attempt(() => plan.after(before, table));
    if (after instanceof ServiceError) return refused(after);
    const bytesAfter = after ? itemBytes(after) : 0;
    bytes += bytesAfter;
    return {
      reason: { Code: 'None' },
      apply: () => {
        if (after) table.put(after);
        else table.delete(key);
        return writeUnits(row?.bytes ?? 0, bytesAfter);
      },
    };
  });
  if (bytes > requestBytesMax) {
    throw validationError('Collection size of items in the transaction exceeded limit');
  }
  return outcomes;
}

function refused(error: ServiceError): Outcome {
  return { reason: invalidItem(error), apply: () => 0 };
}

function conditionNotMet(plan: WritePlan, before: Item | undefined): Outcome {
  return {
    reason: {
      Code: 'ConditionalCheckFailed',
      Message: 'The conditional request failed',
      ...(plan.isShownOnFailure && before && { Item: copyItem(before) }),
    },
    apply: () => 0,
  };
}

/** A repeat under the same token changes nothing and costs the reads that find that out. */
function repeated(input: sdk.TransactWriteItemsCommandInput, targets: readonly Target[]): Output {
  const units = new Map<string, number>();
  for (const { plan, table } of targets) {
    const row = table.find(plan.keyIn(table));
    addUnits(units, table.name, 2 * readUnits(row?.bytes ?? 0, true));
  }
  return reportCapacities(input.ReturnConsumedCapacity, units, 'ReadCapacityUnits');
}
