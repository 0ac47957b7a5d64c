import {
  describeFaultMatrix,
  type MatrixCaseOptions,
  type MatrixContext,
  type MatrixRun,
} from '@x/conformance';
import { N, S } from '@x/dynamo-core';
import { expect } from 'vitest';

import {
  KeyValueCounter,
  KeyValueScopedCounter,
  keysTable,
  PartitionedKeyValueCounter,
  partitionedKeysTable,
} from '../src/index.js';
import { WindowedCounter } from '../src/windowed-counter.js';

/** The wall clock of the matrix, in seconds. */
const nowSeconds = Date.UTC(2025, 0, 1) / 1000;
const key = { key: S('n.a') };
const value = { ...key, data: S('1'), version: S('v') };
const operationsAre =
  (...operations: string[]) =>
  ({ requests }: MatrixRun): void =>
    expect(requests.map(({ operation }) => operation)).toEqual(operations);

const differs: MatrixCaseOptions['differs'] = {
  deleted: {
    reason: 'DynamoDB knows the transaction, or the row of the token, and the count is gone',
    expect: ({ result }) => expect(result).toBe(0),
  },
};

/** An engine knows the token of a transaction for ten minutes: it must be another in each run. */
const marking = ({ options }: MatrixContext): KeyValueCounter =>
  new KeyValueCounter({ ...options, random: undefined, namespace: 'n' });

