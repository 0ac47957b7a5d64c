import { readFileSync } from 'node:fs';

import { S, type DynamoTransport } from '@x/dynamo-core';
import { KeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { DynamoLockEntryDao, KeyValueTableDao, PartitionedKeyValueTableDao } from './index.js';

let memory: MemoryDynamo;
const key = { partition: 'u', namespace: 'n', sort: 's' };

beforeEach(() => {
  memory = new MemoryDynamo();
  memory.createTable(DynamoLockEntryDao, 'locks');
  memory.createTable(KeyValueTableDao, 'keys');
  memory.createTable(PartitionedKeyValueTableDao, 'partitioned');
});

const kv = (namespace = 'events', dynamo: DynamoTransport = memory): KeyValueTable =>
  new KeyValueTable({ dynamo, tableName: 'keys', namespace });
const counter = (dynamo: DynamoTransport = memory): KeyValueCounter =>
  new KeyValueCounter({ dynamo, tableName: 'keys', namespace: 'events' });
const table = (): PartitionedKeyValueTable =>
  new PartitionedKeyValueTable({ dynamo: memory, tableName: 'partitioned' });
const locks = (clock?: ManualClock, dynamo: DynamoTransport = memory): DynamoLock =>
  new DynamoLock({ dynamo, tableName: 'locks', clock, skewToleranceMs: 0 });

/** Sends each request twice: the first response is lost. */
const repeating = (): DynamoTransport => ({
  call: async (operation, input) => {
    await memory.call(operation, input).catch(() => {});
    return memory.call(operation, input);
  },
});
const add = (dynamo: DynamoTransport): Promise<unknown> =>
  dynamo.call('UpdateItem', {
    TableName: 'keys',
    Key: { key: S('events.theirs') },
    UpdateExpression: 'ADD #count :by',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':by': { N: '1' } },
  });
const put = (id: string): Promise<unknown> =>
  memory.call('PutItem', { TableName: 'keys', Item: { key: S(id), data: S('1') } });
async function listed(values: KeyValueTable): Promise<string[]> {
  return (await values.listAll()).items.map(([id]) => id);
}

