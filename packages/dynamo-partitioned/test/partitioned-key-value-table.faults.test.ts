import {
  batchWritesAgain,
  describeFaultMatrix,
  type MatrixContext,
  type MatrixRun,
} from '@x/conformance';
import type { Item } from '@x/dynamo-core';
import { expect } from 'vitest';

import {
  check,
  ifAbsent,
  ifExists,
  partitionedKeysTable,
  PartitionedKeyValueTable,
  put,
  remove,
  type CompoundKey,
} from '../src/index.js';

function key<V = unknown>(sort: string): CompoundKey<string, V> {
  return { partition: 'p', namespace: 'n', sort };
}

/** A row as the table writes it. */
function row(sort: string, value: unknown, rest: Item = { md5: { S: 'first' } }): Item {
  const data = { S: JSON.stringify(value) };
  return { partitionKey: { S: 'p' }, sortKey: { S: `n.${sort}` }, data, ...rest };
}

const stored = [row('a', 1), row('b', 2), row('c', 3)];
const tags = [row('tags', ['x', 'y'])];
const tagsOfTheOriginal = [row('tags', ['x', 'y'], {})];
const many = Array.from({ length: 30 }, (_, i) => row(`${i}`, i));

/** The values that are left, by sort. */
function valuesOf({ rows }: MatrixRun): Record<string, unknown> {
  return Object.fromEntries(
    rows.map(({ sortKey, data }) => [
      sortKey?.S?.slice(2),
      data?.S === undefined ? undefined : JSON.parse(data.S),
    ]),
  );
}

/** Checks what came back and what is stored. */
function gives(result: unknown, values?: Record<string, unknown>): (run: MatrixRun) => void {
  return (run) => {
    expect(run.result).toEqual(result);
    if (values !== undefined) expect(valuesOf(run)).toEqual(values);
  };
}

/** With a token of its own in each run, as an engine remembers those of the runs before. */
function openFresh({ options }: MatrixContext): PartitionedKeyValueTable {
  return new PartitionedKeyValueTable({ ...options, random: undefined });
}

function withoutVersions(run: MatrixRun): unknown {
  const { result, error } = run;
  return { result, error: (error as Error | undefined)?.name, values: valuesOf(run) };
}

/** Without its answer, which is `false` where a repeat finds what the lost request did. */
async function deleteOne(table: PartitionedKeyValueTable): Promise<void> {
  await table.delete(key('a'));
}

/** A computation that fails. */
function failing(): never {
  throw new RangeError('cannot compute');
}

/** The value, its answer, and whether a claim is left: the time of the store may differ. */
function computedOnly({ result, error, rows }: MatrixRun): unknown {
  return { result, error, rows: rows.map(({ data, claim }) => ({ data, claim })) };
}

const writesAgain = 'it reads again, and writes under another id';

