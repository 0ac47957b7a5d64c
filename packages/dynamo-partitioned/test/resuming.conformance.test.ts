import { describeOnEngines, recorded } from '@x/conformance';
import { BatchIncompleteError } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, expect, test } from 'vitest';

import { PartitionedKeyValueTable, partitionedKeysTable, type CompoundKey } from '../src/index.js';
import { openTable, startMs } from './open-table.js';

describeOnEngines('what errors say, to go on with', (engine) => {
  let tableName: string;

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  test('deleteBatch() of what a batch has left deletes it', async () => {
    const { table, key, partition } = openTable(engine, tableName);
    const keys = ['a', 'b', 'c'].map((sort) => key(sort));
    await table.setBatch(keys.map((each) => ({ key: each, data: 1 })));
    const clock = new ManualClock({ nowMs: startMs });
    const dynamo = engine.client({
      faults: ({ operation }) =>
        operation === 'BatchWriteItem' ? { kind: 'partial', keep: 0 } : undefined,
    });
    const stuck = new PartitionedKeyValueTable({ dynamo, tableName, clock });
    const error: unknown = await clock
      .drive(stuck.deleteBatch(keys.slice(1)))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BatchIncompleteError);
    const { unprocessed } = error as BatchIncompleteError;
    expect(unprocessed).toEqual(keys.slice(1));
    await table.deleteBatch(unprocessed as readonly CompoundKey[]);
    expect(await table.count(partition, { consistent: true })).toBe(1);

    const cleared: unknown = await clock
      .drive(stuck.clear(partition))
      .catch((thrown: unknown) => thrown);
    await table.deleteBatch(
      (cleared as BatchIncompleteError).unprocessed as readonly CompoundKey[],
    );
    expect(await table.count(partition, { consistent: true })).toBe(0);
  });

  test('the key of an error reads the row that it is about', async () => {
    const { table, key, partition } = openTable(engine, tableName);
    await engine.putRow(tableName, {
      partitionKey: { S: partition },
      sortKey: { S: 'n.broken' },
      data: { S: 'no JSON' },
    });
    await expect(table.get(key('broken'))).rejects.toMatchObject({
      name: 'UnreadableRowError',
      key: key('broken'),
      message: `Cannot read "${partition}/n.broken": its data is not valid JSON`,
    });
    const listing = table.entries(partition, { namespace: 'n', consistent: true }).next();
    await expect(listing).rejects.toMatchObject({ key: key('broken') });
    const conflict = table.update(key('a'), () => 'x'.repeat(500_000));
    await expect(conflict).rejects.toMatchObject({ name: 'ItemTooLargeError', key: key('a') });
  });

  test('a set of bytes knows its elements again, Buffers or not', async () => {
    const sent = recorded(engine.client());
    const { table, key } = openTable(engine, tableName, { codec: documentCodec, dynamo: sent });
    const at = key<Uint8Array[]>('bytes');
    expect(await table.addToSet(at, [Buffer.from('a')])).toBe(true);
    expect(await table.addToSet(at, [Buffer.from('a')])).toBe(false);
    expect(await table.existsInSet(at, new Uint8Array([97]), undefined, { consistent: true })).toBe(
      true,
    );
    expect(await table.get(at, { consistent: true })).toEqual([new Uint8Array([97])]);
    const sets = key<Set<Uint8Array>[]>('sets');
    expect(await table.addToSet(sets, [new Set([Buffer.from('a')])])).toBe(true);
    expect(await table.addToSet(sets, [new Set([Buffer.from('a')])])).toBe(false);
    const numbers = key<Set<bigint>>('numbers');
    await table.set(numbers, new Set([1n, 2n ** 64n]));
    const read = await table.get(numbers, { consistent: true });
    expect(read).toEqual(new Set([1n, 2n ** 64n]));
    await table.set(numbers, read as Set<bigint>);
  });

  test.each([
    ['5e-324', 5e-324],
    ['39 digits', BigInt('1'.repeat(39))],
    ['33 levels', Array.from({ length: 32 }).reduce<unknown>((inner) => ({ a: inner }), 1)],
    ['an empty name', { '': 1 }],
    ['a name of 70 kB', { ['n'.repeat(70_000)]: 1 }],
    ['half a surrogate pair', 'a\ud800'],
  ])('documentCodec refuses %s before anything is sent', async (_, value) => {
    const { table, key, operations } = openTable(engine, tableName, { codec: documentCodec });
    await expect(table.set(key('a'), value)).rejects.toMatchObject({ code: 'InvalidInput' });
    expect(operations()).toEqual([]);
  });

  test('documentCodec stores what DynamoDB takes at most', async () => {
    const { table, key } = openTable(engine, tableName, { codec: documentCodec });
    const deepest = Array.from({ length: 31 }).reduce<unknown>((inner) => ({ a: inner }), 1);
    for (const value of [1e-130, BigInt('9'.repeat(38)), 10n ** 125n, deepest]) {
      await table.set(key('a'), value);
      expect(await table.get(key('a'), { consistent: true })).toEqual(value);
    }
  });
});
