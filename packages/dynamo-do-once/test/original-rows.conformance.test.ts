import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describeOnEngines } from '@x/conformance';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, describe, expect, test } from 'vitest';

import { DoOnceManager, partitionedKeysTable } from '../src/index.js';

const startMs = Date.UTC(2030, 0, 1);

describeOnEngines('DoOnceManager beside the original', (engine) => {
  let tableName: string;
  let manager: DoOnceManager;

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
    const clock = new ManualClock({ nowMs: startMs });
    manager = new DoOnceManager({ dynamo: engine.client(), tableName, clock });
  });

  function keyOf(user: string): { partitionKey: { S: string }; sortKey: { S: string } } {
    return { partitionKey: { S: user }, sortKey: { S: 'users.do_once.mail' } };
  }

  /** What the original's `markDone` sends. */
  async function originalMarkDone(user: string, data = '1600000000000'): Promise<boolean> {
    try {
      await engine.client().send(
        new PutItemCommand({
          TableName: tableName,
          Item: { ...keyOf(user), data: { S: data } },
          ConditionExpression: 'attribute_not_exists(#attr0) AND attribute_not_exists(#attr1)',
          ExpressionAttributeNames: { '#attr0': 'partitionKey', '#attr1': 'sortKey' },
        }),
      );
      return true;
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /** What the original's `haveAlreadyDone` sends, and how it reads the answer. */
  async function originalHaveAlreadyDone(user: string): Promise<unknown> {
    const output = await engine
      .client()
      .send(new GetItemCommand({ TableName: tableName, Key: keyOf(user) }));
    const data = output.Item?.['data']?.S;
    const done: unknown = data === undefined ? undefined : JSON.parse(data);
    return done ? { done: true, at: typeof done === 'number' ? done : undefined } : undefined;
  }

  const never = (): Promise<never> => Promise.reject(new Error('It acted again'));

  describe('reads what the original wrote', () => {
    test('as done, with its moment', async () => {
      await originalMarkDone('a');
      const at = 1_600_000_000_000;
      expect(await manager.haveAlreadyDone('a', 'mail')).toEqual({ done: true, at });
      expect(await manager.doOnce('a', 'mail', never)).toEqual({ didAction: false, at });
      expect(await manager.markDone('a', 'mail')).toBe(at);
      expect(
        await manager.transact('a', 'mail', [
          { Delete: { TableName: tableName, Key: { partitionKey: 'x', sortKey: 'y' } } },
        ]),
      ).toEqual({ didAction: false, at });
      expect(await engine.row(tableName, keyOf('a'))).toEqual({
        ...keyOf('a'),
        data: { S: '1600000000000' },
      });
    });

    test('as done, when it is one of the old rows that hold a string', async () => {
      await originalMarkDone('b', '"2019-05-01T00:00:00Z"');
      expect(await manager.haveAlreadyDone('b', 'mail')).toEqual({ done: true, at: undefined });
      expect(await manager.doOnce('b', 'mail', never)).toEqual({ didAction: false, at: undefined });
      expect(await manager.markDone('b', 'mail')).toBeUndefined();
    });

    test('and clears it', async () => {
      await originalMarkDone('c');
      await manager.clearKey('c', 'mail');
      expect(await originalHaveAlreadyDone('c')).toBeUndefined();
    });

    test('and is overtaken by it: what the original marks first stands', async () => {
      const answer = await manager.doOnce('d', 'mail', async () => {
        await manager.clearKey('d', 'mail');
        await originalMarkDone('d');
      });
      expect(answer).toEqual({ didAction: false, at: 1_600_000_000_000, overtaken: true });
    });
  });

  describe('is readable for the original', () => {
    test.each(['doOnce', 'markDone', 'transact'])('when %s() wrote it', async (method) => {
      if (method === 'doOnce') {
        const options = { storeResult: true, ttlSeconds: 60, payload: 1 };
        await manager.doOnce(method, 'mail', () => 1, options);
      } else if (method === 'markDone') {
        await manager.markDone(method, 'mail');
      } else {
        const Item = { partitionKey: 'x', sortKey: 'y' };
        await manager.transact(method, 'mail', [{ Put: { TableName: tableName, Item } }]);
      }
      expect(await originalHaveAlreadyDone(method)).toEqual({ done: true, at: startMs });
      expect(await originalMarkDone(method)).toBe(false);
    });

    test('and not taken for done while it is claimed', async () => {
      await manager.doOnce('e', 'mail', async () => {
        expect(await originalHaveAlreadyDone('e')).toBeUndefined();
        expect(await originalMarkDone('e')).toBe(false);
      });
      expect(await originalHaveAlreadyDone('e')).toEqual({ done: true, at: startMs });
    });

    test('and cleared by it', async () => {
      await manager.doOnce('f', 'mail', () => 1);
      await engine.client().send(new DeleteItemCommand({ TableName: tableName, Key: keyOf('f') }));
      expect(await manager.doOnce('f', 'mail', () => 2)).toMatchObject({ didAction: true });
    });
  });
});
