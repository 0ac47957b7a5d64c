import {
  CreateTableCommand,
  DeleteTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

/**
 * The default tables of the primitives under `PARADOX_ENV=local`, and the same under the names that
 * the docs give to a team's own, with a table of the team's for transactions.
 */
const tables: readonly CreateTableCommandInput[] = [
  table('paradox.dev.locks', 'key'),
  table('paradox.dev.keys', 'key'),
  table('paradox.dev.partitioned_keys', 'partitionKey', 'sortKey'),
  table('my-locks', 'key'),
  table('my-keys', 'key'),
  table('keys', 'key'),
  table('locks', 'key'),
  table('semaphores', 'key'),
  table('my-partitioned-keys', 'partitionKey', 'sortKey'),
  table('balances', 'id'),
];

function table(TableName: string, ...keys: readonly string[]): CreateTableCommandInput {
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: keys.map((name, index) => ({
      AttributeName: name,
      KeyType: index === 0 ? 'HASH' : 'RANGE',
    })),
  };
}

/** Makes the tables anew, so that no sample sees what another left. */
export async function recreateTables(client: DynamoDBClient): Promise<void> {
  for (const input of tables) {
    await client.send(new DeleteTableCommand({ TableName: input.TableName })).catch(ignoreMissing);
    await client.send(new CreateTableCommand(input));
  }
}

function ignoreMissing(error: unknown): void {
  if (error instanceof Error && error.name === 'ResourceNotFoundException') return;
  throw error;
}
