import { promisify } from 'node:util';

import {
  keysTable,
  type ConnectionOptions,
  type DynamoInput,
  type DynamoOperation,
  type DynamoTransport,
} from '@x/dynamo-core';
import { KeyValueCounter, PartitionedKeyValueCounter } from '@x/dynamo-counter';
import { KeyValueTable } from '@x/dynamo-kv';
import { LimitedAttempt } from '@x/dynamo-limited-attempt';
import { partitionedKeysTable, PartitionedKeyValueTable, put, remove } from '@x/dynamo-partitioned';
import { DynamoSessionStore } from '@x/dynamo-session';
import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import { expect, test } from 'vitest';

const tableName = 'one-row';
const limit = { attemptsMax: 50, windowMs: 1_000 };
const ttl = { ttlSeconds: 5 };
/** A copy is known while fewer other writes of its kind have come. */
const remembered = { value: 8, count: 16, attempts: 16 };
type Kind = keyof typeof remembered;

/** A copy of a request that was applied. It arrives some time. */
interface Copy {
  readonly name: string;
  readonly kind: Kind;
  readonly send: () => Promise<unknown>;
  /** How many writes of its kind came since. */
  others: number;
}

/** What is done, and what it writes or, as is stated, makes the row forget. */
type Step = readonly [
  name: string,
  kind: Kind | `forgets ${'value' | 'count' | 'all'}` | undefined,
  run: () => Promise<unknown>,
];

interface World extends ConnectionOptions {
  readonly clock: ManualClock;
}

/** All that may be stored under one key of a partition. */
function ofPartition(world: World, below: (max: number) => number): readonly Step[] {
  const key = { partition: 'ann', namespace: 'app', sort: 'a' };
  const values = new PartitionedKeyValueTable(world);
  const counts = new PartitionedKeyValueCounter(world);
  const dying = new PartitionedKeyValueCounter({ ...world, ...ttl });
  const limiter = new LimitedAttempt(world);
  const value = (): number => below(1_000);
  let version = 'id:none';
  return [
    ['set', 'value', () => values.set(key, value())],
    ['set for a time', 'value', () => values.set(key, value(), ttl)],
    ['set of a set', 'value', () => values.set(key, [1, 2])],
    ['setIfNotExists', 'value', () => values.setIfNotExists(key, value(), ttl)],
    ['update', 'value', () => values.update(key, value)],
    [
      'getEntry',
      undefined,
      async () => (version = (await values.getEntry(key))?.version ?? version),
    ],
    ['setIfVersion', 'value', () => values.setIfVersion(key, value(), version)],
    ['addToSet', 'value', () => values.addToSet(key, below(5))],
    ['removeFromSet', 'value', () => values.removeFromSet(key, below(5))],
    ['transact', 'value', () => values.transact([put(key, value())])],
    ['transact with a token', 'value', () => values.transact([put(key, 1)], { token: 'a' })],
    ['getOrSet', 'value', () => values.getOrSet(key, value, ttl)],
    [
      'getOrSet of stale',
      'value',
      () => values.getOrSet(key, value, { ttlSeconds: 1, staleSeconds: 9 }),
    ],
    ['incr', 'count', () => counts.incr(key)],
    ['incr for a time', 'count', () => dying.incr(key)],
    ['set of a count', 'count', () => counts.set(key, below(100))],
    ['max', 'count', () => counts.max(key, below(100))],
    ['attempt', 'attempts', () => limiter.attempt(key, limit)],
    ['record', 'attempts', () => limiter.record(key, limit)],
    ['refund', 'attempts', () => limiter.refund(key, limit)],
    ['block', 'attempts', () => limiter.block(key, 500)],
    ['unblock', 'attempts', () => limiter.unblock(key)],
    ['delete', 'forgets value', () => values.delete(key)],
    ['delete of a count', 'forgets count', () => counts.delete(key)],
    ['remove', 'forgets all', () => values.transact([remove(key)])],
    ['setMany', 'forgets all', () => values.setMany([{ key, data: value() }])],
    ['deleteMany', 'forgets all', () => values.deleteMany([key])],
  ];
}

