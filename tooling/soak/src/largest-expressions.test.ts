import {
  keysTable,
  partitionedKeysTable,
  type DynamoInput,
  type DynamoOperation,
  type DynamoTransport,
} from '@x/dynamo-core';
import { KeyValueCounter, type KeyValueCounterOptions } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import {
  alignedWindow,
  fixedWindow,
  LimitedAttempt,
  slidingCounter,
  slidingLog,
  tokenBucket,
} from '@x/dynamo-limited-attempt';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { ifVersion, PartitionedKeyValueTable, put, remove } from '@x/dynamo-partitioned';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

/** What AWS takes in one expression. Source: docs/engines.md. */
const limits = { bytes: 4_096, operators: 300, operands: 100 };

interface Size {
  readonly bytes: number;
  /** Operators and functions; more rather than less: the `=` of an assignment is one as well. */
  readonly operators: number;
  /** The longest list of an `IN`. */
  readonly operands: number;
}

function sizeOf(expression: string): Size {
  const operators = /<>|<=|>=|[=<>+-]|\b(?:AND|OR|NOT|BETWEEN|IN)\b|\b[a-z_]+ ?\(/g;
  const lists = [...expression.matchAll(/\bIN ?\(([^)]*)\)/g)].map((list) => list[1] ?? '');
  return {
    bytes: Buffer.byteLength(expression),
    operators: expression.match(operators)?.length ?? 0,
    operands: Math.max(0, ...lists.map((list) => list.split(',').length)),
  };
}

/** All expressions in a request, also those of the items of a transaction. */
function expressionsIn(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return [];
  return Object.entries(input).flatMap(([name, part]) =>
    name.endsWith('Expression') && typeof part === 'string' ? [part] : expressionsIn(part),
  );
}

/** Runs something on tables in memory, and measures what it sends. */
async function largestOf(
  run: (options: {
    dynamo: DynamoTransport;
    tableName: string;
    clock: ManualClock;
  }) => Promise<void>,
  definition = partitionedKeysTable,
): Promise<Size> {
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  const memory = new MemoryDynamo({ clock });
  memory.createTable(definition);
  const sizes: Size[] = [];
  const dynamo: DynamoTransport = {
    call<O extends DynamoOperation>(operation: O, input: DynamoInput<O>, options?: object) {
      sizes.push(...expressionsIn(input).map(sizeOf));
      return memory.call(operation, input, options);
    },
  };
  await clock.drive(run({ dynamo, tableName: definition.name, clock }));
  return {
    bytes: Math.max(...sizes.map(({ bytes }) => bytes)),
    operators: Math.max(...sizes.map(({ operators }) => operators)),
    operands: Math.max(...sizes.map(({ operands }) => operands)),
  };
}

const key = { partition: 'p', namespace: 'n', sort: 's' };
const inADay = { ttlSeconds: 86_400 };

async function values(kv: KeyValueTable): Promise<void> {
  await kv.set('a', 1, inADay);
  await kv.set('a', 1);
  await kv.setIfNotExists('b', 1, inADay);
  await kv.update('a', () => 2, inADay);
  await kv.setIfVersion('a', 3, (await kv.getEntry('a'))?.version ?? '', inADay);
  await kv.has('a');
  await kv.listAll({ keyContains: 'a' });
  await kv.delete('a');
}

async function partitioned(table: PartitionedKeyValueTable): Promise<void> {
  const other = { ...key, sort: 'other' };
  await table.set(key, 1, inADay);
  await table.set(other, 1);
  const only = ifVersion((await table.getEntry(key))?.version ?? '');
  await table.transact(
    [
      put(key, 2, { only, ...inADay }),
      remove(other, { only: ifVersion((await table.getEntry(other))?.version ?? '') }),
    ],
    { token: 'token' },
  );
  await table.addToSet({ ...key, sort: 'set' }, [1, 2], undefined, inADay);
  await table.exists(key);
  for await (const _ of table.entries('p', { namespace: 'n', between: ['a', 'z'] }));
  await table.clear('p');
}

