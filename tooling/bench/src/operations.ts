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
  readonly serverClock: boolean;
}

/** One operation, as it is run again and again. */
export interface Operation {
  readonly run: () => Promise<unknown>;
  /** Runs once before all others. */
  readonly prime: () => Promise<unknown>;
}

/** An operation to be measured, on rows whose memories are full unless the name says otherwise. */
export interface BenchCase {
  readonly name: string;
  readonly table: TableDefinition;
  readonly make: (connected: Connected) => Operation;
}

const value = { a: 1, b: 'text' };
const key = { partition: 'p', namespace: 'bench', sort: 'id' };
const setKey = { ...key, sort: 'set' };
const limits = { attemptsMax: 1_000_000_000, validityTime: 1_000_000_000 };
const ten = Array.from({ length: 10 }, (_, index) => `id${index}`);

/** Makes the cases of one primitive. `run` gets the primitive, and how often it ran before. */
function casesOf<P>(
  table: TableDefinition,
  open: (connected: Connected) => P,
  prime: (primitive: P) => Promise<unknown> = async () => {},
) {
  return (name: string, run: (primitive: P, n: number) => Promise<unknown>): BenchCase => {
    const make = (connected: Connected): Operation => {
      const primitive = open(connected);
      let n = 0;
      return { prime: () => prime(primitive), run: () => run(primitive, n++) };
    };
    return { name, table, make };
  };
}

const kvCase = casesOf(
  keysTable,
  (connected) => new KeyValueTable({ ...connected, namespace: 'bench' }),
  (table) => table.set('id', { n: 1 }),
);
const partitionedCase = casesOf(
  partitionedKeysTable,
  (connected) => new PartitionedKeyValueTable(connected),
  async (table) => {
    await table.set(key, value);
    await table.addToSet(setKey, ['x', 'y']);
  },
);
const counterCase = casesOf(
  keysTable,
  (connected) => new KeyValueCounter({ ...connected, namespace: 'bench' }),
);
const lockCase = casesOf(
  locksTable,
  (connected) => new DynamoLock(connected),
  (locks) => locks.acquire('held', { leaseMs: 3e7 }),
);
const doOnceCase = casesOf(partitionedKeysTable, (connected) => new DoOnceManager(connected));
const attemptCase = casesOf(partitionedKeysTable, (connected) => new LimitedAttempt(connected));

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
  partitionedCase('partitioned set', (table) => table.set(key, value)),
  partitionedCase('partitioned addToSet', (table, n) => table.addToSet(setKey, [`z${n}`])),
  counterCase('counter incr', (counter) => counter.incr('id')),
  lockCase('lock acquire + release', async (locks) => {
    const lock = await locks.tryAcquire('id', { leaseMs: 3e7 });
    await lock?.release();
  }),
  lockCase('lock held by another', (locks) => locks.tryAcquire('held')),
  doOnceCase('do-once first', (manager, n) => manager.doOnce('user', `action-${n}`, () => 5)),
  doOnceCase('do-once repeat', (manager) => manager.doOnce('user', 'action', () => 5)),
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