/** All that may be stored under one key of a table that namespaces and sessions share. */
function ofNamespaces(world: World, below: (max: number) => number): readonly Step[] {
  const [ours, theirs] = [
    new KeyValueTable({ ...world, namespace: 'sess:a' }),
    new KeyValueTable({ ...world, namespace: '' }),
  ];
  const counts = new KeyValueCounter({ ...world, namespace: 'sess:a' });
  const dying = new KeyValueCounter({ ...world, ...ttl, namespace: '' });
  const store = new DynamoSessionStore(world);
  const [set, touch] = [promisify(store.set), promisify(store.touch)] as const;
  const session = (): never => {
    const cookie = { expires: new Date(world.clock.now() + 1 + below(5_000)) };
    return { cookie, n: below(1_000) } as never;
  };
  const value = (): number => below(1_000);
  return [
    ['set', 'value', () => ours.set('b', value())],
    ['set for a time', 'value', () => ours.set('b', value(), ttl)],
    ['set of theirs', 'value', () => theirs.set('sess:a.b', value())],
    ['setIfNotExists', 'value', () => ours.setIfNotExists('b', value(), ttl)],
    ['setIfNotExists of theirs', 'value', () => theirs.setIfNotExists('sess:a.b', value())],
    ['update', 'value', () => ours.update('b', value)],
    ['update of theirs', 'value', () => theirs.update('sess:a.b', value)],
    ['getOrSet', 'value', () => ours.getOrSet('b', value, ttl)],
    ['getOrSet of theirs', 'value', () => theirs.getOrSet('sess:a.b', value, ttl)],
    ['set of a session', 'value', () => set.call(store, 'a.b', session())],
    ['touch', 'value', () => touch.call(store, 'a.b', session())],
    ['incr', 'count', () => counts.incr('b')],
    ['incr of theirs for a time', 'count', () => dying.incr('sess:a.b')],
    ['set of a count', 'count', () => counts.set('b', below(100))],
    ['delete', 'forgets value', () => ours.delete('b')],
    ['delete of theirs', 'forgets value', () => theirs.delete('sess:a.b')],
    ['delete of a count', 'forgets count', () => counts.delete('b')],
    ['setMany', 'forgets all', () => ours.setMany([['b', value()]])],
    ['clear', 'forgets all', () => ours.clear()],
  ];
}

const tables = { ofPartition, ofNamespaces } as const;

async function run(kind: keyof typeof tables, seed: number): Promise<number> {
  const random = seededRandom(seed);
  const below = (max: number): number => Math.floor(random.unit() * max);
  const clock = new ManualClock({ nowMs: Date.UTC(2030, 0, 1) });
  const memory = new MemoryDynamo({ clock });
  memory.createTable(kind === 'ofPartition' ? partitionedKeysTable : keysTable, tableName);
  const stored = (): string => JSON.stringify(memory.rows(tableName));
  let sent: Copy['send'][] = [];
  const dynamo: DynamoTransport = {
    usesSockets: false,
    async call<O extends DynamoOperation>(operation: O, input: DynamoInput<O>) {
      const before = stored();
      const output = await memory.call(operation, input);
      // Deletes and batches carry no condition.
      const isKnown = operation === 'UpdateItem' || operation === 'TransactWriteItems';
      if (isKnown && stored() !== before) sent.push(() => memory.call(operation, input));
      return output;
    },
  };
  const steps: readonly Step[] = [
    ...tables[kind]({ dynamo, tableName, clock, random }, below),
    ['a moment', undefined, () => clock.advance(300)],
    ['a second', undefined, () => clock.advance(1_000)],
    ['three days', undefined, () => clock.advance(3 * 86_400_000)],
  ];
  let copies: Copy[] = [];
  let late = 0;
  const log: string[] = [];
  for (let step = 0; step < 60; step++) {
    const [name, does, change] = steps[below(steps.length)] as Step;
    const before = stored();
    sent = [];
    const error = await clock.drive(change()).then(
      () => undefined,
      (reason: Error) => reason,
    );
    log.push(error === undefined ? name : `${name} (${error.name})`);
    const expected = /KeyCollision|UnreadableRow|Attempts|TransactionCanceled/;
    expect(error?.name ?? 'KeyCollisionError').toMatch(expected);
    if (before !== stored() && does?.startsWith('forgets')) {
      copies = copies.filter((copy) => does !== 'forgets all' && does !== `forgets ${copy.kind}`);
    } else if (before !== stored() && does !== undefined) {
      const writes = does as Kind;
      for (const copy of copies) if (copy.kind === writes) copy.others++;
      for (const send of sent) copies.push({ name, kind: writes, send, others: 0 });
    }
    if (memory.rows(tableName).length === 0) copies = [];
    copies = copies.filter((copy) => copy.others < remembered[copy.kind]);
    for (const { name: copied, send } of copies.filter(() => random.unit() < 0.15)) {
      const found = stored();
      late++;
      await send().catch(() => undefined);
      expect(stored(), `a copy of ${copied} after ${log.join(', ')}`).toBe(found);
    }
  }
  return late;
}

test.each(['ofPartition', 'ofNamespaces'] as const)(
  'late copies change nothing, whatever has come into the row or expired since: %s',
  async (kind) => {
    let late = 0;
    for (let seed = 1; seed <= 60; seed++) late += await run(kind, seed);
    expect(late).toBeGreaterThan(500);
  },
);
