import type * as sdk from '@aws-sdk/client-dynamodb';
import type { KeyAttribute } from '@x/dynamo-core';

import { keyAttributes } from '../store/check-key.js';
import type { TableIndex } from '../store/table-index.js';
import type { Table } from '../store/table.js';
import { describeKeys } from './table-definition.js';

const arnPrefix = 'arn:aws:dynamodb:us-east-1:000000000000:table/';

/** The Amazon resource name of a table. */
function arnOf({ name }: Table): string {
  return arnPrefix + name;
}

/** The name of the table that an Amazon resource name is of. */
export function tableNameOf(arn: string): string | undefined {
  return /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/([^/]+)$/.exec(arn)?.[1];
}

/** A table as DescribeTable shows it. */
export function describeTable(
  table: Table,
  status: sdk.TableStatus = 'ACTIVE',
): sdk.TableDescription {
  const { settings, rows } = table;
  const indexes = [...table.indexes.values()];
  const local = indexes.filter(({ definition }) => definition.kind === 'local');
  const global = indexes.filter(({ definition }) => definition.kind === 'global');
  return {
    TableName: table.name,
    TableStatus: status,
    TableArn: arnOf(table),
    TableId: settings.id,
    KeySchema: describeKeys(table),
    AttributeDefinitions: attributesOf(table),
    CreationDateTime: new Date(settings.createdAtMs),
    ItemCount: rows.count,
    TableSizeBytes: rows.bytes,
    ...(settings.billingMode === 'PAY_PER_REQUEST' && {
      BillingModeSummary: { BillingMode: settings.billingMode },
    }),
    ProvisionedThroughput: {
      NumberOfDecreasesToday: 0,
      ReadCapacityUnits: settings.readCapacityUnits,
      WriteCapacityUnits: settings.writeCapacityUnits,
    },
    DeletionProtectionEnabled: settings.isProtected,
    ...settings.described,
    ...(local.length > 0 && {
      LocalSecondaryIndexes: local.map((index) => describeIndex(table, index)),
    }),
    ...(global.length > 0 && {
      GlobalSecondaryIndexes: global.map((index) => describeGlobal(table, index, status)),
    }),
  };
}

function describeGlobal(
  table: Table,
  index: TableIndex,
  status: sdk.TableStatus,
): sdk.GlobalSecondaryIndexDescription {
  const { throughput, described } = index.definition;
  return {
    ...describeIndex(table, index),
    IndexStatus: status === 'CREATING' ? 'CREATING' : 'ACTIVE',
    ProvisionedThroughput: {
      NumberOfDecreasesToday: 0,
      ReadCapacityUnits: throughput?.ReadCapacityUnits ?? 0,
      WriteCapacityUnits: throughput?.WriteCapacityUnits ?? 0,
    },
    ...described,
  };
}

function describeIndex(
  table: Table,
  { definition, rows }: TableIndex,
): sdk.LocalSecondaryIndexDescription {
  return {
    IndexName: definition.name,
    IndexArn: `${arnOf(table)}/index/${definition.name}`,
    KeySchema: describeKeys(definition),
    Projection: { ...definition.projection },
    ItemCount: rows.count,
    IndexSizeBytes: rows.bytes,
  };
}

function attributesOf(table: Table): sdk.AttributeDefinition[] {
  const attributes = new Map<string, KeyAttribute>();
  for (const schema of [table, ...table.indexes.values()]) {
    for (const attribute of keyAttributes(schema)) attributes.set(attribute.name, attribute);
  }
  // In the order in which they were defined.
  return table.settings.attributeNames.flatMap((name) => {
    const attribute = attributes.get(name);
    return attribute ? [{ AttributeName: name, AttributeType: attribute.type }] : [];
  });
}
