import { describeOnEngines } from '@x/conformance';
import type { Item } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { beforeAll, describe, expect, test } from 'vitest';

import { partitionedKeysTable } from '../src/index.js';
import { collect, openTable, startMs, type OpenTable } from './open-table.js';

const consistent = { consistent: true };

describeOnEngines('listings of PartitionedKeyValueTable', (engine) => {
  let tableName: string;
  const open = (): OpenTable => openTable(engine, tableName);

  beforeAll(async () => {
    tableName = await engine.createTable(partitionedKeysTable);
  });

  /** Opens a partition with these sort keys, whose values are themselves. */
  async function openWith(...sortKeys: readonly string[]): Promise<OpenTable> {
    const opened = open();
    await opened.table.setBatch(
      sortKeys.map((sort) => ({ key: opened.key<string>(sort, ''), data: sort })),
    );
    opened.sent.clear();
    return opened;
  }

  async function put(partition: string, sortKey: string, rest: Item): Promise<void> {
    const row = { partitionKey: { S: partition }, sortKey: { S: sortKey }, ...rest };
    await engine.putRow(tableName, row);
  }

  describe('entries()', () => {
    test('yields values with their keys, versions and expiries, in the order of the keys', async () => {
      const { table, key, partition, operations, sent } = open();
      await table.set(key('b'), { n: 2 }, { ttlSeconds: 60 });
      await table.set(key('a'), { n: 1 });
      sent.clear();
      const entries = await collect(table.entries(partition, consistent));
      expect(entries).toEqual([
        {
          key: { partition, namespace: '', sort: 'n.a' },
          value: { n: 1 },
          version: expect.stringMatching(/^id:/) as string,
          expiresAtMs: undefined,
        },
        {
          key: { partition, namespace: '', sort: 'n.b' },
          value: { n: 2 },
          version: expect.stringMatching(/^id:/) as string,
          expiresAtMs: startMs + 60_000,
        },
      ]);
      expect(operations()).toEqual(['Query']);
      for (const entry of entries) expect(await table.get(entry.key)).toEqual(entry.value);
    });

    test.each([
      [{ namespace: 'a' }, ['1', '2', '3', 'b.4']],
      [{ namespace: 'a', prefix: 'b' }, ['b.4']],
      [{ namespace: 'a', between: ['1', '2'] }, ['1', '2']],
      [{ namespace: 'a', reverse: true }, ['b.4', '3', '2', '1']],
      [{ namespace: 'a', limit: 2 }, ['1', '2']],
      [{ namespace: 'a', limit: 1, reverse: true }, ['b.4']],
      [{ namespace: 'none' }, []],
      [{ prefix: 'a' }, ['a.1', 'a.2', 'a.3', 'a.b.4', 'ab.5']],
      [{ between: ['a.3', 'ab.5'] }, ['a.3', 'a.b.4', 'ab.5']],
      [{ between: ['a.3', 'a.3'] }, ['a.3']],
    ] as const)('of %j', async (options, sorts) => {
      const { table, partition } = await openWith('a.1', 'a.2', 'a.3', 'a.b.4', 'ab.5', 'z');
      const entries = await collect(table.entries(partition, { ...options, ...consistent }));
      expect(entries.map(({ key }) => key.sort)).toEqual(sorts);
      expect(entries.map(({ key }) => key.namespace)).toEqual(
        sorts.map(() => ('namespace' in options ? options.namespace : '')),
      );
    });

    test('reads no more rows than the limit, unless some are no values', async () => {
      const { table, partition, sent } = await openWith('a', 'b', 'c', 'd');
      await put(partition, 'a1', { count: { N: '1' } });
      await put(partition, 'a2', { data: { S: '1' }, expiresAt: { N: '1' } });
      const two = await collect(table.entries(partition, { limit: 2, ...consistent }));
      expect(two.map(({ key }) => key.sort)).toEqual(['a', 'b']);
      expect(sent.requests.map(({ input }) => (input as { Limit?: number }).Limit)).toEqual([2, 4]);
    });

    test('finds one entry behind 500 expired rows in a few requests', async () => {
      const { table, partition, sent } = await openWith('z');
      const expired = Array.from({ length: 500 }, (_, index) => `a${index}`);
      const old = openTable(engine, tableName, { partition });
      await old.table.setBatch(
        expired.map((sort) => ({ key: old.key(sort, ''), data: 1 })),
        { expiresAtMs: 1_000_000_000_000 },
      );
      const found = await collect(table.entries(partition, { limit: 1, ...consistent }));
      expect(found.map(({ key }) => key.sort)).toEqual(['z']);
      expect(sent.requests.length).toBeLessThanOrEqual(10);
    });

    test('stops reading when its reader stops', async () => {
      const { table, partition, sent } = await openWith('a', 'b', 'c');
      for await (const { value } of table.entries(partition, { limit: 1 })) {
        expect(value).toBe('a');
        break;
      }
      expect(sent.requests).toHaveLength(1);
    });

    test('reports a row that cannot be read and goes on, or ends with it', async () => {
      const { table, partition } = await openWith('a', 'c');
      await put(partition, 'b', { data: { S: 'not JSON' } });
      const errors: [string, string][] = [];
      const onError = (error: Error, sortKey: string): void => {
        errors.push([error.name, sortKey]);
      };
      const read = await collect(table.entries(partition, { onError, ...consistent }));
      expect(read.map(({ value }) => value)).toEqual(['a', 'c']);
      expect(errors).toEqual([['UnreadableRowError', 'b']]);
      await expect(collect(table.entries(partition, consistent))).rejects.toMatchObject({
        name: 'UnreadableRowError',
        key: { partition, namespace: '', sort: 'b' },
      });
    });

    test('ends with the reason of its signal', async () => {
      const { table, partition } = await openWith('a');
      const reason = new Error('enough');
      const entries = table.entries(partition, { signal: AbortSignal.abort(reason) });
      await expect(collect(entries)).rejects.toBe(reason);
    });

    test('goes through all pages', async () => {
      const { table, key, partition, operations, sent } = open();
      const big = 'x'.repeat(350_000);
      for (const sort of ['a', 'b', 'c', 'd', 'e']) await table.set(key(sort), `${sort}${big}`);
      sent.clear();
      const entries = await collect(table.entries<string>(partition, consistent));
      expect(entries.map(({ value }) => value[0])).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(operations().length).toBeGreaterThan(1);
      const pages = await collect(table.listAll(partition, consistent));
      expect(pages.flat()).toHaveLength(5);
      expect(pages.length).toBeGreaterThan(1);
      expect(await table.count(partition, consistent)).toBe(5);
    });
  });

  test('count() counts what entries() lists', async () => {
    const { table, partition, sent, operations } = await openWith('a.1', 'a.2', 'b.1');
    await put(partition, 'a.3', { count: { N: '1' } });
    await put(partition, 'a.4', { data: { S: '1' }, expiresAt: { N: '1' } });
    expect(await table.count(partition, consistent)).toBe(3);
    expect(await table.count(partition, { namespace: 'a', ...consistent })).toBe(2);
    expect(await table.count(partition, { between: ['a.2', 'b.1'], ...consistent })).toBe(2);
    expect(await table.count('nobody', consistent)).toBe(0);
    expect(operations()).toEqual(['Query', 'Query', 'Query', 'Query']);
    expect(sent.requests[0]?.input).toMatchObject({ Select: 'COUNT' });
  });

  describe('listAll()', () => {
    test('yields stored texts and counters, but no expired rows, attempts or claims', async () => {
      const { table, partition, operations } = await openWith('n.a');
      await put(partition, 'n.b', { data: { S: 'not JSON' }, count: { N: '7' } });
      await put(partition, 'n.c', { count: { N: '7' } });
      await put(partition, 'n.d', { owner: { S: 'a claim' } });
      await put(partition, 'n.e', { data: { S: '1' }, expiresAt: { N: '1' } });
      expect(await collect(table.listAll(partition, consistent))).toEqual([
        [
          { key: 'n.a', value: '"n.a"' },
          { key: 'n.b', value: 'not JSON' },
          { key: 'n.c', value: '7' },
        ],
      ]);
      expect(operations()).toEqual(['Query']);
    });

    test('yields the JSON of native attributes that JSON has no form of', async () => {
      const { table, partition, key } = openTable(engine, tableName, { codec: documentCodec });
      await table.set(key('a'), { n: 2n ** 64n, set: new Set(['x']), bytes: new Uint8Array([1]) });
      const [[row] = []] = await collect(table.listAll(partition, consistent));
      expect(row?.key).toBe('n.a');
      expect(JSON.parse(row?.value ?? '')).toEqual({
        n: '18446744073709551616',
        set: ['x'],
        bytes: 'AQ==',
      });
    });

    test('yields nothing of an empty partition', async () => {
      const { table, partition } = open();
      expect(await collect(table.listAll(partition))).toEqual([]);
    });
  });

  describe('with numbers as sort keys', () => {
    test('lists by size, and takes ranges of numbers', async () => {
      const numbers = await engine.createTable({
        ...partitionedKeysTable,
        sortKey: { name: 'sortKey', type: 'N' },
      });
      const mappings = { sortKeyFieldAWSType: 'N' } as const;
      const { table, key, partition } = openTable(engine, numbers, { mappings });
      for (const sort of ['10', '9', '-1', '2.5']) await table.set(key(sort, ''), sort);
      const all = await collect(table.entries(partition, consistent));
      expect(all.map((entry) => entry.key.sort)).toEqual(['-1', '2.5', '9', '10']);
      const some = await collect(table.entries(partition, { between: [2.5, '9'], ...consistent }));
      expect(some.map(({ value }) => value)).toEqual(['2.5', '9']);
      expect(await collect(table.listAll(partition, consistent))).toEqual([
        ['-1', '2.5', '9', '10'].map((sort) => ({ key: sort, value: `"${sort}"` })),
      ]);
      expect(await table.clear(partition)).toEqual({ deleted: 4 });
    });
  });

  test('ids() are the keys of living values, in their order, without the values', async () => {
    const { table, key, partition, sent, operations } = open();
    const keys = ['a-1', 'a-2', 'b'].map((sort) => key<string>(sort));
    await table.setMany(keys.map((each) => ({ key: each, data: 'xxx' })));
    await table.set(key('old'), 1, { expiresAtMs: 1e12 });
    sent.clear();
    const options = { namespace: 'n', consistent: true };
    expect(await collect(table.ids(partition, options))).toEqual(keys);
    expect(operations()).toEqual(['Query']);
    const prefixed = await collect(table.ids(partition, { ...options, prefix: 'a-' }));
    expect(prefixed).toEqual(keys.slice(0, 2));
    const [first] = await collect(table.ids(partition, { consistent: true }));
    expect(first).toEqual({ partition, namespace: '', sort: 'n.a-1' });
  });

  describe('clear()', () => {
    test('of a namespace leaves the others, limits and marks of do-once', async () => {
      const { table, key, partition, sent, operations } = open();
      const kept = [key('a', 'users'), key('a', 'nn'), key('n', '')];
      await table.setMany([...kept, key('a'), key('b')].map((each) => ({ key: each, data: 1 })));
      sent.clear();
      expect(await table.clear(partition, { namespace: 'n' })).toEqual({ deleted: 2 });
      expect(operations()).toEqual(['Query', 'BatchWriteItem']);
      expect(await table.getMany(kept, { consistent: true })).toEqual([1, 1, 1]);
    });

    test('deletes 5,000 rows in one call: a request for each page and each 25 rows', async () => {
      const { table, key, partition, sent, operations } = open();
      const items = Array.from({ length: 5_000 }, (_, i) => ({
        key: key<number>(`${i}`),
        data: i,
      }));
      await table.setBatch(items);
      sent.clear();
      const progress: number[] = [];
      const onProgress = ({ deleted }: { deleted: number }): number => progress.push(deleted);
      expect(await table.clear(partition, { onProgress })).toEqual({ deleted: 5_000 });
      const sentOperations = operations();
      const pages = sentOperations.filter((operation) => operation === 'Query').length;
      expect(sentOperations.length - pages).toBe(200);
      expect(pages).toBeLessThanOrEqual(2);
      expect(sent.units.write).toBe(5_000);
      expect(progress).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * 100));
      expect(await table.count(partition, consistent)).toBe(0);
    });

    test('fills its batches across pages, and deletes rows of every kind', async () => {
      const { table, key, partition, sent, operations } = open();
      const large = 'x'.repeat(100_000);
      const items = Array.from({ length: 28 }, (_, i) => ({
        key: key<string>(`${i}`),
        data: large,
      }));
      await table.setBatch(items);
      await put(partition, 'count', { count: { N: '1' } });
      await put(partition, 'expired', { data: { S: '1' }, expiresAt: { N: '1' } });
      const other = await openWith('kept');
      sent.clear();
      expect(await table.clear(partition)).toEqual({ deleted: 30 });
      const pages = operations().filter((operation) => operation === 'Query').length;
      expect(pages).toBeGreaterThan(2);
      expect(operations().length - pages).toBe(2);
      const rows = await engine.rows(tableName);
      expect(rows.filter(({ partitionKey }) => partitionKey?.S === partition)).toEqual([]);
      expect(await other.table.count(other.partition, consistent)).toBe(1);
    });

    test('of an empty partition reads once', async () => {
      const { table, partition, operations } = open();
      expect(await table.clear(partition)).toEqual({ deleted: 0 });
      expect(operations()).toEqual(['Query']);
    });

    test('is not held up by rows that are added meanwhile', async () => {
      const { table, key, partition } = open();
      const items = Array.from({ length: 250 }, (_, i) => ({ key: key<number>(`${i}`), data: i }));
      await table.setBatch(items);
      let added = 0;
      const additions: Promise<void>[] = [];
      const onProgress = (): void => {
        additions.push(table.set(key(`added-${added++}`), added));
      };
      const { deleted } = await table.clear(partition, { onProgress });
      await Promise.all(additions);
      expect(deleted).toBeGreaterThanOrEqual(250);
      const left = await collect(table.entries(partition, { namespace: 'n', ...consistent }));
      expect(left.filter((entry) => !entry.key.sort.startsWith('added-'))).toEqual([]);
    });

    test('stops with the reason of its signal, and can be called again', async () => {
      const { table, key, partition, sent } = open();
      const items = Array.from({ length: 300 }, (_, i) => ({ key: key<number>(`${i}`), data: i }));
      await table.setBatch(items);
      sent.clear();
      const stop = new AbortController();
      const reason = new Error('enough');
      const onProgress = (): void => stop.abort(reason);
      const clearing = table.clear(partition, { onProgress, signal: stop.signal });
      await expect(clearing).rejects.toBe(reason);
      expect(sent.inFlight).toBe(0);
      expect(await table.count(partition, consistent)).toBe(200);
      expect(await table.clear(partition)).toEqual({ deleted: 200 });
    });
  });
});
