import { describeOnOneEngine, OriginalLock, type ConformanceEngine } from '@x/conformance';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoTransport } from '@x/dynamo-core';
import { toTransport } from '@x/dynamo-core/mechanism';
import { KeyValueCounter } from '@x/dynamo-counter';
import { KeyValueTable } from '@x/dynamo-kv';
import { DynamoLock } from '@x/dynamo-lock';
import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
import { ManualClock } from '@x/dynamo-testing';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';

import * as compat from '../src/index.js';
import { createTables, type Tables } from './differences/bench.js';
import { OriginalKeys } from './original-keys.js';
import { OriginalPartitions } from './original-partitions.js';
import { scriptsFor, Turns, type Actor, type Step } from './turns.js';

const startMs = Date.UTC(2030, 0, 1);
const monitoring = compat.noOpMonitoring;

/** Processes of the original and of ours at one table, and what a plain model has to say to each answer. */
interface Fleet {
  readonly actors: readonly Actor[];
  readonly check: (step: Step, answer: unknown) => void;
  /** What there is when all are done. */
  readonly end?: () => Promise<void>;
}

/** What a fleet is made with. */
interface Ground {
  readonly tables: Tables;
  readonly turns: Turns;
  readonly clock: ManualClock;
  readonly dynamo: DynamoDBClient;
  /** One whose responses are lost at times: ours recognise their requests. */
  readonly lossy: DynamoDBClient;
  /** One that waits for no turn. */
  readonly direct: DynamoTransport;
  /** New for each fleet. */
  readonly namespace: string;
}

/** Values and counts in one row: a model of the row, by what each library says of its own. */
function keysFleet({ tables, dynamo, clock, namespace }: Ground): Fleet {
  const props = { dynamo, tableName: tables.keys, namespace, clock, monitoring };
  const their = new OriginalKeys(dynamo, tables.keys, namespace);
  const [kv, counter] = [new KeyValueTable(props), new KeyValueCounter(props)];
  const [movedKv, movedCounter] = [
    new compat.KeyValueTable(props),
    new compat.KeyValueCounter(props),
  ];
  const original: Actor = {
    replace: (value) => their.set('id', value),
    get: () => their.get('id'),
    'delete row': () => their.delete('id'),
    incr: (value) => their.incr('id', value / 2),
    'count or 0': async () => (await their.counts(['id']))[0]?.count ?? 0,
  };
  const ours: Actor = {
    set: (value) => kv.set('id', value),
    get: () => kv.get('id'),
    delete: () => kv.delete('id'),
    update: (value) => kv.update<number>('id', (found = 0) => found + value),
    incr: async (value) => await counter.incr('id', value * 2),
    count: () => counter.get('id'),
    'delete count': () => counter.delete('id'),
  };
  const moved: Actor = {
    set: (value) => movedKv.set('id', value),
    get: async () => (await movedKv.getBatch(['id']))[0],
    incr: (value) => movedCounter.incr('id', value / 2),
    count: async () => (await movedCounter.get(['id']))[0]?.count,
  };
  return { actors: [original, ours, moved, original, ours], check: keysModel() };
}

/** Our own packages count whole numbers. */
function amountOf(actor: number, value: number): number {
  return actor === 1 || actor === 4 ? value * 2 : value / 2;
}

function keysModel(): Fleet['check'] {
  let row: { data?: number; count?: number } = {};
  return ({ actor, name, value }, answer) => {
    const by = amountOf(actor, value);
    switch (name) {
      case 'replace':
        row = { data: value };
        return;
      case 'set':
        row.data = value;
        return;
      case 'delete row':
        row = {};
        return;
      case 'delete':
        expect(answer).toBe(row.data !== undefined);
        delete row.data;
        return;
      case 'delete count':
        delete row.count;
        return;
      case 'update':
        row.data = (row.data ?? 0) + value;
        return expect(answer).toBe(row.data);
      case 'incr':
        row.count = (row.count ?? 0) + by;
        return expect(answer).toBe(row.count);
      case 'count':
        return expect(answer).toBe(row.count);
      case 'count or 0':
        return expect(answer).toBe(row.count ?? 0);
      default:
        return expect(answer).toBe(row.data);
    }
  };
}

