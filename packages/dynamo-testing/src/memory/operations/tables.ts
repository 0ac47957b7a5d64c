import type * as sdk from '@aws-sdk/client-dynamodb';
import type { KeyAttribute } from '@x/dynamo-core';

import { checkChoice, checkFields } from '../check-fields.js';
import { validationError } from '../service-errors.js';
import { keyAttributes } from '../store/check-key.js';
import { checkTableName, type Database } from '../store/database.js';
import { Table } from '../store/table.js';

const namesMax = 100;

export function createTable(
  database: Database,
  input: sdk.CreateTableCommandInput,
): Omit<sdk.CreateTableCommandOutput, '$metadata'> {
  checkFields('CreateTable', input, [
    'TableName',
    'KeySchema',
    'AttributeDefinitions',
    'BillingMode',
    'ProvisionedThroughput',
  ]);
  const { BillingMode: billingMode, ProvisionedThroughput: units } = input;
  const name = checkTableName(input.TableName);
  checkChoice('billingMode', billingMode, ['PAY_PER_REQUEST', 'PROVISIONED']);
  if ((billingMode === 'PAY_PER_REQUEST') === (units !== undefined)) {
    throw validationError(
      'One or more parameter values were invalid: ProvisionedThroughput must be given ' +
        'if and only if BillingMode is not PAY_PER_REQUEST',
    );
  }
  if (units && !(Number(units.ReadCapacityUnits) >= 1 && Number(units.WriteCapacityUnits) >= 1)) {
    throw validationError('Table read and write throughput must be at least 1');
  }
  const table = new Table(name, readKeySchema(input), {
    createdAtMs: database.clock.now(),
    billingMode: billingMode ?? 'PROVISIONED',
    readCapacityUnits: units?.ReadCapacityUnits ?? 0,
    writeCapacityUnits: units?.WriteCapacityUnits ?? 0,
  });
  database.add(table);
  return { TableDescription: describe(table) };
}

export function describeTable(
  database: Database,
  input: sdk.DescribeTableCommandInput,
): Omit<sdk.DescribeTableCommandOutput, '$metadata'> {
  checkFields('DescribeTable', input, ['TableName']);
  return { Table: describe(database.table(input.TableName)) };
}

export function deleteTable(
  database: Database,
  input: sdk.DeleteTableCommandInput,
): Omit<sdk.DeleteTableCommandOutput, '$metadata'> {
  checkFields('DeleteTable', input, ['TableName']);
  const table = database.table(input.TableName);
  database.drop(table.name);
  return { TableDescription: { ...describe(table), TableStatus: 'DELETING' } };
}

export function listTables(
  database: Database,
  input: sdk.ListTablesCommandInput,
): Omit<sdk.ListTablesCommandOutput, '$metadata'> {
  checkFields('ListTables', input, ['ExclusiveStartTableName', 'Limit']);
  const { ExclusiveStartTableName: start = '', Limit: limit = namesMax } = input;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= namesMax)) {
    throw validationError('1 validation error detected: Limit must be between 1 and 100');
  }
  const names = database.tableNames().filter((name) => name > start);
  const TableNames = names.slice(0, limit);
  const last = TableNames.at(-1);
  return {
    TableNames,
    ...(names.length > limit && last !== undefined && { LastEvaluatedTableName: last }),
  };
}

function readKeySchema({
  KeySchema: schema = [],
  AttributeDefinitions: definitions = [],
}: sdk.CreateTableCommandInput): { partitionKey: KeyAttribute; sortKey?: KeyAttribute } {
  const [hash, range, ...others] = schema;
  const isOrdered = hash?.KeyType === 'HASH' && (range === undefined || range.KeyType === 'RANGE');
  if (!isOrdered || others.length > 0 || hash.AttributeName === range?.AttributeName) {
    throw validationError('Invalid KeySchema: a HASH key first, then at most one RANGE key');
  }
  if (definitions.length !== schema.length) {
    throw validationError(
      'One or more parameter values were invalid: Number of attributes in KeySchema does not ' +
        'exactly match number of attributes defined in AttributeDefinitions',
    );
  }
  const attribute = (name: string | undefined): KeyAttribute => {
    const type = definitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
    if (name === undefined || (type !== 'S' && type !== 'N' && type !== 'B')) {
      throw validationError(
        'One or more parameter values were invalid: Some index key attributes are not defined ' +
          'in AttributeDefinitions, or with a type other than S, N and B',
      );
    }
    return { name, type };
  };
  const partitionKey = attribute(hash.AttributeName);
  return range ? { partitionKey, sortKey: attribute(range.AttributeName) } : { partitionKey };
}

function describe(table: Table): sdk.TableDescription {
  const { createdAtMs, billingMode, readCapacityUnits, writeCapacityUnits } = table.settings;
  const attributes = keyAttributes(table);
  const rows = table.partitions().flatMap(({ rows: each }) => each);
  return {
    TableName: table.name,
    TableStatus: 'ACTIVE',
    TableArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${table.name}`,
    KeySchema: attributes.map(({ name }, index) => ({
      AttributeName: name,
      KeyType: index === 0 ? 'HASH' : 'RANGE',
    })),
    AttributeDefinitions: attributes.map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    CreationDateTime: new Date(createdAtMs),
    ItemCount: rows.length,
    TableSizeBytes: rows.reduce((bytes, row) => bytes + row.bytes, 0),
    BillingModeSummary: { BillingMode: billingMode },
    ProvisionedThroughput: {
      NumberOfDecreasesToday: 0,
      ReadCapacityUnits: readCapacityUnits,
      WriteCapacityUnits: writeCapacityUnits,
    },
  };
}