async function counts(options: KeyValueCounterOptions): Promise<void> {
  const counter = new KeyValueCounter({ ...options, ...inADay });
  const bounds = { min: -10, max: 1_000 };
  await counter.incr('a', 1, bounds);
  await counter.tryIncr('a', 1, { ...bounds, token: 'one' });
  await counter.incr('a', 1, { ...bounds, token: 'two', tokenTtlSeconds: 60 });
  await counter.set('a', 5);
  await counter.windowed({ windowMs: 60_000 }).incr('a', 1, bounds);
  await counter.delete('a');
}

async function onces(manager: DoOnceManager): Promise<void> {
  const options = { payload: { amount: 1 }, storeResult: true };
  const dies = manager.doOnce('u', 'a', () => Promise.reject(new Error('no')), options);
  await dies.catch(() => undefined);
  await manager.doOnce('u', 'a', async () => 'done', options);
  await manager.markDone('u', 'b');
  const Item = { partitionKey: { S: 'x' }, sortKey: { S: 'y' } };
  const writes = [{ Put: { TableName: partitionedKeysTable.name, Item } }];
  const marshall = (item: unknown): typeof Item => item as typeof Item;
  await manager.transact('u', 'c', writes, { payload: options.payload, marshall });
  await manager.clearKey('u', 'a');
}

/** As many limits as there may be, each algorithm, each of the size that takes most. */
async function attempts(limiter: LimitedAttempt, clock: ManualClock): Promise<void> {
  const validityTime = 3_600_000;
  const each = [
    { algorithm: fixedWindow, attemptsMax: 1_000, blockMs: 60_000 },
    { algorithm: alignedWindow, attemptsMax: 1_000 },
    { algorithm: slidingCounter, attemptsMax: 1_000 },
    { algorithm: slidingLog, attemptsMax: 100 },
    { algorithm: tokenBucket, attemptsMax: 1_000 },
  ];
  for (const [index, limit] of each.entries()) {
    const four = [1, 2, 3, 4].map((times) => ({ ...limit, validityTime: validityTime * times }));
    const at = { ...key, sort: `limit ${index}` };
    for (const cost of [1, 1, 20, 1]) {
      const attempt = await limiter.attempt(at, four, { cost, context: 'context' });
      await attempt.refund();
      await clock.advance(validityTime);
    }
    await limiter.clear(at);
  }
}

async function locks(lock: DynamoLock, clock: ManualClock): Promise<void> {
  const first = await lock.acquire('a', 10, { waitMsMax: 1, info: { host: 'a' } });
  await clock.advance(5_000);
  await first.release();
  const second = await lock.acquire('a', 10, { waitMsMax: 1 });
  await lock.forceRelease('a');
  await second.release();
  const all = await lock.acquireAll(['b', 'c'], 10, { waitMsMax: 1 });
  await all.release();
}

const cases: Readonly<Record<string, () => Promise<Size>>> = {
  kv: () => largestOf((options) => values(new KeyValueTable(options)), keysTable),
  partitioned: () => largestOf((options) => partitioned(new PartitionedKeyValueTable(options))),
  counter: () => largestOf(counts, keysTable),
  'do-once': () => largestOf((options) => onces(new DoOnceManager(options))),
  'limited-attempt': () =>
    largestOf((options) => attempts(new LimitedAttempt(options), options.clock)),
  lock: () => largestOf((options) => locks(new DynamoLock(options), options.clock), locksTable),
};

describe('the largest expression that a package sends is one that AWS takes', () => {
  test.each(Object.entries(cases))('%s', async (_, measure) => {
    const size = await measure();
    expect(size.operators).toBeGreaterThan(3);
    expect(size.bytes).toBeLessThanOrEqual(limits.bytes);
    expect(size.operators).toBeLessThanOrEqual(limits.operators);
    expect(size.operands).toBeLessThanOrEqual(limits.operands);
  });
});

describe('the measure', () => {
  test('counts bytes, operators with functions, and the operands of IN', () => {
    expect(sizeOf('NOT :id IN (#a, b) AND size(#ü) >= :n')).toEqual({
      bytes: 38,
      operators: 5,
      operands: 2,
    });
    expect(sizeOf('SET #a = if_not_exists(#a, :none) + :one')).toMatchObject({ operators: 3 });
    expect(expressionsIn({ TransactItems: [{ Put: { ConditionExpression: 'a' } }] })).toEqual([
      'a',
    ]);
  });
});
