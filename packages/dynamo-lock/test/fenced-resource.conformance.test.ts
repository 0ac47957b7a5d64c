import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describeOnEngines } from '@x/conformance';
import { N, S } from '@x/dynamo-core';
import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';

import { DynamoLock, fenceCondition, locksTable, type HeldLock } from '../src/index.js';
import { held } from './test-setup.js';

describeOnEngines('a resource guarded by fenceCondition()', (engine) => {
  let tableName: string;
  let accounts: string;
  let client: DynamoDBClient;
  let key: string;
  let keys = 0;

  beforeAll(async () => {
    tableName = await engine.createTable(locksTable);
    accounts = await engine.createTable({
      name: 'accounts',
      partitionKey: { name: 'id', type: 'S' },
    });
  });

  beforeEach(() => {
    client = engine.client();
    keys += 1;
    key = `account-${keys}`;
  });

  /** A holder that was suspended beyond its lease, and its successor. */
  async function staleAndNext(): Promise<readonly [HeldLock, HeldLock]> {
    const clock = new ManualClock();
    const random = seededRandom(keys);
    const locks = new DynamoLock({ dynamo: client, tableName, clock, random, skewToleranceMs: 0 });
    const stale = await held(locks.tryAcquire(key, 1));
    await clock.advance(1_000);
    return [stale, await held(locks.tryAcquire(key, 1))];
  }

  async function write(lock: HeldLock, balance: number): Promise<void> {
    const fence = fenceCondition(lock);
    await client.send(
      new UpdateItemCommand({
        TableName: accounts,
        Key: { id: S(key) },
        UpdateExpression: `SET balance = :balance, ${fence.assignment}`,
        ConditionExpression: `(attribute_not_exists(closed)) AND ${fence.condition}`,
        ExpressionAttributeNames: fence.names,
        ExpressionAttributeValues: { ':balance': N(balance), ...fence.values },
      }),
    );
  }

  test('refuses a holder whose successor has written, and leaves the item alone', async () => {
    const [stale, next] = await staleAndNext();
    await write(next, 2);
    await expect(write(stale, 1)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
    expect(await engine.row(accounts, { id: S(key) })).toMatchObject({ balance: N(2) });
  });

  test('lets a holder write as often as it likes, and its successor after it', async () => {
    const [stale, next] = await staleAndNext();
    await write(stale, 1);
    await write(stale, 2);
    await write(next, 3);
    expect(await engine.row(accounts, { id: S(key) })).toMatchObject({
      balance: N(3),
      lockFence: N(next.fence),
    });
  });

  test('works with a document client', async () => {
    const [stale, next] = await staleAndNext();
    const document = DynamoDBDocumentClient.from(engine.client());
    const update = (lock: HeldLock): Promise<unknown> => {
      const fence = fenceCondition(lock, { attribute: 'epoch' });
      return document.send(
        new UpdateCommand({
          TableName: accounts,
          Key: { id: key },
          UpdateExpression: `SET ${fence.assignment}`,
          ConditionExpression: fence.condition,
          ExpressionAttributeNames: fence.names,
          ExpressionAttributeValues: fence.documentValues,
        }),
      );
    };
    await update(next);
    await expect(update(stale)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(await engine.row(accounts, { id: S(key) })).toMatchObject({ epoch: N(next.fence) });
  });
});
