import {
  DescribeTableCommand,
  GetItemCommand,
  paginateScan,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createTable, systemRandom, type Item, type TableDefinition } from '@x/dynamo-core';
import {
  engineClient,
  FaultHandler,
  immediateRetries,
  type EngineClientOptions,
  type EngineName,
} from '@x/dynamo-testing';

import type { EngineAddress } from './engine-address.js';
import { canBeLight, isLightAskedFor, throughLightClient } from './through-light-client.js';

/** An engine as the tests use it. */
export class ConformanceEngine {
  readonly name: EngineName;
  readonly endpoint: string;
  readonly #clients: { destroy(): void }[] = [];
  readonly #keyNames = new Map<string, readonly string[]>();
  #ownClient: DynamoDBClient | undefined;
  #isLight = isLightAskedFor();

  constructor({ name, endpoint }: EngineAddress) {
    this.name = name;
    this.endpoint = endpoint;
  }

  /**
   * Makes a client. It repeats what the SDK repeats, without waiting, and is destroyed after the
   * tests of the block. `maxAttempts` keeps its meaning. With `DYNAMO_TRANSPORT=light`, or after
   * `useLightClient`, the packages send through a light client in its place, which waits before it repeats.
   */
  client(options: EngineClientOptions = {}): DynamoDBClient {
    const { maxAttempts } = options;
    const attempts = typeof maxAttempts === 'number' ? maxAttempts : undefined;
    const faults = handlerOf(options.faults);
    const client = engineClient(this.endpoint, {
      retryStrategy: immediateRetries(attempts),
      ...options,
      faults,
    });
    this.#clients.push(client);
    if (this.#isLight && canBeLight(options)) {
      const light = { faults, maxAttempts: attempts };
      this.#clients.push(throughLightClient(client, this.endpoint, light));
    }
    return client;
  }

  /** The clients that are made from now on are light ones, as far as their options let them. */
  useLightClient(): void {
    this.#isLight = true;
  }

  /** Creates an empty table of a unique name, without Time to Live, and returns its name. */
  async createTable({ name, partitionKey, sortKey }: TableDefinition): Promise<string> {
    const table = `${name}.${systemRandom.id()}`;
    await createTable(this.#own(), { name, partitionKey, sortKey }, table);
    return table;
  }

  /** All the rows of a table, read consistently, in the order of their keys. */
  async rows(table: string): Promise<Item[]> {
    const rows: Item[] = [];
    const scan = { TableName: table, ConsistentRead: true };
    for await (const page of paginateScan({ client: this.#own() }, scan)) {
      rows.push(...(page.Items ?? []));
    }
    return this.inOrder(table, rows);
  }

  /** Rows of a table in the order of their keys. */
  async inOrder(table: string, rows: readonly Item[]): Promise<Item[]> {
    const names = await this.keyNames(table);
    const keyOf = (row: Item): string => JSON.stringify(names.map((name) => row[name]));
    return rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** One row, read consistently, or `undefined`. */
  async row(table: string, key: Item): Promise<Item | undefined> {
    const get = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
    return (await this.#own().send(get)).Item;
  }

  /** Writes a row as it stands, before a test. */
  async putRow(table: string, item: Item): Promise<void> {
    await this.#own().send(new PutItemCommand({ TableName: table, Item: item }));
  }

  /** The names of a table's key attributes, the partition key first. */
  async keyNames(table: string): Promise<readonly string[]> {
    let names = this.#keyNames.get(table);
    if (names === undefined) {
      const { Table } = await this.#own().send(new DescribeTableCommand({ TableName: table }));
      names = (Table?.KeySchema ?? []).map((key) => key.AttributeName ?? '');
      this.#keyNames.set(table, names);
    }
    return names;
  }

  /** Destroys the clients. Called after the tests of the block. */
  close(): void {
    for (const client of this.#clients.splice(0)) client.destroy();
    this.#ownClient = undefined;
  }

  #own(): DynamoDBClient {
    this.#ownClient ??= this.client();
    return this.#ownClient;
  }
}

/** One handler for all that a client sends through. */
function handlerOf(faults: EngineClientOptions['faults']): FaultHandler | undefined {
  if (faults === undefined || faults instanceof FaultHandler) return faults;
  return new FaultHandler(faults);
}
