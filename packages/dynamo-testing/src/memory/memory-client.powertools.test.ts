import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { expect, test, vi } from 'vitest';

import { memoryClient } from './memory-client.js';
import { MemoryDynamo } from './memory-dynamo.js';

test('Powertools runs a function once, on the table in memory', async () => {
  const memory = new MemoryDynamo();
  const tableName = memory.createTable({ name: 'once', partitionKey: { name: 'id', type: 'S' } });
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName,
    awsSdkV3Client: memoryClient(memory),
  });
  const charge = vi.fn<(event: { order: string }) => Promise<{ charged: string }>>(
    async ({ order }) => ({
      charged: order,
    }),
  );
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'order' });
  config.registerLambdaContext({ getRemainingTimeInMillis: () => 3_000 });
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'charge');
  const idempotent = makeIdempotent(charge, { persistenceStore, config });

  expect(await idempotent({ order: 'a' })).toEqual({ charged: 'a' });
  expect(await idempotent({ order: 'a' })).toEqual({ charged: 'a' });
  expect(await idempotent({ order: 'b' })).toEqual({ charged: 'b' });
  expect(charge).toHaveBeenCalledTimes(2);
  expect(memory.rows(tableName)).toHaveLength(2);
  expect(memory.rows(tableName)[0]).toMatchObject({ status: { S: 'COMPLETED' } });
  vi.unstubAllEnvs();
});
