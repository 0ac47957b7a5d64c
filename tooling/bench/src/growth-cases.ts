import {
  keysTable,
  partitionedKeysTable,
  type DynamoTransport,
  type TableDefinition,
} from '@x/dynamo-core';
import { KeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';

/** An operation on `n` rows, keys or waiters. */
export interface GrowthCase {
  readonly name: string;
  readonly table: TableDefinition;
  /** What is there before; answers with what is measured. */
  readonly prepare: (dynamo: DynamoTransport, n: number) => Promise<Measured> | Measured;
}

export interface Measured {
  readonly run: () => Promise<unknown>;
  /** How many operations a run is. */
  readonly operations: number;
  /** How often it can be run on the same rows. @default 1 */
  readonly repeats?: number;
}

const value = { a: 1, b: 'text' };
const limits = { attemptsMax: 1_000_000_000, windowMs: 1_000_000_000 };
/** So many operations are measured on rows that are there. */
const sample = 1_000;

const idsOf = (n: number): string[] => Array.from({ length: n }, (_, index) => `id-${index}`);

const setTable = { partition: 'p', namespace: 'bench' };

async function each(ids: readonly string[], call: (id: string) => Promise<unknown>): Promise<void> {
  for (const id of ids) await call(id);
}

/** Some of the ids, all over. */
function some(ids: readonly string[]): string[] {
  return Array.from({ length: sample }, (_, index) => ids[(index * 7919) % ids.length] as string);
}

type Call<T> = (table: T, id: string) => Promise<unknown>;
type CallOfAll<T> = (table: T, ids: readonly string[]) => Promise<unknown>;

/** Operations on a table of `n` rows: one on each of some, or one on all. */
function onRows<T>(
  definition: TableDefinition,
  open: (dynamo: DynamoTransport) => T,
  fill: CallOfAll<T>,
) {
  const made = (name: string, measured: (table: T, ids: readonly string[]) => Measured) => ({
    name,
    table: definition,
    prepare: async (dynamo: DynamoTransport, n: number) => {
      const [table, ids] = [open(dynamo), idsOf(n)];
      await fill(table, ids);
      return measured(table, ids);
    },
  });
  return {
    one: (name: string, call: Call<T>): GrowthCase =>
      made(`${name}, of n rows`, (table, ids) => {
        const asked = some(ids);
        return { operations: sample, repeats: 8, run: () => each(asked, (id) => call(table, id)) };
      }),
    all: (name: string, call: CallOfAll<T>): GrowthCase =>
      made(`${name} of n rows, for each`, (table, ids) => {
        return { operations: ids.length, run: () => call(table, ids) };
      }),
  };
}

const openTable = (dynamo: DynamoTransport): KeyValueTable<unknown> =>
  new KeyValueTable({ dynamo, tableName: 'bench', namespace: 'bench' });
const kv = onRows(keysTable, openTable, (table, ids) =>
  table.setMany(ids.map((id) => [id, value])),
);
const partitioned = onRows(
  partitionedKeysTable,
  (dynamo) => new PartitionedKeyValueTable({ dynamo, tableName: 'bench' }),
  (table, ids) => table.setMany(ids.map((sort) => ({ key: { ...setTable, sort }, data: value }))),
);

function nOf(current: unknown): number {
  return (current as { readonly n?: number } | undefined)?.n ?? 0;
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let counted = 0;
  for await (const _ of items) counted++;
  return counted;
}

type CallAll = (ids: readonly string[], call: (id: string) => Promise<unknown>) => Promise<unknown>;
type Make = (dynamo: DynamoTransport, n: number) => (id: string) => Promise<unknown>;

/** A call for each of `n` keys. */
const forEach =
  (callAll: CallAll) =>
  (name: string, table: TableDefinition, make: Make): GrowthCase => ({
    name,
    table,
    prepare: (dynamo, n) => {
      const call = make(dynamo, n);
      const ids = idsOf(n);
      return { operations: n, run: () => callAll(ids, call) };
    },
  });

const inTurn = forEach(each);
const atOnce = forEach((ids, call) => Promise.all(ids.map((id) => call(id))));

export const growthCases: readonly GrowthCase[] = [
  kv.one('kv get', (table, id) => table.get(id)),
  kv.one('kv set', (table, id) => table.set(id, value)),
  kv.one('kv update', (table, id) => table.update(id, (current) => ({ n: nOf(current) + 1 }))),
  kv.all('kv setMany', (table, ids) => table.setMany(ids.map((id) => [id, value]))),
  kv.all('kv getMany', (table, ids) => table.getMany(ids)),
  kv.all('kv deleteMany', (table, ids) => table.deleteMany(ids)),
  kv.all('kv streamAll', (table) => count(table.streamAll(1_000))),
  kv.all('kv clear', (table) => table.clear()),
  partitioned.one('partitioned set', (table, sort) => table.set({ ...setTable, sort }, value)),
  partitioned.all('partitioned clear', (table) => table.clear(setTable.partition)),
  inTurn('counter incr, n keys', keysTable, (dynamo) => {
    const counter = new KeyValueCounter({ dynamo, tableName: 'bench', namespace: 'bench' });
    return (id) => counter.incr(id);
  }),
  inTurn('lock acquire, n keys held', locksTable, (dynamo) => {
    const locks = new DynamoLock({ dynamo, tableName: 'bench' });
    return (id) => locks.acquire(id, { leaseMs: 3e7 });
  }),
  atOnce('lock acquire, n waiters for one key', locksTable, (dynamo) => {
    const locks = new DynamoLock({ dynamo, tableName: 'bench' });
    const held = locks.acquire('held', { leaseMs: 3e7 });
    return async () => {
      await held;
      await locks.acquire('held', { waitMsMax: 1 }).catch(() => {});
    };
  }),
  inTurn('do-once, n actions', partitionedKeysTable, (dynamo) => {
    const manager = new DoOnceManager({ dynamo, tableName: 'bench' });
    return (id) => manager.doOnce('user', id, () => 5);
  }),
  atOnce('do-once, n callers of one action', partitionedKeysTable, (dynamo) => {
    const manager = new DoOnceManager({ dynamo, tableName: 'bench' });
    return () => manager.doOnce('user', 'action', () => 5);
  }),
  inTurn('attempt, n keys', partitionedKeysTable, (dynamo) => {
    const limiter = new LimitedAttempt({ dynamo, tableName: 'bench' });
    return (sort) => limiter.attempt({ ...setTable, sort }, limits);
  }),
  inTurn('attempt, n keys remembered', partitionedKeysTable, (dynamo, n) => {
    const options = { dynamo, tableName: 'bench', rememberedKeysMax: n / 2 };
    const limiter = new LimitedAttempt(options);
    return (sort) => limiter.attempt({ ...setTable, sort }, limits);
  }),
  atOnce('getOrSet, n callers of one id', keysTable, (dynamo) => {
    const table = openTable(dynamo);
    return () => table.getOrSet('id', () => value, { ttlSeconds: 60 });
  }),
];
