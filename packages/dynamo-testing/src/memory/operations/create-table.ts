import { randomUUID } from 'node:crypto';

import type * as sdk from '@aws-sdk/client-dynamodb';

import { checkFields } from '../check-fields.js';
import { Constraints } from '../constraints.js';
import { validationError } from '../service-errors.js';
import type { Database } from '../store/database.js';
import type { IndexDefinition } from '../store/table-index.js';
import { Table } from '../store/table.js';
import { describeTable } from './describe-table.js';
import {
  checkHasSortKey,
  checkLocalIndex,
  checkProjections,
  globalIndexesMax,
  indexConstraints,
  readIndex,
  type IndexInput,
} from './index-definition.js';
import {
  checkIndexBilling,
  checkStream,
  checkThroughput,
  invalidParameter,
  keyConstraints,
  readKeySchema,
  throughputConstraints,
} from './table-definition.js';
import { tagConstraints } from './tags.js';
import { describedSettings, settingConstraints, settingFields } from './table-settings.js';

const localIndexesMax = 5;

export function createTable(
  database: Database,
  input: sdk.CreateTableCommandInput,
): Omit<sdk.CreateTableCommandOutput, '$metadata'> {
  checkFields('CreateTable', input, [
    ...settingFields,
    'KeySchema',
    'AttributeDefinitions',
    'GlobalSecondaryIndexes',
    'LocalSecondaryIndexes',
    'Tags',
  ]);
  const { TableName: name, AttributeDefinitions: definitions = [] } = input;
  if (name === undefined) {
    throw validationError(
      "The parameter 'TableName' is required but was not present in the request",
    );
  }
  checkConstraints(input);
  const billingMode = checkBilling(input);
  checkStream('CreateTable', input.StreamSpecification);
  const keys = readKeySchema(input.KeySchema ?? [], definitions, true);
  if (input.LocalSecondaryIndexes?.length) checkHasSortKey(keys);
  const indexes = readIndexes(input);
  for (const index of indexes) if (index.kind === 'local') checkLocalIndex(index, keys);
  const used = new Set(
    [keys, ...indexes].flatMap(({ partitionKey, sortKey }) =>
      sortKey ? [partitionKey.name, sortKey.name] : [partitionKey.name],
    ),
  );
  if (definitions.length !== used.size) {
    throw invalidParameter(
      'Number of attributes in KeySchema does not exactly match number of attributes defined in ' +
        'AttributeDefinitions',
    );
  }
  const table = new Table(name, keys, {
    createdAtMs: database.clock.now(),
    id: randomUUID(),
    billingMode,
    readCapacityUnits: input.ProvisionedThroughput?.ReadCapacityUnits ?? 0,
    writeCapacityUnits: input.ProvisionedThroughput?.WriteCapacityUnits ?? 0,
    isProtected: input.DeletionProtectionEnabled === true,
    attributeNames: definitions.map(({ AttributeName }) => AttributeName as string),
    described: describedSettings(input),
  });
  for (const index of indexes) table.addIndex(index);
  table.tags = (input.Tags ?? []).map((tag) => ({ ...tag }));
  database.add(table);
  return { TableDescription: describeTable(table, 'CREATING') };
}

function checkConstraints(input: sdk.CreateTableCommandInput): void {
  const constraints = new Constraints().name(input.TableName, 'tableName');
  settingConstraints(constraints, input);
  keyConstraints(
    constraints,
    { path: 'keySchema', schema: input.KeySchema },
    input.AttributeDefinitions,
  );
  constraints.present(input.AttributeDefinitions, 'attributeDefinitions');
  throughputConstraints(constraints, 'provisionedThroughput', input.ProvisionedThroughput);
  eachIndex(input, (index, kind, place) => {
    const path = `${kind}SecondaryIndexes.${place}.member`;
    indexConstraints(constraints, path, index, kind);
  });
  tagConstraints(constraints, input.Tags);
  constraints.check();
}

function checkBilling(input: sdk.CreateTableCommandInput): 'PAY_PER_REQUEST' | 'PROVISIONED' {
  const { ProvisionedThroughput: units, BillingMode: mode = 'PROVISIONED' } = input;
  if (mode === 'PAY_PER_REQUEST' && units) {
    throw invalidParameter(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified ' +
        'when BillingMode is PAY_PER_REQUEST',
    );
  }
  if (mode === 'PROVISIONED' && !units) {
    throw invalidParameter(
      'ReadCapacityUnits and WriteCapacityUnits must both be specified ' +
        'when BillingMode is PROVISIONED',
    );
  }
  checkThroughput(units);
  for (const index of input.GlobalSecondaryIndexes ?? []) checkIndexBilling(index, mode);
  return mode;
}

function readIndexes(input: sdk.CreateTableCommandInput): IndexDefinition[] {
  const { LocalSecondaryIndexes: local, GlobalSecondaryIndexes: global } = input;
  if (local?.length === 0) throw invalidParameter('List of LocalSecondaryIndexes is empty');
  if (global?.length === 0) throw invalidParameter('List of GlobalSecondaryIndexes is empty');
  if (local && local.length > localIndexesMax) {
    throw invalidParameter(
      `Number of LocalSecondaryIndexes exceeds per-table limit of ${localIndexesMax}`,
    );
  }
  if (global && global.length > globalIndexesMax) {
    throw invalidParameter(
      `GlobalSecondaryIndex count exceeds the per-table limit of ${globalIndexesMax}`,
    );
  }
  const indexes: IndexDefinition[] = [];
  eachIndex(input, (index, kind) => {
    if (indexes.some(({ name }) => name === index.IndexName)) {
      throw invalidParameter(`Duplicate index name: ${index.IndexName}`);
    }
    indexes.push(readIndex(index, input.AttributeDefinitions ?? [], kind));
  });
  checkProjections(indexes);
  return indexes;
}

function eachIndex(
  input: sdk.CreateTableCommandInput,
  visit: (index: IndexInput, kind: IndexDefinition['kind'], place: number) => void,
): void {
  (input.LocalSecondaryIndexes ?? []).forEach((index, at) => visit(index, 'local', at + 1));
  (input.GlobalSecondaryIndexes ?? []).forEach((index, at) => visit(index, 'global', at + 1));
}
