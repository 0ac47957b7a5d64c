import { readFileSync } from 'node:fs';

import type { DynamoInput, DynamoTransport } from '@x/dynamo-core';
import { KeyValueCounter, PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { DoOnceManager } from '@x/dynamo-do-once';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { DynamoLock } from '@x/dynamo-lock';
import { check, ifExists, PartitionedKeyValueTable, put, remove } from '@x/dynamo-partitioned';
import { MemoryDynamo } from '@x/dynamo-testing';
import { describe, expect, test } from 'vitest';

import { DynamoLockEntryDao, KeyValueTableDao, PartitionedKeyValueTableDao } from './index.js';

const key = { partition: 'u', namespace: 'n', sort: 's' };
const other = { ...key, sort: 'other' };
const limit = { attemptsMax: 2, windowMs: 60_000 };

/** What the methods of each class send, the rarely used ones too. */
const uses: Readonly<Record<string, (dynamo: DynamoTransport) => Promise<void>>> = {
  DynamoLock: async (dynamo) => {
    const locks = new DynamoLock({ dynamo, tableName: 'locks' });
    await locks.withLock('a', async () => {});
    await locks.tryAcquire('b', 10);
    await locks.inspect('b');
    await locks.forceRelease('b');
    for await (const _ of locks.list());
    await dynamo.call('UpdateItem', purged);
    await locks.sweep();
  },
  KeyValueTable: async (dynamo) => {
    const kv = new KeyValueTable({ dynamo, tableName: 'keys', namespace: 'n' });
    await kv.set('a', 1);
    await kv.update<number>('a', (value = 0) => value + 1);
    await kv.get('a');
    await kv.has('a');
    await kv.setMany([['b', 2]]);
    await kv.getMany(['a', 'b']);
    await kv.listAll();
    await kv.delete('a');
    await kv.clear();
  },
  PartitionedKeyValueTable: async (dynamo) => {
    const table = new PartitionedKeyValueTable({ dynamo, tableName: 'partitioned' });
    await table.addToSet<string>(key, 'a');
    await table.exists(key);
    await table.setMany([{ key: other, data: 1 }]);
    await table.getMany([other]);
    await table.transact([check(key, ifExists), put(other, 2), remove({ ...key, sort: 'third' })]);
    await table.delete(key);
    await table.clear('u');
  },
  KeyValueCounter: async (dynamo) => {
    const counter = new KeyValueCounter({ dynamo, tableName: 'keys', namespace: 'n' });
    await counter.incr('a');
    await counter.incr('a', 1, { token: 'message', tokenTtlSeconds: 60 });
    await counter.get('a');
    await counter.get(['a']);
    await counter.delete('a');
  },
  PartitionedKeyValueCounter: async (dynamo) => {
    const counter = new PartitionedKeyValueCounter({ dynamo, tableName: 'partitioned' });
    await counter.incr(key);
    await counter.incr(key, 1, { token: 'message', tokenTtlSeconds: 60 });
    await counter.get(key);
    const shards = new PartitionedKeyValueCounter({ dynamo, tableName: 'partitioned', shards: 2 });
    await shards.get(key);
    await counter.delete(key);
  },
  DoOnceManager: async (dynamo) => {
    const manager = new DoOnceManager({ dynamo, tableName: 'partitioned' });
    await manager.doOnce('u', 'mail', () => 1);
    await manager.haveAlreadyDone('u', 'mail');
    await manager.doOnce('u', 'mail', () => 1);
    await manager.clearKey('u', 'mail');
    await manager.doOnce('u', 'fails', () => Promise.reject(new Error('no'))).catch(() => {});
    await manager
      .doOnce('u', 'kept', () => Promise.reject(new Error('no')), {
        takeover: false,
        onError: 'keep',
      })
      .catch(() => {});
    const item = { Put: { TableName: 'partitioned', Item: wire(other) } };
    await manager.transact('u', 'bonus', [item], { marshall: (each) => each });
  },
  LimitedAttempt: async (dynamo) => {
    const limiter = new LimitedAttempt({ dynamo, tableName: 'partitioned' });
    const attempt = await limiter.attempt(key, limit);
    await attempt.refund();
    await limiter.record(key, limit, { cost: 3 });
    await limiter.consume(key, limit);
    await limiter.refund(key, limit);
    await limiter.block(key, 1_000);
    await limiter.unblock(key);
    const entries = ['address', 'user'].map((sort) => ({ key: { ...key, sort }, limits: limit }));
    await limiter.attemptAll(entries, { remaining: true });
    await attempt.clear();
  },
};

function wire({ partition, sort }: typeof key): Record<string, unknown> {
  return { partitionKey: { S: partition }, sortKey: { S: sort } };
}

const purged: DynamoInput<'UpdateItem'> = {
  TableName: 'locks',
  Key: { key: { S: 'b' } },
  UpdateExpression: 'SET purgeAt = :past',
  ExpressionAttributeValues: { ':past': { N: '1' } },
};

describe('the IAM actions in MIGRATING.md', () => {
  const text = readFileSync(new URL('../../../MIGRATING.md', import.meta.url), 'utf8');
  const section = text.split('## IAM actions')[1]?.split('## ')[0] ?? '';
  const rows = section.split('\n').flatMap((line) => {
    const [, classes, actions] = line.split('|');
    const names = namesIn(classes);
    return names.length > 0 ? names.map((name) => ({ name, actions: namesIn(actions) })) : [];
  });

  test('every class has its line', () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(uses).toSorted());
  });

  for (const { name, actions } of rows) {
    test(`${name} sends what its line says`, async () => {
      const memory = new MemoryDynamo();
      memory.createTable(DynamoLockEntryDao, 'locks');
      memory.createTable(KeyValueTableDao, 'keys');
      memory.createTable(PartitionedKeyValueTableDao, 'partitioned');
      const seen = new Set<string>();
      await uses[name]?.({
        call: (operation, input, options) => {
          for (const action of actionsOf(operation, input)) seen.add(action);
          return memory.call(operation, input, options);
        },
      });
      const named = actions.filter((action) => /^[A-Z]/.test(action));
      expect([...seen].toSorted()).toEqual(named.toSorted());
    });
  }
});

function namesIn(cell = ''): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].flatMap(([, name]) => name ?? []);
}

/** A transaction needs the action of each of its items. */
function actionsOf(operation: string, input: object): string[] {
  if (operation !== 'TransactWriteItems') return [operation];
  const { TransactItems = [] } = input as DynamoInput<'TransactWriteItems'>;
  return TransactItems.flatMap((item) =>
    Object.keys(item).map((kind) =>
      kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`,
    ),
  );
}
