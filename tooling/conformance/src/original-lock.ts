import {
  DeleteItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '@x/dynamo-core';
import { isConditionalCheckFailed } from '@x/dynamo-core/mechanism';

/** The requests of the original's lock, literally: what runs beside ours in a mixed fleet. */
export class OriginalLock {
  readonly #client: Pick<DynamoDBClient, 'send'>;
  readonly #tableName: string;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(client: Pick<DynamoDBClient, 'send'>, tableName: string, clock: Pick<Clock, 'now'>) {
    this.#client = client;
    this.#tableName = tableName;
    this.#clock = clock;
  }

  async tryAcquire(
    key: string,
    timeoutSeconds: number,
  ): Promise<{ type: 'lock'; release: () => Promise<void> } | undefined> {
    const nowSeconds = Math.floor(this.#clock.now() / 1000);
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: { key: { S: key } },
          UpdateExpression: 'set #expires_at = :expires_at',
          ConditionExpression: 'attribute_not_exists(#key) OR :now >= #expires_at',
          ExpressionAttributeNames: { '#key': 'key', '#expires_at': 'expiresAt' },
          ExpressionAttributeValues: {
            ':expires_at': { N: (nowSeconds + timeoutSeconds).toString() },
            ':now': { N: nowSeconds.toString() },
          },
          ReturnValues: 'UPDATED_OLD',
        }),
      );
    } catch (error) {
      if (isConditionalCheckFailed(error)) return undefined;
      throw error;
    }
    return { type: 'lock', release: () => this.#release(key) };
  }

  async #release(key: string): Promise<void> {
    await this.#client.send(
      new DeleteItemCommand({ TableName: this.#tableName, Key: { key: { S: key } } }),
    );
  }
}