describeFaultMatrix<PartitionedKeyValueTable>('PartitionedKeyValueTable', {
  target: PartitionedKeyValueTable,
  definition: partitionedKeysTable,
  create: ({ options }) => new PartitionedKeyValueTable(options),
  cases: {
    get: { rows: stored, run: (table) => table.get(key('a')), expect: gives(1) },
    getOrSet: [
      {
        name: 'of an absent value',
        run: (table) => table.getOrSet(key('a'), () => 7, { ttlSeconds: 60 }),
        compare: computedOnly,
        expect: ({ result, requests, rows }) => {
          expect(result).toBe(7);
          expect(rows).toMatchObject([{ data: { S: '7' } }]);
          expect(rows[0]).not.toHaveProperty('claim');
          expect(requests.length).toBe(3);
        },
      },
      {
        name: 'of a value',
        rows: stored,
        run: (table) => table.getOrSet(key('a'), () => 7, { ttlSeconds: 60 }),
        expect: ({ requests, rows, rowsBefore }) => {
          expect(rows).toEqual(rowsBefore);
          expect(requests.length).toBe(1);
        },
      },
      {
        name: 'whose computation fails',
        run: (table) => table.getOrSet(key('a'), failing, { ttlSeconds: 60 }),
        rejects: 'RangeError',
        expect: ({ rows }) => expect(rows).toEqual([]),
      },
    ],
    getEntry: {
      rows: stored,
      run: (table) => table.getEntry(key('a')),
      expect: gives({ value: 1, version: 'id:first', expiresAtMs: undefined }),
    },
    getMany: {
      rows: stored,
      run: (table) => table.getMany(['c', 'a', 'none', 'c'].map((sort) => key(sort))),
      expect: gives([3, 1, undefined, 3]),
    },
    getBatch: {
      rows: stored,
      run: (table) => table.getBatch(['c', 'none', 'c'].map((sort) => key(sort))),
      expect: gives([3, 3]),
    },
    has: { rows: stored, run: (table) => table.has(key('none')), expect: gives(false) },
    exists: { rows: stored, run: (table) => table.exists(key('a')), expect: gives(true) },
    set: [
      {
        name: 'where there is nothing',
        run: (table) => table.set(key('a'), 1),
        expect: gives(undefined, { a: 1 }),
      },
      {
        name: 'over a value',
        rows: stored,
        run: (table) => table.set(key('a'), 9, { ttlSeconds: 60 }),
        expect: gives(undefined, { a: 9, b: 2, c: 3 }),
      },
    ],
    setBatch: {
      differs: batchWritesAgain,
      rows: stored,
      run: (table) =>
        table.setBatch(['a', 'b', 'd'].map((sort) => ({ key: key<string>(sort), data: sort }))),
      expect: gives(undefined, { a: 'a', b: 'b', c: 3, d: 'd' }),
    },
    setMany: {
      differs: batchWritesAgain,
      rows: stored,
      run: (table) =>
        table.setMany([
          { key: key<number>('a'), data: 9, ttlSeconds: 60 },
          { key: key<string>('d'), data: 'd' },
        ]),
      expect: gives(undefined, { a: 9, b: 2, c: 3, d: 'd' }),
    },
    setIfNotExists: [
      {
        name: 'where there is nothing',
        run: (table) => table.setIfNotExists(key('a'), 1),
        expect: gives(true, { a: 1 }),
      },
      {
        name: 'where there is a value',
        rows: stored,
        run: (table) => table.setIfNotExists(key('a'), 9),
        expect: gives(false, { a: 1, b: 2, c: 3 }),
      },
    ],
    setIfVersion: [
      {
        name: 'of the version that is stored',
        rows: [row('a', 1)],
        run: async (table) => typeof (await table.setIfVersion(key('a'), 2, 'id:first')),
        expect: gives('string', { a: 2 }),
      },
      {
        name: 'of another version',
        rows: [row('a', 1)],
        run: (table) => table.setIfVersion(key('a'), 2, 'id:other'),
        expect: gives(undefined, { a: 1 }),
      },
      {
        name: 'of a row without a version',
        rows: [row('a', 1, {})],
        run: async (table) => {
          const { version = '' } = (await table.getEntry(key('a'))) ?? {};
          return typeof (await table.setIfVersion(key('a'), 2, version));
        },
        differs: {
          deleted: {
            reason: 'its version is gone',
            expect: ({ result, rows }) => expect([result, rows]).toEqual(['undefined', []]),
          },
        },
        expect: gives('string', { a: 2 }),
      },
    ],
    update: {
      rows: [row('a', 1)],
      run: (table) => table.update(key<number>('a'), (n = 0) => n + 1),
      expect: gives(2, { a: 2 }),
      differs: { deleted: { reason: writesAgain, expect: gives(1, { a: 1 }) } },
    },
    delete: [
      {
        name: 'of a value',
        rows: stored,
        run: deleteOne,
        expect: gives(undefined, { b: 2, c: 3 }),
      },
      {
        name: 'of a value beside a counter',
        rows: [row('a', 1, { count: { N: '5' } })],
        run: deleteOne,
        expect: (run) => expect(run.rows).toMatchObject([{ count: { N: '5' } }]),
      },
    ],
    deleteMany: {
      rows: stored,
      run: (table) => table.deleteMany([key('b'), key('a')]),
      expect: gives(undefined, { c: 3 }),
    },
    deleteBatch: {
      rows: stored,
      run: (table) => table.deleteBatch([key('a'), key('c')]),
      expect: gives(undefined, { b: 2 }),
    },
    ids: {
      rows: stored,
      run: (table) => table.ids('p', { namespace: 'n', prefix: 'b' }),
      expect: gives([key('b')]),
    },
    clear: { rows: many, run: (table) => table.clear('p'), expect: gives({ deleted: 30 }, {}) },
    listAll: {
      rows: [row('a', 1), row('b', 'x')],
      run: (table) => table.listAll('p'),
      expect: gives([
        [
          { key: 'n.a', value: '1' },
          { key: 'n.b', value: '"x"' },
        ],
      ]),
    },
    entries: {
      rows: stored,
      run: async (table) => {
        const values: unknown[] = [];
        for await (const { value } of table.entries('p')) values.push(value);
        return values;
      },
      expect: gives([1, 2, 3]),
    },
    count: { rows: stored, run: (table) => table.count('p'), expect: gives(3) },
    addToSet: [
      {
        name: 'of nothing',
        run: (table) => table.addToSet(key<string[]>('tags'), ['x', 'y']),
        expect: gives(true, { tags: ['x', 'y'] }),
      },
      {
        name: 'of a set',
        rows: tags,
        run: (table) => table.addToSet(key<string[]>('tags'), 'z'),
        expect: gives(true, { tags: ['x', 'y', 'z'] }),
        differs: { deleted: { reason: writesAgain, expect: gives(true, { tags: ['z'] }) } },
      },
      {
        name: 'of a set without a version',
        rows: tagsOfTheOriginal,
        run: (table) => table.addToSet(key<string[]>('tags'), 'z'),
        expect: gives(true, { tags: ['x', 'y', 'z'] }),
        differs: { deleted: { reason: writesAgain, expect: gives(true, { tags: ['z'] }) } },
      },
      {
        name: 'of an element that is there',
        rows: tags,
        run: (table) => table.addToSet(key<string[]>('tags'), 'x'),
        expect: gives(false, { tags: ['x', 'y'] }),
      },
    ],
    removeFromSet: {
      rows: tags,
      run: (table) => table.removeFromSet(key<string[]>('tags'), 'x'),
      expect: gives(true, { tags: ['y'] }),
    },
    removeFromSetByKey: {
      rows: tagsOfTheOriginal,
      run: (table) => table.removeFromSetByKey(key<string[]>('tags'), (tag) => tag === 'y'),
      expect: gives(true, { tags: ['x'] }),
    },
    updateInSet: {
      rows: tags,
      run: (table) => table.updateInSet(key<string[]>('tags'), 'X', (tag) => tag === 'x'),
      expect: gives(true, { tags: ['y', 'X'] }),
    },
    existsInSet: {
      rows: tags,
      run: (table) => table.existsInSet(key<string[]>('tags'), 'y'),
      expect: gives(true),
    },
    transact: [
      {
        name: 'of puts, removals and checks',
        rows: stored,
        run: (_, context) =>
          openFresh(context).transact([
            put(key('d'), 4, { only: ifAbsent }),
            remove(key('a'), { only: ifExists }),
            check(key('b'), ifExists),
          ]),
        compare: withoutVersions,
        expect: gives(undefined, { b: 2, c: 3, d: 4 }),
      },
      {
        name: 'with a condition that fails',
        rows: stored,
        run: (_, context) =>
          openFresh(context).transact([put(key('d'), 4), check(key('a'), ifAbsent)]),
        rejects: 'TransactionCanceledException',
        compare: withoutVersions,
        expect: (run) => expect(run.rows).toEqual(run.rowsBefore),
      },
    ],
  },
});