/** Counts that both change, with fractions, where no row is replaced. */
function countsFleet({ tables, dynamo, lossy, direct, clock, namespace }: Ground): Fleet {
  const props = { dynamo: lossy, tableName: tables.keys, namespace, clock, monitoring };
  const their = new OriginalKeys(dynamo, tables.keys, namespace);
  const [own, moved] = [new KeyValueCounter(props), new compat.KeyValueCounter(props)];
  const original: Actor = { incr: (value) => their.incr('id', value / 2) };
  const ours: Actor = { incr: (value) => own.incr('id', value * 2) };
  const compats: Actor = { incr: (value) => moved.incr('id', value / 2) };
  let sum = 0;
  return {
    actors: [original, ours, compats, original, ours],
    check: ({ actor, value }) => void (sum += amountOf(actor, value)),
    end: async () => {
      const count = await new KeyValueCounter({ ...props, dynamo: direct }).get('id');
      expect(count ?? 0).toBe(sum);
    },
  };
}

/** One key of a partitioned table, and who writes it: the original, ours, compat. */
function partitions({ tables, dynamo, clock, namespace }: Ground) {
  const props = { dynamo, tableName: tables.partitioned, clock, monitoring };
  return {
    key: { partition: namespace, namespace: 'n', sort: 's' },
    their: new OriginalPartitions(dynamo, tables.partitioned),
    own: new PartitionedKeyValueTable(props),
    moved: new compat.PartitionedKeyValueTable(props),
  };
}

/** Sets that both change. Plain writes are ours: the original's own change of a set does not see its own. */
function setsFleet(ground: Ground): Fleet {
  const { key, their, own, moved } = partitions(ground);
  const original: Actor = {
    add: (value) => their.addToSet(key, value),
    remove: (value) => their.removeFromSet(key, value),
    get: () => their.get(key),
  };
  const ours: Actor = {
    add: (value) => own.addToSet<number>(key, value),
    'remove if there': (value) => own.removeFromSet<number>(key, value),
    set: (value) => own.set<number[]>(key, [value]),
    get: () => own.get(key, { consistent: true }),
  };
  const compats: Actor = {
    add: (value) => moved.addToSet(key, value),
    remove: (value) => moved.removeFromSet(key, value),
    has: (value) => moved.existsInSet(key, value),
  };
  return { actors: [original, ours, compats, original, ours], check: setModel() };
}

/** Plain writes of the original, beside set operations of ours. */
function valuesFleet(ground: Ground): Fleet {
  const { key, their, own, moved } = partitions(ground);
  const original: Actor = {
    set: (value) => their.set(key, [value]),
    'set new': (value) => their.setIfNotExists(key, [value]),
    delete: () => their.delete(key),
    exists: () => their.exists(key),
    get: () => their.get(key),
  };
  const ours: Actor = {
    add: (value) => own.addToSet<number>(key, value),
    'remove if there': (value) => own.removeFromSet<number>(key, value),
    'set new': (value) => own.setIfNotExists<number[]>(key, [value]),
    delete: async () => void (await own.delete(key)),
    exists: () => own.exists(key),
  };
  const compats: Actor = {
    add: (value) => moved.addToSet(key, value),
    remove: (value) => moved.removeFromSet(key, value),
    get: () => moved.get(key),
  };
  return { actors: [original, ours, compats, original, ours], check: setModel() };
}

function setModel(): Fleet['check'] {
  let row: number[] | undefined;
  return ({ name, value }, answer) => {
    const isIn = row?.includes(value) === true;
    switch (name) {
      case 'add':
        expect(answer).toBe(!isIn);
        if (!isIn) row = [...(row ?? []), value];
        return;
      case 'remove':
      case 'remove if there':
        expect(answer).toBe(name === 'remove' ? row !== undefined : isIn);
        row = row?.filter((element) => element !== value);
        return;
      case 'set new':
        expect(answer).toBe(row === undefined);
        row ??= [value];
        return;
      case 'set':
        row = [value];
        return;
      case 'delete':
        row = undefined;
        return;
      case 'exists':
        return expect(answer).toBe(row !== undefined);
      case 'has':
        return expect(answer).toBe(isIn);
      default:
        return expect(answer).toEqual(row);
    }
  };
}