describeFaultMatrix<KeyValueCounter>('KeyValueCounter', {
  target: KeyValueCounter,
  definition: keysTable,
  create: ({ options }) => new KeyValueCounter({ ...options, namespace: 'n' }),
  cases: {
    incr: [
      { name: 'of nothing', run: (counter) => counter.incr('a') },
      {
        name: 'of a row of the original',
        rows: [{ ...key, count: N(4) }],
        run: (counter) => counter.incr('a', 2),
        expect: ({ result }) => expect(result).toBe(6),
      },
      {
        name: 'beside a value',
        rows: [value],
        run: (counter) => counter.incr('a'),
        expect: ({ rows }) => expect(rows[0]).toMatchObject({ ...value, count: N(1) }),
      },
      {
        name: 'beside a value that expires',
        rows: [{ ...value, expiresAt: N(nowSeconds + 60) }],
        run: (counter) => counter.incr('a'),
        rejects: 'KeyCollisionError',
      },
      {
        name: "over another namespace's expired row",
        rows: [{ ...value, ns: S('other'), expiresAt: N(nowSeconds) }],
        run: (counter) => counter.incr('a'),
        expect: ({ rows }) => expect(rows[0]).toMatchObject({ ns: S('n'), count: N(1) }),
      },
      {
        name: 'with a token that was used for something else',
        setUp: async ({ client, tableName }) => {
          await new KeyValueCounter({ namespace: 'n', dynamo: client, tableName }).incr('a', 5, {
            token: 'm',
          });
        },
        run: (counter) => counter.incr('a', 50, { token: 'm' }),
        rejects: 'TokenReusedError',
      },
      {
        name: 'with a token that only the counter remembers, and a row for it',
        setUp: async ({ client, tableName }) => {
          await new KeyValueCounter({ namespace: 'n', dynamo: client, tableName }).incr('a', 5, {
            token: 'm',
          });
        },
        run: (_, context) => marking(context).incr('a', 5, { token: 'm', tokenTtlSeconds: 60 }),
        differs,
        expect: ({ result, rows }) => {
          expect(result).toBe(5);
          expect(rows).toHaveLength(2);
        },
      },
      {
        name: 'that starts over',
        rows: [{ ...value, count: N(9), expiresAt: N(nowSeconds) }],
        run: (counter) => counter.incr('a'),
        expect: operationsAre('UpdateItem', 'UpdateItem'),
      },
      {
        name: 'with a token',
        run: (counter) => counter.incr('a', 1, { token: 'm' }),
      },
      {
        name: 'with a token that was counted',
        setUp: async ({ client, tableName }) => {
          await new KeyValueCounter({ namespace: 'n', dynamo: client, tableName }).incr('a', 5, {
            token: 'm',
          });
        },
        run: (counter) => counter.incr('a', 5, { token: 'm' }),
        expect: ({ result }) => expect(result).toBe(5),
      },
      {
        name: 'with a token and a row for it',
        rows: [{ ...key, count: N(4) }],
        run: (_, context) => marking(context).incr('a', 1, { token: 'm', tokenTtlSeconds: 60 }),
        differs,
        expect: operationsAre('TransactWriteItems', 'GetItem'),
      },
      {
        name: 'with a token and a row for it, that starts over',
        rows: [{ ...key, count: N(4), expiresAt: N(nowSeconds) }],
        run: (_, context) => marking(context).incr('a', 1, { token: 'm', tokenTtlSeconds: 60 }),
        differs,
        expect: operationsAre('TransactWriteItems', 'TransactWriteItems', 'GetItem'),
      },
      {
        name: 'out of bounds',
        rows: [{ ...key, count: N(4) }],
        run: (counter) => counter.incr('a', 1, { max: 4 }),
        rejects: 'CounterOutOfBoundsError',
      },
    ],
    decr: { rows: [{ ...key, count: N(4) }], run: (counter) => counter.decr('a', 3) },
    tryIncr: [
      {
        name: 'within bounds',
        rows: [{ ...key, count: N(4) }],
        run: (counter) => counter.tryIncr('a', 1, { max: 5 }),
        expect: ({ result }) => expect(result).toBe(5),
      },
      {
        name: 'out of bounds',
        rows: [{ ...key, count: N(4) }],
        run: (counter) => counter.tryIncr('a', 1, { max: 4 }),
        expect: ({ result }) => expect(result).toBeUndefined(),
      },
    ],
    set: [
      { name: 'of nothing', run: (counter) => counter.set('a', 7, { ttlSeconds: 60 }) },
      {
        name: 'over a count',
        rows: [{ ...value, count: N(4) }],
        run: (counter) => counter.set('a', 7),
      },
      {
        name: 'over an expired count',
        rows: [{ ...key, count: N(4), expiresAt: N(nowSeconds) }],
        run: (counter) => counter.set('a', 7),
      },
    ],
    get: {
      rows: [{ ...key, count: N(4) }],
      run: (counter) => counter.get(['a', 'b', 'a'], { consistent: true }),
      expect: ({ result }) =>
        expect(result).toEqual([{ id: 'a', count: 4 }, { id: 'b' }, { id: 'a', count: 4 }]),
    },
    delete: [
      {
        name: 'of a row',
        rows: [{ ...key, count: N(4) }],
        run: (counter) => counter.delete('a'),
        expect: ({ rows }) => expect(rows).toEqual([]),
      },
      {
        name: 'beside a value',
        rows: [{ ...value, count: N(4), c0: S('x') }],
        run: (counter) => counter.delete('a'),
        expect: ({ rows }) => expect(rows).toEqual([value]),
      },
    ],
    max: [
      { run: (counter) => counter.max('a', 7), name: 'of nothing' },
      {
        name: 'of a higher count',
        rows: [{ ...key, count: N(9) }],
        run: (counter) => counter.max('a', 7),
        expect: ({ result }) => expect(result).toBe(9),
      },
    ],
    min: { rows: [{ ...key, count: N(9) }], run: (counter) => counter.min('a', 7) },
    compareAndSet: [
      {
        name: 'of nothing',
        run: (counter) => counter.compareAndSet('a', undefined, 7),
        expect: ({ result }) => expect(result).toBe(true),
      },
      {
        name: 'of another count',
        rows: [{ ...key, count: N(9) }],
        run: (counter) => counter.compareAndSet('a', 7, 8),
        expect: ({ result }) => expect(result).toBe(false),
      },
    ],
    windowed: {
      run: (counter) => counter.windowed({ windowMs: 1_000 }) instanceof WindowedCounter,
      sendsNothing: true,
    },
  },
});

