import { keysTable, partitionedKeysTable } from '@x/dynamo-core';
import { KeyValueCounter, PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { memoryClient, MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import * as compat from './index.js';

class Versioned extends compat.PartitionedKeyValueTable {
  protected override sortKey(key: compat.CompoundKey): string {
    return `v2.${super.sortKey(key)}`;
  }
  protected override mappings() {
    return { ...super.mappings(), dataFieldName: 'payload' };
  }
}
const key = { partition: 'u', namespace: 'settings', sort: 'theme' };
const moved = { ...key, namespace: 'v2.settings' };

/** A table of rows by partition, as compat has it with a subclass, and as ours does by MIGRATING.md. */
function tables() {
  const memory = new MemoryDynamo();
  const tableName = memory.createTable(partitionedKeysTable);
  const dynamo = memoryClient(memory);
  const mappings = { dataFieldName: 'payload' };
  return {
    before: new Versioned({ dynamo, tableName }),
    after: new PartitionedKeyValueTable({ dynamo, tableName, mappings }),
    counts: new compat.PartitionedKeyValueCounter({ dynamo, tableName }),
    ownCounts: new PartitionedKeyValueCounter({ dynamo, tableName, mappings }),
  };
}

describe('the move from compat to a package, and back, keeps', () => {
  test('values, sets by key and counts', async () => {
    const memory = new MemoryDynamo();
    const options = { dynamo: memoryClient(memory), tableName: memory.createTable(keysTable) };
    const props = { ...options, namespace: 'n' };
    const [kv, own] = [new compat.KeyValueTable(props), new KeyValueTable(props)];
    const sets = new compat.KeySetValueTable<string, string>((each) => `set.${each}`, kv);
    await kv.set('a', 1);
    await sets.append('s', 'x');
    expect([await own.get('a'), await own.get('set.s')]).toEqual([1, ['x']]);
    await own.update<string[]>('set.s', (all = []) => [...all, 'y']);
    await own.set('a', 2);
    expect([await kv.get('a'), await sets.get('s')]).toEqual([2, ['x', 'y']]);
    const [counter, ownCounter] = [new compat.KeyValueCounter(props), new KeyValueCounter(props)];
    expect([await counter.incr('a', 2), await ownCounter.incr('a')]).toEqual([2, 3]);
    expect([await counter.decr('a'), await kv.get('a')]).toEqual([2, 2]);
  });

  test('values and sets of a subclass, by the option and with its part in the keys', async () => {
    const { before, after, counts, ownCounts } = tables();
    await before.set(key, 'dark');
    expect(await after.get(moved)).toBe('dark');
    await after.set(moved, 'light');
    expect(await before.get(key)).toBe('light');
    const [tags, movedTags] = [
      { ...key, sort: 'tags' },
      { ...moved, sort: 'tags' },
    ];
    await before.addToSet(tags, 'a');
    await after.addToSet<string>(movedTags, 'b');
    await before.addToSet(tags, 'c');
    expect(await after.get(movedTags)).toEqual(['a', 'b', 'c']);
    expect([await counts.incr(key), await ownCounts.incr(key)]).toEqual([1, 2]);
  });

  test('what is done, where the manager has the table of compat', async () => {
    const { before } = tables();
    const manager = new compat.DoOnceManager(before);
    const own = new DoOnceManager(before, { separateClaims: true });
    await manager.doOnce('u', 'ours', () => 1);
    await own.doOnce('u', 'own', () => 1);
    expect((await own.doOnce('u', 'ours', () => 1)).didAction).toBe(false);
    expect((await manager.doOnce('u', 'own', () => 1)).didAction).toBe(false);
  });

  test('attempts', async () => {
    const { before, after } = tables();
    const [limiter, own] = [new compat.LimitedAttempt(before), new LimitedAttempt(after)];
    const limit = { attemptsMax: 2, validityTime: 60_000 };
    await limiter.attempt(key, limit);
    await own.attempt(moved, limit);
    await expect(own.attempt(moved, limit)).rejects.toThrow();
    await expect(limiter.attempt(key, limit)).rejects.toThrow(compat.AttemptsError);
  });
});
