import { describeOnEngines } from '@x/conformance';
import {
  mappedTable,
  keysTable,
  partitionedKeysTable,
  type ConnectionOptions,
  type TableDefinition,
} from '@x/dynamo-core';
import { KeyValueCounter, PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock, locksTable } from '@x/dynamo-lock';
import { PartitionedKeyValueTable, put } from '@x/dynamo-partitioned';
import { DynamoSemaphore, semaphoresTable } from '@x/dynamo-semaphore';
import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

const ofKey = { partitionKeyFieldName: 'user', ttlFieldName: 'ttl' };
const ofValue = { ...ofKey, dataFieldName: 'values', md5: 'etag' };
const ofPartition = { ...ofValue, sortKeyFieldName: 'range' };
/** Engines remember the tokens of transactions, whatever their table. */
let tables = 0;
const key = { partition: 'p', namespace: 'n', sort: 's' };
const limit = { attemptsMax: 2, windowMs: 60_000 };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What a primitive does in a table, with its names or with others. */
type Use = (
  options: ConnectionOptions & { readonly mappings: object | undefined },
) => Promise<unknown[]>;

const on = (definition: TableDefinition, mappings: object, use: Use) => ({
  definition,
  mappings,
  use,
});

const uses: Readonly<Record<string, ReturnType<typeof on>>> = {
  KeyValueTable: on(keysTable, ofValue, async (options) => {
    const kv = new KeyValueTable({ ...options, namespace: 'n' });
    return [
      await kv.set('a', 1, { ttlSeconds: 60 }),
      await kv.setIfNotExists('a', 2),
      await kv.update<number>('a', (n = 0) => n + 1),
      await kv.getOrSet('b', () => 7, { ttlSeconds: 60 }),
      await kv.setMany([['c', 3]]),
      await kv.getMany(['a', 'b', 'c'], { consistent: true }),
      (await all(kv.ids({ consistent: true }))).sort(),
      await kv.delete('a'),
      await kv.clear(),
    ];
  }),
  PartitionedKeyValueTable: on(partitionedKeysTable, ofPartition, async (options) => {
    const table = new PartitionedKeyValueTable(options);
    const set = { ...key, sort: 'set' };
    return [
      await table.set(key, 1, { ttlSeconds: 60 }),
      await table.setIfNotExists(key, 2),
      await table.addToSet<string>(set, ['a', 'b']),
      await table.removeFromSet<string>(set, 'a'),
      await table.existsInSet<string>(set, 'b', undefined, { consistent: true }),
      await table.transact([put({ ...key, sort: 'x' }, 5)], { token: options.tableName }),
      await table.count('p', { consistent: true }),
      (await all(table.entries('p', { consistent: true }))).map(({ value }) => value),
      await table.getMany([key, set], { consistent: true }),
      await table.clear('p', { namespace: 'n' }),
    ];
  }),
  KeyValueCounter: on(keysTable, ofValue, async (options) => {
    const counter = new KeyValueCounter({ ...options, namespace: 'n', ttlSeconds: 60 });
    const token = { token: options.tableName, tokenTtlSeconds: 60 };
    const windowed = counter.windowed({ windowMs: 60_000 });
    return [
      await counter.incr('a'),
      await counter.incr('a', 2, token),
      await counter.incr('a', 2, token),
      await counter.tryIncr('a', 5, { max: 4 }),
      await counter.max('a', 9),
      await counter.compareAndSet('a', 9, 1),
      await windowed.incr('a', 3),
      await windowed.get('a', { consistent: true }),
      await counter.get(['a', 'b'], { consistent: true }),
      await counter.delete('a'),
    ];
  }),
  PartitionedKeyValueCounter: on(partitionedKeysTable, ofPartition, async (options) => {
    const counter = new PartitionedKeyValueCounter({ ...options, ttlSeconds: 60 });
    const token = { token: options.tableName, tokenTtlSeconds: 60 };
    return [
      await counter.incr(key, 2, token),
      await counter.incr(key, 2, token),
      await counter.min(key, 1),
      await counter.get(key, { consistent: true }),
      await counter.delete(key),
    ];
  }),
  DynamoLock: on(locksTable, ofKey, async (options) => {
    const locks = new DynamoLock({ ...options, holder: 'me' });
    const lock = await locks.acquire('k', { info: 1 });
    return [
      lock.fence,
      await lock.renew(),
      await locks.tryAcquire('k'),
      await locks.inspect('k'),
      await all(locks.list({ prefix: 'k' })),
      await lock.release(),
      (await locks.acquire('k')).fence,
      await locks.forceRelease('k'),
      await locks.sweep(),
    ];
  }),
  DynamoSemaphore: on(semaphoresTable, ofKey, async (options) => {
    const semaphore = new DynamoSemaphore({ ...options, holder: 'me' });
    const permit = await semaphore.acquire('k', { n: 1, info: 1 });
    return [
      permit.fence,
      await permit.renew(),
      await semaphore.tryAcquire('k', { n: 1 }),
      await semaphore.inspect('k'),
      await permit.release(),
      await semaphore.withPermit('k', { n: 1 }, ({ fence }) => fence),
    ];
  }),
  DoOnceManager: on(partitionedKeysTable, ofPartition, async (options) => {
    const manager = new DoOnceManager({ ...options, storeResult: true, ttlSeconds: 60 });
    return [
      await manager.doOnce('ann', 'mail', () => 1),
      await manager.doOnce('ann', 'mail', () => 2),
      await manager.getDone('ann', 'mail', { consistent: true }),
      await manager.markDone('ann', 'other', { result: 3 }),
      await manager.clearKey('ann', 'mail'),
      await manager.haveAlreadyDone('ann', 'mail', { consistent: true }),
    ];
  }),
  LimitedAttempt: on(partitionedKeysTable, ofPartition, async (options) => {
    const limiter = new LimitedAttempt(options);
    const attempt = await limiter.attempt(key, limit, 'web');
    return [
      attempt.attempts,
      await attempt.refund(),
      await limiter.consume(key, limit),
      await limiter.record(key, limit),
      await limiter.tryAttempt(key, limit),
      await limiter.peek(key, limit),
      await limiter.block(key, 1_000),
      await limiter.unblock(key),
      (await limiter.attemptAll([{ key, limits: limit }])).isAdmitted,
      await limiter.clear(key),
    ];
  }),
};

describeOnEngines('names of attributes that are the table’s', (engine) => {
  test.each(Object.entries(uses))(
    'mean the same to %s',
    async (_, { definition, mappings, use }) => {
      const outcomes: unknown[] = [];
      for (const names of [undefined, mappings]) {
        const table = names === undefined ? definition : mappedTable(definition, names);
        const tableName = await engine.createTable(table);
        const clock = new ManualClock();
        const dynamo = engine.client();
        const options = {
          dynamo,
          tableName,
          clock,
          random: seededRandom(++tables),
          mappings: names,
        };
        const outcome = await clock.drive(use(options), { busy: () => true });
        // Fences and versions are random in part.
        outcomes.push(JSON.stringify(outcome).replaceAll(/\d{13,}|id:[^"]+/g, '…'));
        const used = new Set((await engine.rows(tableName)).flatMap(Object.keys));
        const usual = definition.ttlAttribute ?? 'expiresAt';
        expect([usual, used.has(usual)]).toEqual([usual, names === undefined && used.size > 0]);
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
    },
  );
});
