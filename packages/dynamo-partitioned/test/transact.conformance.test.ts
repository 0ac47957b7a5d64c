import { describeOnEngines } from '@x/conformance';
import type { DynamoTransport } from '@x/dynamo-core';
import { beforeAll, describe, expect, test } from 'vitest';

import {
  check,
  ifAbsent,
  ifExists,
  ifVersion,
  partitionedKeysTable,
  PartitionedKeyValueTable,
  put,
  remove,
  transactionCanceled,
  type TransactionRefusal,
  type TransactionWrite,
  type TransactOptions,
} from '../src/index.js';
import { openTable, startMs, type OpenTable } from './open-table.js';

const consistent = { consistent: true };

describeOnEngines('PartitionedKeyValueTable.transact()', (engine) => {
  let tableName: string;
  const open = (): OpenTable => openTable(engine, tableName);

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  /** Why a transaction was refused; fails when it was not. */
  async function refusalsOf(
    { table }: OpenTable,
    writes: readonly TransactionWrite[],
    options?: TransactOptions,
  ): Promise<readonly TransactionRefusal[]> {
    try {
      await table.transact(writes, options);
    } catch (error) {
      const canceled = transactionCanceled(error, writes);
      if (canceled === undefined) throw error;
      return canceled.refusals;
    }
    return expect.fail('the transaction went through');
  }

  test('applies puts, removals and checks together, in one request of two units each', async () => {
    const { table, key, sent, clock, operations } = open();
    await table.setBatch([
      { key: key('removed'), data: 1 },
      { key: key('checked'), data: 1 },
    ]);
    sent.clear();
    await table.transact([
      put(key('put'), { a: 1 }, { only: ifAbsent, ttlSeconds: 60 }),
      remove(key('removed'), { only: ifExists }),
      check(key('checked'), ifExists),
    ]);
    expect(operations()).toEqual(['TransactWriteItems']);
    // DynamoDB Local bills a transaction like single writes, and nothing for a check.
    expect(sent.units.write).toBe(engine.name === 'dynamodb-local' ? 2 : 6);
    expect(await table.getEntry(key('put'), consistent)).toMatchObject({
      value: { a: 1 },
      expiresAtMs: clock.now() + 60_000,
    });
    expect(await table.exists(key('removed'), consistent)).toBe(false);
    expect(await table.get(key('checked'), consistent)).toBe(1);
  });

  test('takes 100 writes', async () => {
    const { table, key, partition } = open();
    const writes = Array.from({ length: 100 }, (_, i) => put(key<number>(`${i}`), i));
    await table.transact(writes);
    expect(await table.count(partition, consistent)).toBe(100);
  });

  test('writes nothing when one condition fails, and says which key and why', async () => {
    const opened = open();
    const { table, key, row } = opened;
    await table.set(key('there'), 1);
    const { version = '' } = (await table.getEntry(key('there'), consistent)) ?? {};
    const refusals = await refusalsOf(opened, [
      put(key('new'), 1),
      put(key('there'), 2, { only: ifAbsent }),
      check(key('none'), ifExists),
      remove(key('missing'), { only: ifVersion(version) }),
      check(key('else'), ifAbsent),
    ]);
    expect(refusals.map(({ index, key: { sort }, why }) => [index, sort, why])).toEqual([
      [1, 'there', 'exists'],
      [2, 'none', 'absent'],
      [3, 'missing', 'changed'],
    ]);
    expect(refusals.map(({ row: existing }) => existing)).toEqual([
      await row('there'),
      undefined,
      undefined,
    ]);
    expect(await table.exists(key('new'), consistent)).toBe(false);
    expect(await table.get(key('there'), consistent)).toBe(1);
  });

  test('ifVersion() holds for the version that was read, and for no other', async () => {
    const opened = open();
    const { table, key } = opened;
    await table.set(key('a'), 1);
    const { version = '' } = (await table.getEntry(key('a'), consistent)) ?? {};
    await table.transact([put(key('a'), 2, { only: ifVersion(version) })]);
    expect(await table.get(key('a'), consistent)).toBe(2);
    const refusals = await refusalsOf(opened, [check(key('a'), ifVersion(version))]);
    expect(refusals).toMatchObject([{ why: 'changed' }]);
  });

  test('counts an expired row as absent', async () => {
    const opened = open();
    const { table, key, clock } = opened;
    await table.set(key('a'), 1, { ttlSeconds: 10 });
    clock.jumpWall(10_000);
    expect(await refusalsOf(opened, [check(key('a'), ifExists)])).toMatchObject([
      { why: 'absent' },
    ]);
    await table.transact([put(key('a'), 2, { only: ifAbsent })]);
    expect(await table.get(key('a'), consistent)).toBe(2);
  });

  test('put() leaves a counter of the same key, remove() takes it along', async () => {
    const { table, key, partition, row } = open();
    await engine.putRow(tableName, {
      partitionKey: { S: partition },
      sortKey: { S: 'n.a' },
      count: { N: '5' },
    });
    await table.transact([put(key('a'), 1)]);
    expect(await row('a')).toMatchObject({ data: { S: '1' }, count: { N: '5' } });
    await table.transact([remove(key('a'))]);
    expect(await row('a')).toBeUndefined();
  });

  describe('with a token', () => {
    test('applies a repeat once, although conditions and times have moved on', async () => {
      const { table, key, clock, operations, sent, partition } = open();
      const writes = [
        put(key('order'), { total: 5 }, { only: ifAbsent, ttlSeconds: 600 }),
        put(key<number>('sum'), 5),
      ];
      await table.transact(writes, { token: partition });
      const first = await table.getEntry(key('order'), consistent);
      await table.set(key<number>('sum'), 7);
      clock.jumpWall(5_000);
      sent.clear();
      await table.transact(writes, { token: partition });
      expect(operations()).toEqual(['TransactWriteItems', 'BatchGetItem']);
      expect(await table.getEntry(key('order'), consistent)).toEqual(first);
      expect(await table.get(key('sum'), consistent)).toBe(7);
      expect(first?.expiresAtMs).toBe(startMs + 600_000);
    });

    test('recognises a repeat of writes without a condition by the token alone', async () => {
      const { table, key, operations, sent, partition } = open();
      const writes = [put(key<number>('a'), 1), remove(key('b'))];
      await table.transact(writes, { token: partition });
      await table.set(key<number>('a'), 2);
      sent.clear();
      await table.transact(writes, { token: partition });
      expect(operations()).toEqual(['TransactWriteItems']);
      expect(await table.get(key('a'), consistent)).toBe(2);
    });

    test('does not take other writes for a repeat', async () => {
      const { table, key, partition } = open();
      await table.transact([put(key<number>('a'), 1)], { token: partition });
      await expect(
        table.transact([put(key<number>('a'), 2)], { token: partition }),
      ).rejects.toMatchObject({ name: 'TokenReusedError', key: key('a') });
      expect(await table.get(key('a'), consistent)).toBe(1);
    });

    test.each([
      ['at once', 0],
      ['after ten minutes', 660_000],
    ])('is an error %s for another list, of which nothing is written', async (_, ms) => {
      const { table, key, partition, clock } = open();
      const writes = [put(key<number>('a'), 1)];
      await table.transact(writes, { token: partition });
      await table.set(key<number>('a'), 7);
      clock.jumpWall(ms);
      const others = [
        [...writes, put(key<number>('b'), 1)],
        [put(key<number>('a'), 2)],
        [put(key<number>('a'), 1, { ttlSeconds: 60 })],
        [put(key<number>('a'), 1, { only: ifExists })],
      ];
      for (const list of others) {
        await expect(table.transact(list, { token: partition })).rejects.toMatchObject({
          name: 'TokenReusedError',
          key: key('a'),
        });
      }
      expect(await table.get(key('b'), consistent)).toBeUndefined();
      expect(await table.get(key('a'), consistent)).toBe(7);
    });

    test('recognises a repeat that DynamoDB no longer knows, and overwrites nothing', async () => {
      const { table, key, partition, sent } = open();
      const writes = [put(key<number>('a'), 1), put(key<number>('b'), 1, { only: ifAbsent })];
      await table.transact(writes, { token: partition });
      await table.set(key<number>('a'), 2);
      // Under another token DynamoDB takes it for another transaction, as after ten minutes.
      const unknown: DynamoTransport = {
        call: async (operation, input, options) => {
          const ClientRequestToken = crypto.randomUUID();
          const renewed = operation === 'TransactWriteItems' ? { ClientRequestToken } : {};
          return sent.call(operation, { ...input, ...renewed }, options);
        },
      };
      const later = new PartitionedKeyValueTable({ dynamo: unknown, tableName });
      await later.transact(writes, { token: partition });
      expect(await table.get(key('a'), consistent)).toBe(2);
      await expect(
        later.transact([...writes, put(key<number>('c'), 1)], { token: partition }),
      ).rejects.toMatchObject({ name: 'TokenReusedError', key: key('a') });
      expect(await table.get(key('c'), consistent)).toBeUndefined();
    });

    test('recognises a list without puts when the time has moved on', async () => {
      const { table, key, partition, clock } = open();
      await table.set(key('a'), 1);
      const writes = [remove(key('a'), { only: ifExists })];
      await table.transact(writes, { token: partition });
      clock.jumpWall(5_000);
      await table.transact(writes, { token: partition });
      await expect(table.transact([remove(key('a'))], { token: partition })).rejects.toMatchObject({
        name: 'TokenReusedError',
      });
    });

    test('is new for another table, and for a list that shares no put with the first', async () => {
      const { table, key, partition, sent, operations } = open();
      await table.transact([put(key<number>('a'), 1)], { token: partition });
      await table.transact([put(key<number>('b'), 1)], { token: partition });
      expect(await table.get(key('b'), consistent)).toBe(1);
      const elsewhere = await engine.createTable(partitionedKeysTable);
      const consumer = new PartitionedKeyValueTable({ dynamo: sent, tableName: elsewhere });
      sent.clear();
      await consumer.transact([put(key<number>('a'), 1)], { token: partition });
      expect(operations()).toEqual(['TransactWriteItems']);
      expect(await consumer.get(key('a'), consistent)).toBe(1);
    });

    test('is new where the rows have forgotten the list, whatever DynamoDB knows', async () => {
      const { table, key, partition, clock } = open();
      const writes = [put(key<number>('a'), 1, { ttlSeconds: 600 })];
      for (let delivery = 0; delivery < 3; delivery++) {
        await table.transact(writes, { token: partition });
        expect(await table.get(key('a'), consistent)).toBe(1);
        await table.delete(key('a'));
        clock.jumpWall(5_000);
      }
    });

    test('takes a token of any length, and none with half of an emoji', async () => {
      const { table, key, partition } = open();
      const token = partition.repeat(100);
      await table.transact([put(key<number>('a'), 1)], { token });
      await table.set(key<number>('a'), 2);
      await table.transact([put(key<number>('a'), 1)], { token });
      expect(await table.get(key('a'), consistent)).toBe(2);
      await expect(
        table.transact([put(key<number>('a'), 1)], { token: '\ud83d' }),
      ).rejects.toMatchObject({ name: 'InvalidInputError' });
    });

    test('put() takes the place of what has expired, and stands beside nothing that expires', async () => {
      const { table, key, partition, row } = open();
      const at = { partitionKey: { S: partition }, sortKey: { S: 'n.a' }, count: { N: '5' } };
      await engine.putRow(tableName, { ...at, expiresAt: { N: '1' } });
      await table.transact([put(key<number>('a'), 1), put(key<number>('b'), 1)]);
      expect(await row('a')).toMatchObject({ data: { S: '1' } });
      expect(await row('a')).not.toHaveProperty('count');
      await engine.putRow(tableName, { ...at, expiresAt: { N: '9999999999' } });
      await expect(
        table.transact([put(key<number>('a'), 1), put(key<number>('b'), 2)]),
      ).rejects.toMatchObject({ name: 'KeyCollisionError', key: key('a') });
      expect(await table.get(key('b'), consistent)).toBe(1);
    });

    test('still refuses what was never applied', async () => {
      const opened = open();
      const { table, key, partition } = opened;
      await table.set(key('a'), 1);
      const refusals = await refusalsOf(opened, [put(key('a'), 1, { only: ifAbsent })], {
        token: partition,
      });
      expect(refusals).toMatchObject([{ why: 'exists' }]);
    });
  });

  test('ends with the reason of its signal', async () => {
    const { table, key } = open();
    const reason = new Error('enough');
    await expect(
      table.transact([put(key('a'), 1)], { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    expect(await table.exists(key('a'), consistent)).toBe(false);
  });
});
