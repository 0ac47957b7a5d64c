import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';

import { readUnits, reportCapacities, type Usage } from '../capacity.js';
import { checkFields } from '../check-fields.js';
import { checkTableName, Constraints, itemConstraints } from '../constraints.js';
import { ServiceError, transactionCanceled, validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import { applyWrite } from './apply-write.js';
import { collectionsMetrics } from './collection-metrics.js';
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
  readonly apply: () => Usage | undefined;
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
  const { ClientRequestToken: token } = input;
  itemConstraints(input)
    .present(input.TransactItems, 'transactItems')
    .length(input.TransactItems, 'transactItems', 1, itemsMax)
    .length(token, 'clientRequestToken', 1, tokenLengthMax)
    .check();
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
  const usages = outcomes.flatMap(({ apply }) => apply() ?? []);
  if (token !== undefined) database.tokens.remember(token, request);
  return {
    ...collectionsMetrics(
      input.ReturnItemCollectionMetrics,
      targets.map(({ plan, table }) => ({ table, key: plan.keyIn(table) })),
    ),
    ...reportCapacities(
      input.ReturnConsumedCapacity,
      // An item of a transaction is written twice; its copies in indexes are not.
      usages.map((usage) => ({ ...usage, units: 2 * usage.units })),
      'WriteCapacityUnits',
    ),
  };
}

function planItems(database: Database, items: sdk.TransactWriteItem[]): WritePlan[] {
  return items.map((item, index) => planItem(database, item, index + 1));
}

function planItem(database: Database, item: sdk.TransactWriteItem, place: number): WritePlan {
  const what = 'TransactWriteItems.TransactItems';
  checkFields(what, item, ['ConditionCheck', 'Put', 'Delete', 'Update']);
  const { ConditionCheck: check, Put: put, Delete: remove, Update: update } = item;
  const given = [check, put, remove, update].filter((action) => action !== undefined);
  if (given.length !== 1) {
    throw validationError('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  if (put) {
    checkFields(`${what}.Put`, put, [...conditionFields, 'Item']);
    checkMembers(`transactItems.${place}.member.put`, put.TableName, { item: put.Item });
    return planPut(database, put);
  }
  if (remove) {
    checkFields(`${what}.Delete`, remove, [...conditionFields, 'Key']);
    checkMembers(`transactItems.${place}.member.delete`, remove.TableName, { key: remove.Key });
    return planDelete(database, remove);
  }
  if (update) {
    checkFields(`${what}.Update`, update, [...conditionFields, 'Key', 'UpdateExpression']);
    checkMembers(`transactItems.${place}.member.update`, update.TableName, {
      key: update.Key,
      updateExpression: update.UpdateExpression,
    });
    return planUpdate(database, update);
  }
  const checked = check as sdk.ConditionCheck;
  checkFields(`${what}.ConditionCheck`, checked, [...conditionFields, 'Key']);
  checkMembers(`transactItems.${place}.member.conditionCheck`, checked.TableName, {
    key: checked.Key,
    conditionExpression: checked.ConditionExpression,
  });
  return planCheck(database, checked);
}

/** The members that an item of a transaction must have. */
function checkMembers(
  path: string,
  tableName: string | undefined,
  members: Readonly<Record<string, unknown>>,
): void {
  const constraints = new Constraints();
  for (const [name, value] of Object.entries(members))
    constraints.present(value, `${path}.${name}`);
  constraints.present(tableName, `${path}.tableName`).check();
  checkTableName(tableName);
}

interface Target {
  readonly plan: WritePlan;
  readonly table: Table;
}

function decide(targets: readonly Target[]): Outcome[] {
  for (const { plan, table } of targets) plan.checkUpFront(table);
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
    bytes += after ? itemBytes(after) : 0;
    return {
      reason: { Code: 'None' },
      apply: () => applyWrite(table, key, row, after),
    };
  });
  if (bytes > requestBytesMax) {
    throw validationError('Collection size of items in the transaction exceeded limit');
  }
  return outcomes;
}

function refused(error: ServiceError): Outcome {
  return { reason: invalidItem(error), apply: () => undefined };
}

function conditionNotMet(plan: WritePlan, before: Item | undefined): Outcome {
  return {
    reason: {
      Code: 'ConditionalCheckFailed',
      Message: 'The conditional request failed',
      ...(plan.isShownOnFailure && before && { Item: copyItem(before) }),
    },
    apply: () => undefined,
  };
}

/** A repeat under the same token changes nothing and costs the reads that find that out. */
function repeated(input: sdk.TransactWriteItemsCommandInput, targets: readonly Target[]): Output {
  const usages = targets.map(({ plan, table }): Usage => {
    const row = table.find(plan.keyIn(table));
    return {
      tableName: table.name,
      units: 2 * readUnits(row?.bytes ?? 0, true),
      indexes: [],
    };
  });
  return reportCapacities(input.ReturnConsumedCapacity, usages, 'ReadCapacityUnits');
}
