import { createHash } from 'node:crypto';

import { S, type DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { MemoryCounters } from '../test/memory-counters.js';
import { KeyValueCounter, keysTable } from './index.js';

let bench: MemoryCounters;
beforeEach(() => {
  bench = new MemoryCounters();
});

describe('shards', () => {
  test('spread a counter over rows: the first has its own key, and get() sums them', async () => {
    const counter = bench.counter({ shards: 4 });
    for (let n = 0; n < 40; n++) expect(await counter.incr('a', 2)).toBeUndefined();
    await counter.decr('a', 1);
    const rows = bench.memory.rows('keys');
    expect(rows.map((row) => row['key']?.S).toSorted()).toEqual(['n.a', 'n.a~1', 'n.a~2', 'n.a~3']);
    expect([await counter.get('a'), await counter.get('b')]).toEqual([79, undefined]);
    expect(await counter.get(['a', 'b'])).toEqual([{ id: 'a', count: 79 }, { id: 'b' }]);
    expect(bench.sent.slice(-3)).toEqual(Array.from({ length: 3 }, () => 'BatchGetItem'));
    expect(await bench.counter({ shards: 8 }).get('a')).toBe(79);
    await counter.delete('a');
    expect(bench.memory.rows('keys')).toEqual([]);
  });

  test('go on with a plain counter, as its first shard', async () => {
    await bench.counter().incr('a', 5);
    const counter = bench.counter({ shards: 3 });
    await counter.incr('a');
    expect(await counter.get('a')).toBe(6);
  });

  test('a token picks its shard, so that a second delivery does not count', async () => {
    for (const token of ['x', 'y', 'z', 'ä']) {
      await bench.counter({ shards: 16 }).incr('a', 1, { token });
      await bench.counter({ shards: 16 }).incr('a', 1, { token });
      await bench.counter({ shards: 16 }).incr('a', 1, { token: `${token}2`, tokenTtlSeconds: 9 });
      // With a row of its own also where the number of shards has changed.
      await bench.counter({ shards: 5 }).incr('a', 1, { token: `${token}2`, tokenTtlSeconds: 9 });
    }
    expect(await bench.counter({ shards: 16 }).get('a')).toBe(8);
  });

  test('refuse what takes one look at the whole count', async () => {
    const counter = bench.counter({ shards: 2 });
    const refused = { name: 'InvalidInputError', field: 'shards' };
    for (const call of [
      () => counter.set('a', 1),
      () => counter.max('a', 1),
      () => counter.min('a', 1),
      () => counter.compareAndSet('a', 1, 2),
      () => counter.incr('a', 1, { max: 3 }),
      () => counter.tryIncr('a', 1, {}),
    ]) {
      await expect(call()).rejects.toMatchObject(refused);
    }
    expect(bench.sent).toEqual([]);
    expect(() => bench.counter({ shards: 0 })).toThrow('shards');
    expect(() => bench.counter({ shards: 2, ttlSeconds: 5 })).toThrow('ttlSeconds');
  });

  test('are no counters of their own: an id with the key of one is an error', async () => {
    const counter = bench.counter({ shards: 2 });
    for (let n = 0; n < 20; n++) await counter.incr('a');
    await expect(bench.counter().incr('a~1')).rejects.toMatchObject({ name: 'KeyCollisionError' });
    await expect(bench.counter().get('a~1')).rejects.toMatchObject({ name: 'KeyCollisionError' });
  });

  test('of windows count apart', async () => {
    const windowed = bench.counter({ shards: 3 }).windowed({ windowMs: 60_000 });
    for (let n = 0; n < 9; n++) await windowed.incr('a');
    expect(await windowed.get('a')).toBe(9);
    await bench.clock.advance(60_000);
    expect(await windowed.get('a')).toBeUndefined();
  });
});

/** A tenth of what DynamoDB takes. */
const writesPerSecond = 100;

describe('a partition that takes so many writes a second', () => {
  /** How many increments of one counter are taken in a second by a table of so many partitions. */
  async function taken(shards: number, partitions: number): Promise<number> {
    const clock = new ManualClock();
    const memory = new MemoryDynamo({ clock });
    memory.createTable(keysTable, 'keys');
    const writes = new Map<number, number>();
    const dynamo: DynamoTransport = {
      call: (operation, input, options) => {
        const key = (input as unknown as { Key: { key: { S: string } } }).Key.key.S;
        const partition = createHash('md5').update(key).digest().readUInt32BE() % partitions;
        const before = writes.get(partition) ?? 0;
        if (before >= writesPerSecond) {
          return Promise.reject(
            Object.assign(new Error('busy'), { name: 'ProvisionedThroughputExceededException' }),
          );
        }
        writes.set(partition, before + 1);
        return memory.call(operation, input, options);
      },
    };
    const counter = new KeyValueCounter({
      dynamo,
      tableName: 'keys',
      clock,
      random: seededRandom(shards),
      shards,
    });
    let count = 0;
    for (let n = 0; n < 600; n++) {
      await counter.incr('hot').then(
        () => count++,
        () => undefined,
      );
    }
    return count;
  }

  test('is the bound of a plain counter; shards grow to the partitions that the table has', async () => {
    const results = [await taken(1, 4), await taken(4, 4), await taken(64, 4), await taken(64, 1)];
    expect(results[0]).toBe(writesPerSecond);
    expect(results[1]).toBeGreaterThan(writesPerSecond);
    expect(results[2]).toBe(4 * writesPerSecond);
    expect(results[3]).toBe(writesPerSecond);
  });
});

test('a row of a shard says that it is one', async () => {
  await bench.memory.call('PutItem', {
    TableName: 'keys',
    Item: { key: S('n.a~1'), data: S('1') },
  });
  const counter = bench.counter({ shards: 2 });
  for (let n = 0; n < 20; n++) await counter.incr('a');
  const [row] = bench.memory.rows('keys').filter(({ key }) => key?.S === 'n.a~1');
  expect(row).toMatchObject({ kind: S('shard'), data: S('1') });
});
