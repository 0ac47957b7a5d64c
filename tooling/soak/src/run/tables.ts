import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  createTable,
  keysTable,
  partitionedKeysTable,
  systemRandom,
  type TableDefinition,
} from '@x/dynamo-core';
import { locksTable } from '@x/dynamo-lock';

import type { SoakTables } from '../client/client-job.js';

/** Creates the tables of a run under names of its own, without Time to Live. */
export async function createTables(client: DynamoDBClient): Promise<SoakTables> {
  const [locks = '', keys = '', partitioned = ''] = await Promise.all(
    [locksTable, keysTable, partitionedKeysTable].map((table) => createOne(client, table)),
  );
  return { locks, keys, partitioned };
}

/** Deletes them. */
export async function deleteTables(client: DynamoDBClient, tables: SoakTables): Promise<void> {
  for (const TableName of Object.values(tables) as string[]) {
    await client.send(new DeleteTableCommand({ TableName }));
  }
}

async function createOne(
  client: DynamoDBClient,
  { name, partitionKey, sortKey }: TableDefinition,
): Promise<string> {
  const tableName = `soak.${name}.${systemRandom.id()}`;
  await createTable(client, { name, partitionKey, sortKey }, tableName);
  return tableName;
}
