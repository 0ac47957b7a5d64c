import {
  keysTable,
  partitionedKeysTable,
  type Clock,
  type DynamoTransport,
  type TableDefinition,
} from '@x/dynamo-core';
import { KeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';

/** What every primitive is made with here. */
interface Connected {
  readonly dynamo: DynamoTransport;
  readonly tableName: string;
  readonly clock: Clock;
}

/** One operation, as it is run again and again. */
export interface Operation {
  readonly run: () => Promise<unknown>;
  /** Runs once before all others. */
  readonly prime?: () => Promise<unknown>;
}

/** An operation to be measured, on rows whose memories are full unless the name says otherwise. */
export interface BenchCase {
  readonly name: string;
  readonly table: TableDefinition;
  readonly make: (connected: Connected) => Operation;
  /** How often it runs before it is recorded. @default 20, which fills the memory of a row */
  readonly before?: number;
}

const value = { a: 1, b: 'text' };
const key = { partition: 'p', namespace: 'bench', sort: 'id' };
const limits = { attemptsMax: 1_000_000_000, validityTime: 1_000_000_000 };
const ten = Array.from({ length: 10 }, (_, index) => `id${index}`);

function keyValues(connected: Connected): KeyValueTable {
  return new KeyValueTable({ ...connected, namespace: 'bench' });
}

function kvCase(
  name: string,
  run: (table: KeyValueTable) => Promise<unknown>,
  rest: Pick<BenchCase, 'before'> = {},
): BenchCase {
  const make = (connected: Connected): Operation => {
    const table = keyValues(connected);
    return { prime: () => table.set('id', { n: 1 }), run: () => run(table) };
  };
  return { name, table: keysTable, make, ...rest };
}

function attemptCase(
  name: string,
  run: (limiter: LimitedAttempt, n: number) => Promise<unknown>,
): BenchCase {
  const make = (connected: Connected): Operation => {
    const limiter = new LimitedAttempt(connected);
    let n = 0;
    return { run: () => run(limiter, n++) };
  };
  return { name, table: partitionedKeysTable, make };
}

function doOnceCase(name: string, actionOf: (n: number) => string): BenchCase {
  const make = (connected: Connected): Operation => {
    const manager = new DoOnceManager(connected);
    let n = 0;
    return { run: () => manager.doOnce('user', actionOf(n++), () => 5) };
  };
  return { name, table: partitionedKeysTable, make };
}

function lockCase(name: string, run: (locks: DynamoLock) => Promise<unknown>): BenchCase {
  const make = (connected: Connected): Operation => {
    const locks = new DynamoLock(connected);
    return { prime: () => locks.acquire('held', { leaseMs: 3e7 }), run: () => run(locks) };
  };
  return { name, table: locksTable, make };
}

function partitionedCase(
  name: string,
  run: (table: PartitionedKeyValueTable, n: number) => Promise<unknown>,
  prime: (table: PartitionedKeyValueTable) => Promise<unknown>,
): BenchCase {
  const make = (connected: Connected): Operation => {
    const table = new PartitionedKeyValueTable(connected);
    let n = 0;
    return { prime: () => prime(table), run: () => run(table, n++) };
  };
  return { name, table: partitionedKeysTable, make };
}

async function refused(call: Promise<unknown>, name: string): Promise<void> {
  const error = await call.then(
    () => new Error('It was not refused'),
    (reason: Error) => reason,
  );
  if (error.name !== name) throw error;
}

/** Every operation that the tables show. Refused ones, and those of several requests, are among them. */
export const cases: readonly BenchCase[] = [
  kvCase('kv get', (table) => table.get('id')),
  kvCase('kv set', (table) => table.set('id', value)),
  kvCase('kv setIfNotExists, refused', (table) => table.setIfNotExists('id', value)),
  kvCase('kv update', (table) =>
    table.update<{ n: number }>('id', (current) => ({ n: (current?.n ?? 0) + 1 })),
  ),
  kvCase('kv setMany 10', (table) => table.setMany(ten.map((id) => [id, value]))),
  kvCase('kv getMany 10', (table) => table.getMany(ten)),
  partitionedCase(
    'partitioned set',
    (table) => table.set(key, value),
    (table) => table.set(key, value),
  ),
  partitionedCase(
    'partitioned addToSet',
    (table, n) => table.addToSet(key, [`z${n}`]),
    (table) => table.addToSet(key, ['x', 'y']),
  ),
  {
    name: 'counter incr',
    table: keysTable,
    make: (connected) => {
      const counter = new KeyValueCounter({ ...connected, namespace: 'bench' });
      return { run: () => counter.incr('id') };
    },
  },
  lockCase('lock acquire + release', async (locks) => {
    const lock = await locks.tryAcquire('id', { leaseMs: 3e7 });
    await lock?.release();
  }),
  lockCase('lock held by another', (locks) => locks.tryAcquire('held')),
  doOnceCase('do-once first', (n) => `action-${n}`),
  doOnceCase('do-once repeat', () => 'action'),
  attemptCase('attempt', (limiter) => limiter.attempt(key, limits)),
  attemptCase('attempt, many keys', (limiter, n) =>
    limiter.attempt({ ...key, sort: `id${n % 20_000}` }, limits),
  ),
  attemptCase('attempt, refused', (limiter, n) => {
    const attempt = limiter.attempt(key, { ...limits, attemptsMax: 20 });
    return n < 20 ? attempt : refused(attempt, 'AttemptsError');
  }),
  attemptCase('attemptAll of 2 keys', (limiter) =>
    limiter.attemptAll([
      { key, limits },
      { key: { ...key, sort: 'other' }, limits },
    ]),
  ),
];
