import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';

import type { DynamoOperation, SdkClient } from './transport.js';

/** The part of the SDK that is used, named one by one, so that a bundler leaves out the rest. */
export const commands: Readonly<Record<DynamoOperation, new (input: never) => object>> = {
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  UpdateItem: UpdateItemCommand,
  DeleteItem: DeleteItemCommand,
  Query: QueryCommand,
  Scan: ScanCommand,
  BatchGetItem: BatchGetItemCommand,
  BatchWriteItem: BatchWriteItemCommand,
  TransactWriteItems: TransactWriteItemsCommand,
  CreateTable: CreateTableCommand,
  DescribeTable: DescribeTableCommand,
  DescribeTimeToLive: DescribeTimeToLiveCommand,
  UpdateTimeToLive: UpdateTimeToLiveCommand,
};

/** The client that is made where none is given. */
export const Client: typeof DynamoDBClient = DynamoDBClient;

/** The version of the SDK that a client is of, and the one that is found here. */
export async function versionsOf(client: SdkClient): Promise<readonly (string | undefined)[]> {
  return [await versionOf(client), await versionOf(new DynamoDBClient({ region: 'none' }))];
}

/** A client says its version in the user agent of its requests, and nowhere else. */
async function versionOf(client: unknown): Promise<string | undefined> {
  type UserAgent = () => Promise<readonly (readonly string[])[]>;
  const { config } = client as { config?: { defaultUserAgentProvider?: UserAgent } };
  const agent = await config?.defaultUserAgentProvider?.();
  return agent?.find(([name]) => name === 'aws-sdk-js')?.[1];
}
