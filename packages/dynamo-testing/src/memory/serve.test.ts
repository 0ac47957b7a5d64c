import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { InvalidInputError } from '@x/dynamo-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { MemoryDynamo } from './memory-dynamo.js';
import { serve, type ServedMemory } from './serve.js';

const TableName = 'rows';
const row = { id: { S: 'a' }, b: { B: Uint8Array.of(1, 2) }, bs: { BS: [Uint8Array.of(3)] } };

describe('serve', () => {
  let memory: MemoryDynamo;
  let served: ServedMemory;
  let client: DynamoDBClient;

  beforeEach(async () => {
    memory = new MemoryDynamo();
    memory.createTable({ name: TableName, partitionKey: { name: 'id', type: 'S' } });
    served = await serve(memory);
    client = new DynamoDBClient({
      endpoint: served.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
    });
  });

  afterEach(async () => {
    client.destroy();
    await served.stop();
  });

  test('serve() answers a client of the SDK, binaries and dates included', async () => {
    await client.send(new PutItemCommand({ TableName, Item: row }));
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: { id: row.id } }));
    expect(Item).toEqual(row);
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Math.abs(Date.now() - Number(Table?.CreationDateTime))).toBeLessThan(60_000);
  });

  test('serve() sends errors that the SDK reads as its own', async () => {
    memory.createTable({ name: 'others', partitionKey: { name: 'id', type: 'S' } });
    const put = {
      TableName,
      Item: row,
      ConditionExpression: 'attribute_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    await expect(client.send(new PutItemCommand(put))).rejects.toBeInstanceOf(
      ConditionalCheckFailedException,
    );
    const transaction = new TransactWriteItemsCommand({ TransactItems: [{ Put: put }] });
    const failure: unknown = await client.send(transaction).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransactionCanceledException);
    expect(failure).toMatchObject({ CancellationReasons: [{ Code: 'ConditionalCheckFailed' }] });
  });

  test('serve() refuses what is not emulated, by name', async () => {
    const query = client.send(new QueryCommand({ TableName, KeyConditions: {} }));
    await expect(query).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('Query.KeyConditions') as string,
    });
  });

  test.each([{ port: 'socket' }, { port: 70_000 }, { host: '0.0.0.0' }])(
    'serve() refuses %j, so that it listens on the loopback interface alone',
    async (options) => {
      await expect(serve(memory, options as object)).rejects.toBeInstanceOf(InvalidInputError);
    },
  );

  test('stop() may be called twice', async () => {
    await served.stop();
    await served.stop();
    await expect(client.send(new DescribeTableCommand({ TableName }))).rejects.toThrow();
  });
});
