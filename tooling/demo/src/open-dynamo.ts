import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable, keysTable, partitionedKeysTable } from '@x/dynamo-core';
import { locksTable } from '@x/dynamo-lock';
import { semaphoresTable } from '@x/dynamo-semaphore';
import { availableEngines, immediateRetries, startDynamo } from '@x/dynamo-testing';

/** What the scenes run on: an engine with their tables. */
export interface OpenDynamo extends AsyncDisposable {
  readonly endpoint: string;
  /** A client of its own. */
  client(): DynamoDBClient;
  /** What it is, as a line for the reader. */
  readonly description: string;
  /** Ends it, and the process behind it if there is one. */
  stop(): Promise<void>;
}

/** Starts the first engine that is there; `MemoryDynamo` behind a port runs on every machine. */
export async function openDynamo(wanted?: Parameters<typeof startDynamo>[0]): Promise<OpenDynamo> {
  const running = await startDynamo(wanted ?? { engine: (await availableEngines())[0] });
  const { engine, endpoint } = running;
  const client = (): DynamoDBClient => running.client({ retryStrategy: immediateRetries() });
  const tables = [
    [keysTable, 'keys'],
    [partitionedKeysTable, 'partitioned'],
    [locksTable, 'locks'],
    [semaphoresTable, 'semaphores'],
  ] as const;
  const creator = client();
  await Promise.all(tables.map(([definition, name]) => createTable(creator, definition, name)));
  const what = engine === 'memory' ? 'an emulation, as no engine runs on this machine' : engine;
  return {
    endpoint,
    client,
    description: `A DynamoDB of your own: ${what}, at ${endpoint}`,
    stop: () => running.stop(),
    [Symbol.asyncDispose]: () => running.stop(),
  };
}