describeFaultMatrix<WindowedCounter>('WindowedCounter', {
  target: WindowedCounter,
  definition: keysTable,
  create: ({ options }) =>
    new KeyValueCounter({ ...options, namespace: 'n' }).windowed({
      windowMs: 60_000,
    }),
  cases: {
    incr: { run: (counter) => counter.incr('a', 2) },
    decr: { run: (counter) => counter.decr('a', 2) },
    tryIncr: { run: (counter) => counter.tryIncr('a', 1, { max: 1 }) },
    get: { run: (counter) => counter.get(['a']) },
    set: { run: (counter) => counter.set('a', 2) },
    max: { run: (counter) => counter.max('a', 2) },
    min: { run: (counter) => counter.min('a', 2) },
    compareAndSet: { run: (counter) => counter.compareAndSet('a', undefined, 2) },
    delete: { run: (counter) => counter.delete('a') },
  },
});

describeFaultMatrix('KeyValueScopedCounter', {
  target: KeyValueScopedCounter,
  definition: keysTable,
  create: ({ options }) =>
    new KeyValueScopedCounter(
      (id: number) => `user-${id}`,
      new KeyValueCounter({ ...options, namespace: 'n' }),
    ),
  cases: {
    incr: { run: (counter) => counter.incr(1, 2) },
    delete: { run: (counter) => counter.delete(1) },
    inc: { run: (counter) => counter.inc(1, 2) },
    decr: { run: (counter) => counter.decr(1, 2) },
    max: { run: (counter) => counter.max(1, 2) },
    min: { run: (counter) => counter.min(1, 2) },
    current: { run: (counter) => counter.current(1) },
    get: { run: (counter) => counter.get([1, 2]) },
    reset: {
      rows: [{ key: S('n.user-1'), count: N(1) }],
      run: (counter) => counter.reset(1),
    },
  },
});

const compound = { partition: 'p', namespace: 'n', sort: 's' };
const rowKey = { partitionKey: S('p'), sortKey: S('n.s') };

describeFaultMatrix<PartitionedKeyValueCounter>('PartitionedKeyValueCounter', {
  target: PartitionedKeyValueCounter,
  definition: partitionedKeysTable,
  create: ({ options }) => new PartitionedKeyValueCounter(options),
  cases: {
    incr: [
      { name: 'of nothing', run: (counter) => counter.incr(compound) },
      {
        name: 'with a token and a row for it',
        run: (_, { options }) =>
          new PartitionedKeyValueCounter({ ...options, random: undefined }).incr(compound, 1, {
            token: 'm',
            tokenTtlSeconds: 60,
          }),
        differs,
      },
    ],
    decr: { rows: [{ ...rowKey, count: N(4) }], run: (counter) => counter.decr(compound) },
    tryIncr: { run: (counter) => counter.tryIncr(compound, 1, { max: 1 }) },
    set: { rows: [{ ...rowKey, count: N(4) }], run: (counter) => counter.set(compound, 1) },
    max: { rows: [{ ...rowKey, count: N(4) }], run: (counter) => counter.max(compound, 5) },
    min: { rows: [{ ...rowKey, count: N(4) }], run: (counter) => counter.min(compound, 3) },
    compareAndSet: {
      rows: [{ ...rowKey, count: N(4) }],
      run: (counter) => counter.compareAndSet(compound, 4, 5),
      expect: ({ result }) => expect(result).toBe(true),
    },
    get: { rows: [{ ...rowKey, count: N(4) }], run: (counter) => counter.get(compound) },
    delete: {
      rows: [{ ...rowKey, count: N(4), data: S('1') }],
      run: (counter) => counter.delete(compound),
      expect: ({ rows }) => expect(rows).toEqual([{ ...rowKey, data: S('1') }]),
    },
  },
});
