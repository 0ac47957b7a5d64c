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

/** The version of the SDK that a client is of, and the one that is found here, where they differ. */
export async function differentVersions(
  client: SdkClient,
): Promise<readonly [string, string] | undefined> {
  const own = new DynamoDBClient({ region: 'none' });
  const [theirs, ours] = [await agentVersion(client), await agentVersion(own)];
  if (theirs === undefined || ours === undefined || theirs === ours) return undefined;
  return [installedVersion(client) ?? theirs, installedVersion(own) ?? ours];
}

/** What a client says of its version: in the user agent of its requests, and nowhere else. */
async function agentVersion(client: unknown): Promise<string | undefined> {
  type UserAgent = () => Promise<readonly (readonly string[])[]>;
  const { config } = client as { config?: { defaultUserAgentProvider?: UserAgent } };
  const agent = await config?.defaultUserAgentProvider?.();
  return agent?.find(([name]) => name === 'aws-sdk-js')?.[1];
}

/**
 * The version in the manifest that lies beside the client's module: the user agent of some releases
 * names the one before. Unknown in a bundle, and where modules are not loaded from files.
 */
function installedVersion(client: object): string | undefined {
  const createRequire = globalThis.process?.getBuiltinModule?.('node:module').createRequire;
  if (createRequire === undefined) return undefined;
  const modules = Object.entries(createRequire(process.execPath).cache);
  const found = modules.find(
    ([path, module]) => /client-dynamodb/.test(path) && isOf(client, module?.exports),
  );
  if (found === undefined) return undefined;
  const manifest: unknown = createRequire(found[0])('../package.json');
  return (manifest as { version?: string }).version;
}

function isOf(client: object, exported: unknown): boolean {
  const { DynamoDBClient: Theirs } = Object(exported) as { DynamoDBClient?: unknown };
  return typeof Theirs === 'function' && client instanceof Theirs;
}