interface Locks {
  tryAcquire(key: string, seconds: number): Promise<{ release(): Promise<unknown> } | undefined>;
}

/** Locks: one holder at any time, where the original releases within its lease. */
function locksFleet({ tables, turns, dynamo, lossy, clock, namespace }: Ground): Fleet {
  const leases = new Set<{ readonly endMs: number }>();
  let releasing = 0;
  const holder = (locks: Locks, isOurs: boolean): Actor => {
    let release: (() => Promise<void>) | undefined;
    const acquire = async (): Promise<void> => {
      const now = clock.now();
      // The original goes by whole seconds.
      const lease = { endMs: (isOurs ? now : now - (now % 1000)) + 1000 };
      const lock = await locks.tryAcquire(namespace, 1);
      if (lock === undefined) return;
      for (const other of leases) expect(other.endMs).toBeLessThanOrEqual(clock.now());
      leases.add(lease);
      release = async () => {
        release = undefined;
        if (!isOurs && lease.endMs <= clock.now()) return;
        leases.delete(lease);
        if (!isOurs) releasing += 1;
        await lock.release();
        if (!isOurs) releasing -= 1;
      };
    };
    return { 'take or release': () => (release ?? acquire)() };
  };
  const time: Actor = {
    pass: (value) =>
      turns.wait(async () => {
        // The original's release under way is not made late, and no request waits for longer than it may.
        const isDue = releasing === 0 && clock.now() < startMs + 20_000;
        if (isDue) await clock.advance(value * 500);
      }),
  };
  const props = { dynamo: lossy, tableName: tables.locks, clock, monitoring };
  const actors = [
    ...[1, 2].map(() => holder(new OriginalLock(theirClient(dynamo), tables.locks, clock), false)),
    holder(new DynamoLock({ ...props, skewToleranceMs: 0 }), true),
    holder(new compat.DynamoLock(props), true),
    time,
  ];
  return { actors, check: () => {} };
}

/** The original's lock sends commands. */
function theirClient(dynamo: DynamoDBClient): Pick<DynamoDBClient, 'send'> {
  const transport = toTransport(dynamo);
  return {
    send: (command: { readonly constructor: { readonly name: string }; readonly input: object }) =>
      transport.call(
        command.constructor.name.replace('Command', '') as 'UpdateItem',
        command.input as never,
      ),
  } as never;
}

/** Actions: what is done stays done, and ours act once and alone. */
function doOnceFleet({ tables, turns, dynamo, lossy, clock, namespace }: Ground): Fleet {
  const table = new compat.PartitionedKeyValueTable({
    dynamo: lossy,
    tableName: tables.partitioned,
    clock,
    monitoring,
  });
  const their = new OriginalPartitions(dynamo, tables.partitioned);
  const manager = new compat.DoOnceManager(table, undefined, monitoring);
  const done = new Set<number>();
  const acting = new Map<number, number>();
  const acts = new Map<number, number>();
  const actBy = (isOurs: boolean, value: number, wasDone: boolean) => async (): Promise<void> => {
    expect(wasDone).toBe(false);
    if (!isOurs) return;
    expect(acting.get(value) ?? 0).toBe(0);
    expect(acts.get(value) ?? 0).toBe(0);
    acting.set(value, 1);
    await turns.wait(async () => {});
    acting.set(value, 0);
    acts.set(value, 1);
  };
  const once = async (
    value: number,
    run: (act: () => Promise<void>, action: string) => Promise<boolean>,
    isOurs: boolean,
  ) => {
    const wasDone = done.has(value);
    const didAction = await run(actBy(isOurs, value, wasDone), `action-${value}`);
    done.add(value);
    return didAction;
  };
  const original: Actor = {
    do: (value) =>
      once(value, (act, action) => their.doOnce(namespace, action, clock.now(), act), false),
  };
  const ours: Actor = {
    do: (value) =>
      once(
        value,
        async (act, action) => (await manager.doOnce(namespace, action, act)).didAction,
        true,
      ),
    known: async (value) => {
      const wasDone = done.has(value);
      const known = await manager.haveAlreadyDone(namespace, `action-${value}`);
      if (wasDone) expect(known).toBeDefined();
    },
    mark: async (value) => {
      await manager.markDone(namespace, `action-${value}`);
      done.add(value);
    },
  };
  return { actors: [original, ours, ours, original, ours], check: () => {} };
}