/** Each line of the table in MIGRATING.md, by its number. */
const checks: readonly (() => Promise<void> | void)[] = [
  async () => {
    const missing = new KeyValueTable({ dynamo: memory, tableName: 'none' });
    await expect(missing.get('a')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  },
  async () => {
    const dynamo = repeating();
    await add(dynamo);
    expect(await counter().get('theirs')).toBe(2);
    expect(await counter(dynamo).incr('ours')).toBe(1);
  },
  async () => {
    await expect(kv().set('', 1)).rejects.toMatchObject({ name: 'InvalidInputError' });
    expect(memory.rows('keys')).toEqual([]);
  },
  async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const missing = new KeyValueTable({ dynamo: memory, tableName: 'none' });
    await missing.get('a').catch(() => {});
    expect(logged).not.toHaveBeenCalled();
    logged.mockRestore();
  },
  () => {
    const options = { dynamo: memory, tableName: 'keys', timeProvider: { epochMS: () => 0 } };
    expect(() => new KeyValueTable(options)).toThrow(/timeProvider.*clock/s);
  },
  async () => {
    let calls = 0;
    const partial: DynamoTransport = {
      call: async (operation, input) =>
        ++calls === 1
          ? ({
              Responses: {},
              UnprocessedKeys: (input as { RequestItems: object }).RequestItems,
            } as never)
          : memory.call(operation, input),
    };
    await kv().set('a', 1);
    expect(await kv('events', partial).getBatch(['a'])).toEqual([1]);
  },
  async () => expect(await kv().getBatch([])).toEqual([]),
  async () => {
    await kv().set('a', 1);
    expect(await kv().getBatch(['a', 'a'])).toEqual([1, 1]);
  },
  async () => {
    const clock = new ManualClock();
    const late = await locks(clock).tryAcquire('k', 10);
    await clock.advance(11_000);
    await locks(clock).tryAcquire('k', 10);
    await late?.release();
    expect(await locks(clock).tryAcquire('k', 10)).toBeUndefined();
  },
  async () => expect(await (await locks().tryAcquire('k', 10))?.release()).toBe('released'),
  async () => expect(await locks(undefined, repeating()).tryAcquire('k', 10)).toBeDefined(),
  async () => {
    await kv().setBatch([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    expect(await kv().getBatch(['c', 'a', 'b'])).toEqual([3, 1, 2]);
  },
  async () => {
    await put('events.a');
    await put('other.events.a');
    expect(await listed(kv())).toEqual(['a']);
  },
  async () => expect(await kv().listAll()).toEqual({ items: [] }),
  async () => {
    await kv().setBatch(['a', 'b']);
    expect(typeof (await kv().listAll({ limit: 1 })).pagePointer).toBe('string');
  },
  async () => {
    await kv().set('a', 1);
    expect(await listed(kv())).toEqual(['a']);
  },
  async () => {
    await counter().incr('a', 5);
    await kv().set('a', 'value');
    expect(await counter().get('a')).toBe(5);
  },
  async () => {
    await kv('events').set('a', 1);
    await kv('').set('b', 1);
    expect(await listed(kv(''))).toEqual(['b']);
  },
  async () => {
    await expect(kv().set('a', undefined)).rejects.toMatchObject({ name: 'InvalidInputError' });
  },
  async () => {
    await kv().set('a', 1);
    expect([await kv().delete('a'), await kv().delete('a')]).toEqual([true, false]);
    expect(await table().delete(key)).toBe(false);
  },
  async () => {
    await counter().incr('b', 2);
    expect(await counter().get(['c', 'b', 'b'])).toEqual([
      { id: 'c' },
      { id: 'b', count: 2 },
      { id: 'b', count: 2 },
    ]);
  },
  async () => {
    await expect(counter().incr('a', 0.5)).rejects.toMatchObject({ name: 'InvalidInputError' });
  },
  async () => expect(await table().removeFromSet<string>(key, 'none')).toBe(false),
  async () => {
    await table().addToSet<string>(key, 'existing');
    const seen: string[] = [];
    await table().addToSet<string>(key, 'candidate', (...pair) => seen.push(...pair) === 0);
    expect(seen).toEqual(['existing', 'candidate']);
  },
  async () => {
    await Promise.all(['a', 'b', 'c'].map((element) => table().addToSet<string>(key, element)));
    expect((await table().get<string[]>(key))?.toSorted()).toEqual(['a', 'b', 'c']);
  },
  () => {
    for (const hook of ['mappings', 'sortKey', 'partitionKey']) {
      class Own extends PartitionedKeyValueTable {}
      Object.defineProperty(Own.prototype, hook, { value: () => ({}) });
      expect(() => new Own({ dynamo: memory, tableName: 'partitioned' })).toThrow(`${hook}()`);
    }
  },
  async () => {
    let acts = 0;
    const act = (): Promise<unknown> =>
      new DoOnceManager(table()).doOnce('u', 'mail', async () => ++acts);
    await Promise.all([act(), act()]);
    expect(acts).toBe(1);
  },
  async () => {
    const limiter = new LimitedAttempt(table());
    const limit = { attemptsMax: 3, validityTime: 60_000 };
    const tries = Array.from({ length: 10 }, () => limiter.tryAttempt(key, limit));
    expect((await Promise.all(tries)).filter((attempt) => attempt !== undefined)).toHaveLength(3);
  },
];

describe('what behaves differently, as MIGRATING.md has it', () => {
  const text = readFileSync(new URL('../../../MIGRATING.md', import.meta.url), 'utf8');
  const lines = text.split('\n').flatMap((line) => {
    const [, number, where, before, now] = line.split('|').map((cell) => cell.trim());
    return number !== undefined && /^\d+$/.test(number) ? [{ where, before, now }] : [];
  });

  test('every line has a check', () => {
    expect(lines).toHaveLength(checks.length);
    expect(checks).toHaveLength(28);
  });

  for (const [index, { where, before, now }] of lines.entries()) {
    test(`${index + 1}. ${where}; before: ${before}; now: ${now}`, async () => {
      expect.hasAssertions();
      await checks[index]?.();
    });
  }
});
