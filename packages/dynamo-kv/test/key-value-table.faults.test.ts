import { batchWritesAgain, describeFaultMatrix, type MatrixRun } from '@x/conformance';
import type { Item } from '@x/dynamo-core';
import { expect } from 'vitest';

import { keysTable, KeyValueTable } from '../src/index.js';

const namespace = 'faults';

/** A row as the table writes it. */
function row(id: string, value: unknown, version = 'first'): Item {
  return {
    key: { S: `${namespace}.${id}` },
    ns: { S: namespace },
    data: { S: JSON.stringify(value) },
    version: { S: version },
  };
}

const stored = [row('a', 1), row('b', 2), row('c', 3)];

/** The values that are left, by id. */
function valuesOf({ rows }: MatrixRun): Record<string, unknown> {
  return Object.fromEntries(
    rows.map(({ key, data }) => [
      key?.S?.slice(namespace.length + 1),
      data?.S === undefined ? undefined : JSON.parse(data.S),
    ]),
  );
}

/** Without its answer, which is `false` where a repeat finds what the lost request did. */
async function deleteOne(kv: KeyValueTable): Promise<void> {
  await kv.delete('a');
}

/** A computation that fails. */
function failing(): never {
  throw new RangeError('cannot compute');
}

/** The value, its answer, and whether a claim is left: the time of the store may differ. */
function computedOnly({ result, error, rows }: MatrixRun): unknown {
  return { result, error, rows: rows.map(({ data, claim }) => ({ data, claim })) };
}