/** Attempts: within the limit where ours are alone, and within what MIGRATING.md says beside one of the original. */
function attemptsFleet(ground: Ground, hasOriginal: boolean): Fleet {
  const { tables, dynamo, clock, namespace } = ground;
  const table = new compat.PartitionedKeyValueTable({
    // A repeat finds no trace of itself in a row that the original has replaced.
    dynamo: hasOriginal ? dynamo : ground.lossy,
    tableName: tables.partitioned,
    clock,
    monitoring,
  });
  const limiter = new compat.LimitedAttempt(table);
  const their = new OriginalPartitions(dynamo, tables.partitioned);
  const key = { partition: namespace, namespace: 'n', sort: 's' };
  const limit = { attemptsMax: 6, validityTime: 3_600_000 };
  const original: Actor = { attempt: () => their.attempt(key, clock.now(), limit) };
  const ours: Actor = {
    attempt: async () => {
      try {
        await limiter.attempt(key, limit);
        return true;
      } catch (error) {
        if (error instanceof compat.AttemptsError) return false;
        throw error;
      }
    },
  };
  let admitted = 0;
  const bound = hasOriginal
    ? limit.attemptsMax ** 2 / 2 + (3 * limit.attemptsMax) / 2
    : limit.attemptsMax;
  return {
    actors: [hasOriginal ? original : ours, ours, ours, ours],
    check: (_, answer) => {
      if (answer === true) admitted += 1;
      expect(admitted).toBeLessThanOrEqual(bound);
    },
  };
}

const fleets: Readonly<Record<string, (ground: Ground) => Fleet>> = {
  'values and counts of a row': keysFleet,
  counts: countsFleet,
  'sets that both change': setsFleet,
  'values that the original writes beside sets of ours': valuesFleet,
  locks: locksFleet,
  actions: doOnceFleet,
  'attempts, beside one of the original': (ground) => attemptsFleet(ground, true),
  'attempts of ours': (ground) => attemptsFleet(ground, false),
};

describeOnOneEngine(
  'the original and ours in any order of their requests',
  (engine: ConformanceEngine) => {
    let tables: Tables;
    beforeAll(async () => {
      tables = await createTables(engine);
    });

    for (const [name, makeFleet] of Object.entries(fleets)) {
      test(`keep what is promised: ${name}`, async () => {
        const inner = toTransport(engine.client());
        const make = (): Fleet & Pick<Ground, 'turns' | 'clock'> => {
          const turns = new Turns();
          const clock = new ManualClock({ nowMs: startMs });
          const dynamo = turns.of(inner) as unknown as DynamoDBClient;
          const namespace = crypto.randomUUID();
          const lossy = turns.lossy(inner) as unknown as DynamoDBClient;
          const ground = { tables, turns, clock, dynamo, lossy, direct: inner, namespace };
          return { turns, clock, ...makeFleet(ground) };
        };
        await fc.assert(
          fc.asyncProperty(scriptsFor(make().actors), async (script) => {
            const { turns, clock, actors, check, end } = make();
            await turns.run(actors, script, clock, check);
            await end?.();
          }),
          { numRuns: 15, seed: 1, endOnFailure: true },
        );
      });
    }
  },
);
