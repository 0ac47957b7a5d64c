import { createHash } from 'node:crypto';

import {
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';

/** The requests of the original's tables, literally: a small client of its protocol. */
export class OriginalClient {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** Stores a value: the row is replaced. */
  async set(key: Item, data: unknown): Promise<void> {
    const item = { ...key, data: { S: JSON.stringify(data) } };
    const requests = [{ PutRequest: { Item: item } }];
    await this.#client.send(
      new BatchWriteItemCommand({ RequestItems: { [this.#tableName]: requests } }),
    );
  }

  /** Stores a value if there is no row. */
  async setIfNotExists(key: Item, data: unknown): Promise<boolean> {
    const [name] = Object.keys(key) as [string];
    return this.#put({
      Item: { ...key, data: { S: JSON.stringify(data) } },
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': name },
    });
  }

  /** Reads a value. */
  async get(key: Item): Promise<unknown> {
    const data = (await this.#read(key))?.['data']?.S;
    return data === undefined ? undefined : JSON.parse(data);
  }

  /** Adds to a counter. */
  async incr(key: Item, by: number): Promise<number> {
    const command = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: key,
      UpdateExpression: 'add #count :by',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':by': { N: `${by}` } },
      ReturnValues: 'UPDATED_NEW',
    });
    return Number((await this.#client.send(command)).Attributes?.['count']?.N);
  }

  /** Adds to a set, and once more where others changed it in between. */
  async addToSet(key: Item, element: unknown): Promise<boolean> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const row = await this.#read(key);
      const elements = JSON.parse(row?.['data']?.S ?? '[]') as unknown[];
      if (elements.includes(element)) return false;
      const data = JSON.stringify([...elements, element]);
      const md5 = createHash('md5').update(data).digest('hex');
      const isWritten = await this.#put({
        Item: { ...key, data: { S: data }, md5: { S: md5 } },
        ConditionExpression: 'attribute_not_exists(#md5) OR (#md5 = :md5)',
        ExpressionAttributeNames: { '#md5': 'md5' },
        ExpressionAttributeValues: { ':md5': row?.['md5'] ?? { S: ' ' } },
      });
      if (isWritten) return true;
    }
    throw new Error('The set was changed 50 times in between');
  }

  /** Reads the state of attempts, and writes it where one more is within the limit. */
  async attempt(key: Item, nowMs: number, limit: AttemptLimit): Promise<boolean> {
    const state = (await this.get(key)) as { created: number; attempts: number } | undefined;
    if (state === undefined || nowMs > state.created + limit.validityTime) {
      await this.set(key, { created: nowMs, attempts: 1 });
      return true;
    }
    if (state.attempts >= limit.attemptsMax) return false;
    await this.set(key, { ...state, attempts: state.attempts + 1 });
    return true;
  }

  async #read(key: Item): Promise<Item | undefined> {
    return (await this.#client.send(new GetItemCommand({ TableName: this.#tableName, Key: key })))
      .Item;
  }

  #put(input: Omit<PutItemCommandInput, 'TableName'>): Promise<boolean> {
    const command = new PutItemCommand({ TableName: this.#tableName, ...input });
    return this.#succeeds(() => this.#client.send(command));
  }

  async #succeeds(send: () => Promise<unknown>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      if (isConditionalCheckFailed(error)) return false;
      throw error;
    }
  }
}

/** How many attempts in which time. */
export interface AttemptLimit {
  readonly attemptsMax: number;
  readonly validityTime: number;
}
