import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import { Constraints } from '../constraints.js';
import { ServiceError, validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import type { Table } from '../store/table.js';
import { describeTable } from './describe-table.js';
import {
  checkProjections,
  globalIndexesMax,
  indexConstraints,
  readIndex,
} from './index-definition.js';
import {
  checkIndexBilling,
  checkStream,
  checkThroughput,
  definitionConstraints,
  invalidParameter,
  throughputConstraints,
} from './table-definition.js';
import { describedSettings, settingConstraints, settingFields } from './table-settings.js';
import { tableOf } from './tables.js';

export function updateTable(
  database: Database,
  input: sdk.UpdateTableCommandInput,
): Omit<sdk.UpdateTableCommandOutput, '$metadata'> {
  checkFields('UpdateTable', input, [
    ...settingFields,
    'AttributeDefinitions',
    'GlobalSecondaryIndexUpdates',
  ]);
  const table = tableOf(database, input.TableName);
  checkConstraints(input);
  checkStream('UpdateTable', input.StreamSpecification);
  const { GlobalSecondaryIndexUpdates: updates = [] } = input;
  const { TableName: _name, AttributeDefinitions: _definitions, ...changes } = input;
  const isNothing = Object.values({ ...changes, GlobalSecondaryIndexUpdates: undefined }).every(
    (value) => value === undefined,
  );
  if (isNothing && updates.length === 0) {
    throw validationError(
      'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, ' +
        'GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required',
    );
  }
  const settings = changedSettings(table, input);
  if (updates.flatMap(({ Create, Delete }) => [Create, Delete]).filter(Boolean).length > 1) {
    throw new ServiceError(
      'LimitExceededException',
      'Subscriber limit exceeded: ' +
        'Only 1 online index can be created or deleted simultaneously per table',
    );
  }
  const defined = definitionsOf(table, input).map(({ AttributeName: name }) => name as string);
  for (const update of updates) changeIndex(table, input, update, 'check');
  for (const update of updates) changeIndex(table, input, update, 'apply');
  table.settings = { ...settings, attributeNames: defined };
  const { DeletionProtectionEnabled: _protected, ...others } = changes;
  const isUpdating = Object.values(others).some((value) => value !== undefined);
  return { TableDescription: describeTable(table, isUpdating ? 'UPDATING' : 'ACTIVE') };
}

function checkConstraints(input: sdk.UpdateTableCommandInput): void {
  const constraints = new Constraints();
  settingConstraints(constraints, input);
  definitionConstraints(constraints, input.AttributeDefinitions);
  throughputConstraints(constraints, 'provisionedThroughput', input.ProvisionedThroughput);
  (input.GlobalSecondaryIndexUpdates ?? []).forEach((update, at) => {
    const path = `globalSecondaryIndexUpdates.${at + 1}.member`;
    checkFields(path, update, ['Create', 'Update', 'Delete']);
    const { Create: create, Update: change, Delete: remove } = update;
    if (create) indexConstraints(constraints, `${path}.create`, create, 'global');
    if (change) {
      checkFields(`${path}.update`, change, [
        'IndexName',
        'ProvisionedThroughput',
        'OnDemandThroughput',
        'WarmThroughput',
      ]);
      constraints.name(change.IndexName, `${path}.update.indexName`);
      const throughput = `${path}.update.provisionedThroughput`;
      throughputConstraints(constraints, throughput, change.ProvisionedThroughput);
    }
    if (remove) {
      checkFields(`${path}.delete`, remove, ['IndexName']);
      constraints.name(remove.IndexName, `${path}.delete.indexName`);
    }
  });
  constraints.check();
}

function changedSettings(table: Table, input: sdk.UpdateTableCommandInput): Table['settings'] {
  const { settings } = table;
  const { ProvisionedThroughput: units, BillingMode: mode = settings.billingMode } = input;
  if (mode === 'PAY_PER_REQUEST' && units) {
    throw invalidParameter(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified ' +
        'when BillingMode is PAY_PER_REQUEST',
    );
  }
  if (mode === 'PROVISIONED' && settings.billingMode !== mode && !units) {
    throw invalidParameter(
      'ProvisionedThroughput must be specified when BillingMode is PROVISIONED',
    );
  }
  checkThroughput(units);
  const [read, write] = [units?.ReadCapacityUnits, units?.WriteCapacityUnits];
  const isSame = read === settings.readCapacityUnits && write === settings.writeCapacityUnits;
  if (units && mode === settings.billingMode && isSame) {
    throw validationError(
      'The provisioned throughput for the table will not change. The requested value equals the ' +
        'current value. Current ReadCapacityUnits provisioned for the table: ' +
        `${read}. Requested ReadCapacityUnits: ${read}. ` +
        `Current WriteCapacityUnits provisioned for the table: ${write}. ` +
        `Requested WriteCapacityUnits: ${write}. Refer to the Amazon DynamoDB Developer Guide ` +
        'for current limits and how to request higher limits.',
    );
  }
  const isOnDemand = mode === 'PAY_PER_REQUEST';
  return {
    ...settings,
    billingMode: mode,
    readCapacityUnits: isOnDemand ? 0 : (read ?? settings.readCapacityUnits),
    writeCapacityUnits: isOnDemand ? 0 : (write ?? settings.writeCapacityUnits),
    isProtected: input.DeletionProtectionEnabled ?? settings.isProtected,
    described: { ...settings.described, ...describedSettings(input) },
  };
}

/** An update of several indexes is checked as a whole before it changes anything. */
function changeIndex(
  table: Table,
  input: sdk.UpdateTableCommandInput,
  update: sdk.GlobalSecondaryIndexUpdate,
  step: 'check' | 'apply',
): void {
  const { Create: create, Update: change, Delete: remove } = update;
  if (create) {
    if (table.indexes.has(create.IndexName as string)) {
      throw invalidParameter(`Index already exists: ${create.IndexName}`);
    }
    const definition = readIndex(create, input.AttributeDefinitions ?? [], 'global');
    if (step === 'apply') return table.addIndex(definition);
    checkIndexBilling(create, input.BillingMode ?? table.settings.billingMode);
    const all = [...[...table.indexes.values()].map((index) => index.definition), definition];
    if (all.filter(({ kind }) => kind === 'global').length > globalIndexesMax) {
      throw new ServiceError(
        'LimitExceededException',
        'Number of global secondary indexes exceeds per-table limit',
      );
    }
    checkProjections(all);
    return;
  }
  const name = (change ?? remove)?.IndexName;
  if (name === undefined) {
    throw invalidParameter(
      'One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, ' +
        'GlobalSecondaryIndexUpdate.Delete must not be null',
    );
  }
  const index = table.indexes.get(name);
  if (index?.definition.kind !== 'global') {
    throw new ServiceError(
      'ResourceNotFoundException',
      `Requested resource not found: Table: ${table.name} has no global index ${name}`,
    );
  }
  if (step === 'check') return;
  if (remove) table.indexes.delete(name);
  else index.change(change as sdk.UpdateGlobalSecondaryIndexAction);
}

/** All definitions after the update, in their order; one that is there cannot be changed. */
function definitionsOf(
  table: Table,
  { AttributeDefinitions: given = [] }: sdk.UpdateTableCommandInput,
): sdk.AttributeDefinition[] {
  const known = describeTable(table).AttributeDefinitions ?? [];
  const added = given.filter(({ AttributeName: name, AttributeType: type }) => {
    const existing = known.find(({ AttributeName }) => AttributeName === name);
    if (existing && existing.AttributeType !== type) {
      throw invalidParameter(
        'Attributes cannot be redefined. ' +
          `Please check that your attribute ${name} has the same type as previously defined.`,
      );
    }
    return !existing;
  });
  return [...known, ...added];
}
