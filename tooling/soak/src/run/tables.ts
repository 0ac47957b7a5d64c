import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable, keysTable, partitionedKeysTable, systemRandom } from '@x/dynamo-core';
import { locksTable } from '@x/dynamo-lock';

const definitions = { locks: locksTable, keys: keysTable, partitioned: partitionedKeysTable };

/** The names of the tables of a run. */
export type SoakTables = Readonly<Record<keyof typeof definitions, string>>;

/** Creates the tables of a run under names of its own, without Time to Live. */
export async function createTables(client: DynamoDBClient): Promise<SoakTables> {
  const created = Object.entries(definitions).map(
    async ([table, { name, partitionKey, sortKey }]) => {
      const tableName = `soak.${name}.${systemRandom.id()}`;
      await createTable(client, { name, partitionKey, sortKey }, tableName);
      return [table, tableName] as const;
    },
  );
  return Object.fromEntries(await Promise.all(created)) as SoakTables;
}

/** Deletes them. */
export async function deleteTables(client: DynamoDBClient, tables: SoakTables): Promise<void> {
  for (const TableName of Object.values(tables)) {
    await client.send(new DeleteTableCommand({ TableName }));
  }
}
