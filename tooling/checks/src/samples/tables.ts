import { DeleteTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable } from '@x/dynamo-core';

/**
 * The default tables of the primitives under `PARADOX_ENV=local`, and the same under the names that
 * the docs give to a team's own, with a table of the team's for transactions; each with its keys.
 */
const tables: Readonly<Record<string, readonly [partitionKey: string, sortKey?: string]>> = {
  'paradox.dev.locks': ['key'],
  'paradox.dev.keys': ['key'],
  'paradox.dev.partitioned_keys': ['partitionKey', 'sortKey'],
  'my-locks': ['key'],
  'my-keys': ['key'],
  keys: ['key'],
  locks: ['key'],
  semaphores: ['key'],
  'my-partitioned-keys': ['partitionKey', 'sortKey'],
  balances: ['id'],
};

/** Makes the tables anew, so that no sample sees what another left. */
export async function recreateTables(client: DynamoDBClient): Promise<void> {
  const recreate = async (name: string, partition: string, sort?: string): Promise<void> => {
    await client.send(new DeleteTableCommand({ TableName: name })).catch(ignoreMissing);
    const partitionKey = { name: partition, type: 'S' } as const;
    const sortKey = sort === undefined ? undefined : ({ name: sort, type: 'S' } as const);
    await createTable(client, { name, partitionKey, sortKey }, name);
  };
  await Promise.all(Object.entries(tables).map(([name, keys]) => recreate(name, ...keys)));
}

function ignoreMissing(error: unknown): void {
  if (error instanceof Error && error.name === 'ResourceNotFoundException') return;
  throw error;
}
