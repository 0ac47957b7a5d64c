import { N, S } from '@x/dynamo-core';

import type { SimulatedClient } from '../index.js';

const leaseMs = 10;

/** A lease of the lock of these tests. */
export interface TinyLease {
  readonly token: string;
  readonly untilMs: number;
}

/** A lock as small as it gets; `checksToken` tells the right release from the naive one. */
export class TinyLock {
  readonly #client: SimulatedClient;
  readonly #checksToken: boolean;

  constructor(client: SimulatedClient, checksToken: boolean) {
    this.#client = client;
    this.#checksToken = checksToken;
  }

  async tryAcquire(): Promise<TinyLease | undefined> {
    const { clock, dynamo, random } = this.#client;
    const now = clock.now();
    const lease = { token: random.id(), untilMs: now + leaseMs };
    try {
      await dynamo.call('PutItem', {
        TableName: 'locks',
        Item: { key: S('L'), token: S(lease.token), untilMs: N(lease.untilMs) },
        ConditionExpression: 'free',
        ExpressionAttributeValues: { ':now': N(now) },
      });
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
    return lease.untilMs > clock.now() ? lease : undefined;
  }

  async release({ token }: TinyLease): Promise<void> {
    try {
      await this.#client.dynamo.call('DeleteItem', {
        TableName: 'locks',
        Key: { key: S('L') },
        ...(this.#checksToken && {
          ConditionExpression: 'mine',
          ExpressionAttributeValues: { ':token': S(token) },
        }),
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
