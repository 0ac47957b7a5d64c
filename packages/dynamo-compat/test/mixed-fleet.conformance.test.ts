import { readFileSync } from 'node:fs';

import { describeOnEngines, OriginalLock } from '@x/conformance';
import { injectFaults } from '@x/dynamo-testing';
import { beforeAll, expect, test } from 'vitest';

import {
  AttemptsError,
  DoOnceManager,
  DynamoLock,
  DynamoLockEntryDao,
  KeyValueCounter,
  KeyValueTable,
  KeyValueTableDao,
  LimitedAttempt,
  PartitionedKeyValueCounter,
  PartitionedKeyValueTable,
  PartitionedKeyValueTableDao,
  noOpMonitoring,
  type CompoundKey,
} from '../src/index.js';
import { meanwhile } from './differences/answering.js';
import { OriginalKeys } from './original-keys.js';
import { OriginalPartitions } from './original-partitions.js';

const migrating = readFileSync(new URL('../../../MIGRATING.md', import.meta.url), 'utf8');
const startMs = Date.UTC(2030, 0, 1);
const monitoring = noOpMonitoring;

describeOnEngines('compat beside the original', (engine) => {
  let locks: string;
  let keys: string;
  let partitioned: string;
  const theirs = (): OriginalPartitions => new OriginalPartitions(engine.client(), partitioned);
  const table = (): PartitionedKeyValueTable =>
    new PartitionedKeyValueTable({ dynamo: engine.client(), tableName: partitioned, monitoring });

  beforeAll(async () => {
    locks = await engine.createTable(DynamoLockEntryDao);
    keys = await engine.createTable(KeyValueTableDao);
    partitioned = await engine.createTable(PartitionedKeyValueTableDao);
  });

  test('a lock has one holder of either, in turns', async () => {
    let nowMs = startMs;
    const ours = new DynamoLock({
      dynamo: engine.client(),
      tableName: locks,
      monitoring,
      timeProvider: { epochMS: () => nowMs },
    });
    const original = new OriginalLock(engine.client(), locks, { now: () => nowMs });
    for (let turn = 0; turn < 6; turn++) {
      const lock = await ours.tryAcquire('job', 10);
      expect(lock).toBeDefined();
      expect(await original.tryAcquire('job', 10)).toBeUndefined();
      expect(await lock?.release()).toBeUndefined();
      const theirLock = await original.tryAcquire('job', 10);
      expect(theirLock).toBeDefined();
      expect(await ours.tryAcquire('job', 10)).toBeUndefined();
      if (turn % 2 === 0) await theirLock?.release();
      else nowMs += 60_000;
    }
  });

  test('values and counts go on from each other, fractions too', async () => {
    const props = { dynamo: engine.client(), tableName: keys, namespace: 'events', monitoring };
    const [kv, counter, original] = [
      new KeyValueTable(props),
      new KeyValueCounter(props),
      new OriginalKeys(engine.client(), keys, 'events'),
    ];
    await original.set('user-1', { a: 1 });
    expect(await kv.get('user-1')).toEqual({ a: 1 });
    await kv.set('user-1', { a: 2 });
    expect(await original.get('user-1')).toEqual({ a: 2 });
    expect(await kv.listAll({ keyContains: 'events.user-' })).toEqual({
      items: [['user-1', { a: 2 }]],
    });
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2 === 0 ? counter.incr('hits') : original.incr('hits', 1),
      ),
    );
    expect(await original.incr('hits', 0.5)).toBe(10.5);
    expect(await counter.incr('hits')).toBe(11.5);
    expect(await counter.get(['hits'])).toEqual([{ id: 'hits', count: 11.5 }]);
  });

  test('a fraction is counted once where its response is lost', async () => {
    const dynamo = engine.client();
    injectFaults(dynamo, ({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined));
    const props = { dynamo, tableName: keys, namespace: 'events', monitoring };
    const counter = new KeyValueCounter(props);
    expect(await counter.incr('lost', 0.5)).toBe(0.5);
    expect(await counter.incr('lost', 2)).toBe(2.5);
    expect(await counter.decr('lost', 0.25)).toBe(2.25);
    const partitionedCounter = new PartitionedKeyValueCounter({
      dynamo,
      monitoring,
      tableName: partitioned,
    });
    const key = { partition: 'u', namespace: 'n', sort: 'lost' };
    expect(await partitionedCounter.incr(key, 0.5)).toBe(0.5);
  });

  test('a set keeps what both add at the same time', async () => {
    const key: CompoundKey<string, number[]> = { partition: 'u', namespace: 'n', sort: 'set' };
    const ours = table();
    await ours.addToSet(key, 0);
    const original = theirs();
    await Promise.all([
      ...[1, 2, 3].map((element) => ours.addToSet(key, element)),
      ...[4, 5, 6].map((element) => original.addToSet(key, element)),
    ]);
    expect((await ours.get(key))?.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('what either has done stays done', async () => {
    const manager = new DoOnceManager(table(), { epochMS: () => startMs }, monitoring);
    const original = theirs();
    const done = (action: string): CompoundKey => ({
      partition: 'u',
      namespace: 'users',
      sort: `do_once.${action}`,
    });
    await manager.doOnce('u', 'ours', () => 1);
    expect(await original.setIfNotExists(done('ours'), 1)).toBe(false);
    expect(await original.get(done('ours'))).toBe(startMs);
    expect(await original.setIfNotExists(done('theirs'), 77)).toBe(true);
    expect(await manager.doOnce('u', 'theirs', () => 1)).toEqual({ didAction: false });
    expect(await manager.haveAlreadyDone('u', 'theirs')).toEqual({ done: true, at: 77 });
  });

  test.each(['in turns', 'in the worst order'])(
    'attempts %s, as MIGRATING.md has it',
    async (order) => {
      const limit = { attemptsMax: 10, validityTime: 60_000 };
      const limiter = new LimitedAttempt(table(), { epochMS: () => startMs });
      const key = { partition: 'fleet', namespace: 'attempts', sort: order };
      let admitted = 0;
      const useUp = async (): Promise<void> => {
        try {
          for (;;) {
            await limiter.attempt(key, limit);
            admitted += 1;
          }
        } catch (error) {
          if (!(error instanceof AttemptsError)) throw error;
        }
      };
      for (let round = 0; round < 12; round++) {
        const isWorst = order !== 'in turns';
        const dynamo = isWorst ? meanwhile(engine.client(), useUp) : engine.client();
        const original = new OriginalPartitions(dynamo, partitioned);
        if (await original.attempt(key, startMs, limit)) admitted += 1;
        if (!isWorst) await useUp();
      }
      const { attemptsMax: n } = limit;
      const said = order === 'in turns' ? n ** 2 / 4 + n / 2 : n ** 2 / 2 + (3 * n) / 2;
      const line = migrating.split('\n').find((each) => each.trim().startsWith(`| ${order}`));
      const cells = line?.split('|').map((cell) => cell.trim());
      expect(cells).toContain(`${admitted}`);
      expect(admitted).toBe(said);
    },
  );
});