describeFaultMatrix<KeyValueTable>('KeyValueTable', {
  target: KeyValueTable,
  definition: keysTable,
  create: ({ options }) => new KeyValueTable({ ...options, namespace }),
  cases: {
    get: { rows: stored, run: (kv) => kv.get('a'), expect: ({ result }) => expect(result).toBe(1) },
    getOrSet: [
      {
        name: 'of an absent value',
        run: (kv) => kv.getOrSet('a', () => 7, { ttlSeconds: 60 }),
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
        run: (kv) => kv.getOrSet('a', () => 7, { ttlSeconds: 60 }),
        expect: ({ requests, rows, rowsBefore }) => {
          expect(rows).toEqual(rowsBefore);
          expect(requests.length).toBe(1);
        },
      },
      {
        name: 'whose computation fails',
        run: (kv) => kv.getOrSet('a', failing, { ttlSeconds: 60 }),
        rejects: 'RangeError',
        expect: ({ rows }) => expect(rows).toEqual([]),
      },
    ],
    getEntry: {
      rows: stored,
      run: (kv) => kv.getEntry('a'),
      expect: ({ result }) => expect(result).toMatchObject({ value: 1, version: 'id:first' }),
    },
    has: {
      rows: stored,
      run: (kv) => kv.has('a'),
      expect: ({ result }) => expect(result).toBe(true),
    },
    exists: {
      rows: stored,
      run: (kv) => kv.exists('absent'),
      expect: ({ result }) => expect(result).toBe(false),
    },
    getBatch: {
      rows: stored,
      run: (kv) => kv.getBatch(['c', 'a', 'absent', 'c']),
      expect: ({ result }) => expect(result).toEqual([3, 1, 3]),
    },
    getMany: {
      rows: stored,
      run: (kv) => kv.getMany(['c', 'absent', 'a', 'c']),
      expect: ({ result }) => expect(result).toEqual([3, undefined, 1, 3]),
    },
    set: {
      rows: stored,
      run: (kv) => kv.set('a', 'new', { ttlSeconds: 60 }),
      expect: (run) => expect(valuesOf(run)).toEqual({ a: 'new', b: 2, c: 3 }),
    },
    setBatch: {
      differs: batchWritesAgain,
      rows: stored,
      run: (kv) => kv.setBatch([['a', 'new'], 'd', ['b', null]]),
      expect: (run) => expect(valuesOf(run)).toEqual({ a: 'new', b: null, c: 3, d: 'd' }),
    },
    setMany: {
      differs: batchWritesAgain,
      rows: stored,
      run: (kv) => kv.setMany([['a', 'new'], 'd']),
      expect: (run) => expect(valuesOf(run)).toEqual({ a: 'new', b: 2, c: 3, d: 'd' }),
    },
    setIfNotExists: [
      {
        name: 'of an absent id',
        run: (kv) => kv.setIfNotExists('a', 'new'),
        expect: (run) => {
          expect(run.result).toBe(true);
          expect(valuesOf(run)).toEqual({ a: 'new' });
        },
      },
      {
        name: 'of a stored id',
        rows: stored,
        run: (kv) => kv.setIfNotExists('a', 'new'),
        expect: (run) => {
          expect(run.result).toBe(false);
          expect(run.rows).toEqual(run.rowsBefore);
        },
      },
    ],
    setIfVersion: [
      {
        name: 'on its version',
        rows: stored,
        run: (kv) => kv.setIfVersion('a', 'new', 'id:first'),
        expect: (run) => {
          expect(run.result).toMatch(/^id:[\w-]{12}$/);
          expect(valuesOf(run)).toEqual({ a: 'new', b: 2, c: 3 });
        },
      },
      {
        name: 'on another version',
        rows: stored,
        run: (kv) => kv.setIfVersion('a', 'new', 'id:another'),
        expect: (run) => expect(run.result).toBeUndefined(),
      },
    ],
    update: [
      {
        name: 'of a stored value',
        rows: stored,
        run: (kv) => kv.update('a', (n) => (n as number) + 1),
        expect: (run) => {
          expect(run.result).toBe(2);
          expect(valuesOf(run)).toEqual({ a: 2, b: 2, c: 3 });
        },
      },
      {
        name: 'of an absent value',
        run: (kv) => kv.update('a', (n) => (n === undefined ? 1 : 99)),
        expect: (run) => expect(valuesOf(run)).toEqual({ a: 1 }),
      },
      {
        name: 'that meets a conflict',
        differs: {
          deleted: {
            reason: 'the change does not expect that nothing is there',
            expect: ({ error, rows }) => {
              expect(error).toMatchObject({ name: 'InvalidInputError' });
              expect(rows).toEqual([]);
            },
          },
        },
        rows: stored,
        run: (kv, { engine, tableName }) => {
          let calls = 0;
          return kv.update('a', async (n) => {
            calls += 1;
            if (calls === 1) await engine.putRow(tableName, row('a', 10, 'second'));
            return (n as number) + 1;
          });
        },
        expect: (run) => expect(valuesOf(run)).toEqual({ a: 11, b: 2, c: 3 }),
      },
    ],
    delete: [
      {
        name: 'of a value',
        rows: stored,
        run: deleteOne,
        expect: (run) => expect(valuesOf(run)).toEqual({ b: 2, c: 3 }),
      },
      {
        name: 'of a value beside a counter',
        rows: [{ ...row('a', 1), count: { N: '7' } }],
        run: deleteOne,
        expect: ({ rows }) =>
          expect(rows).toEqual([
            { key: { S: `${namespace}.a` }, ns: { S: namespace }, count: { N: '7' } },
          ]),
      },
    ],
    deleteMany: {
      rows: stored,
      run: (kv) => kv.deleteMany(['c', 'b', 'c']),
      expect: (run) => expect(valuesOf(run)).toEqual({ a: 1 }),
    },
    deleteBatch: {
      rows: stored,
      run: (kv) => kv.deleteBatch(['a', 'b', 'absent']),
      expect: (run) => expect(valuesOf(run)).toEqual({ c: 3 }),
    },
    clear: {
      rows: stored,
      run: (kv) => kv.clear(),
      expect: (run) => {
        expect(run.result).toEqual({ deleted: 3 });
        expect(run.rows).toEqual([]);
      },
    },
    ids: {
      rows: stored,
      run: (kv) => kv.ids({ prefix: 'a' }),
      expect: ({ result }) => expect(result).toEqual(['a']),
    },
    listAll: {
      rows: stored,
      run: async (kv) => (await kv.listAll({ limit: 2 })).items.length,
      expect: ({ result }) => expect(result).toBe(2),
    },
    streamAll: {
      rows: stored,
      run: (kv) => kv.streamAll(2),
      expect: ({ result }) =>
        expect(new Map(result as [string, number][])).toEqual(
          new Map([
            ['a', 1],
            ['b', 2],
            ['c', 3],
          ]),
        ),
    },
  },
});
