import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type {
  Clock,
  Dynamo,
  Entry,
  ReadOptions,
  TableDefinition,
  WriteOptions,
} from '@x/dynamo-core';
import { ManualClock } from '@x/dynamo-testing';
import { beforeAll, describe, expect, test } from 'vitest';

import type { ConformanceEngine } from './conformance-engine.js';
import { recorded, type RecordedTransport } from '@x/recorder';

/** What every table of values does, by ids that no other test uses. */
export interface ValueTable {
  get(id: string, options?: ReadOptions): Promise<unknown>;
  getEntry(id: string, options?: ReadOptions): Promise<Entry<unknown> | undefined>;
  getMany(ids: readonly string[], options?: ReadOptions): Promise<readonly unknown[]>;
  has(id: string, options?: ReadOptions): Promise<boolean>;
  set(id: string, value: unknown, options?: WriteOptions): Promise<void>;
  setMany(entries: readonly (readonly [string, unknown])[], options?: WriteOptions): Promise<void>;
  setIfNotExists(id: string, value: unknown, options?: WriteOptions): Promise<boolean>;
  setIfVersion(id: string, value: unknown, version: string): Promise<string | undefined>;
  update(
    id: string,
    change: (current: unknown) => unknown,
    options?: { readonly attemptsMax?: number },
  ): Promise<unknown>;
  delete(id: string): Promise<boolean>;
  deleteMany(ids: readonly string[]): Promise<void>;
}

/** What a table is opened with. */
export interface OpenValueTable {
  readonly dynamo: Dynamo;
  readonly tableName: string;
  readonly clock: Clock;
}

const consistent = { consistent: true };
const startMs = Date.UTC(2030, 0, 1);

/** What a test works with: a table and an id of its own. */
interface Bench extends OpenValueTable {
  readonly engine: ConformanceEngine;
  readonly open: (options: OpenValueTable) => ValueTable;
  readonly clock: ManualClock;
  readonly sent: RecordedTransport;
  readonly table: ValueTable;
  readonly id: string;
  readonly operations: () => string[];
}

/** What all tables of values promise alike. */
export function describeValueTable(
  engine: ConformanceEngine,
  definition: TableDefinition,
  open: (options: OpenValueTable) => ValueTable,
): void {
  describe('as every table of values,', () => {
    let tableName: string;

    beforeAll(async () => {
      tableName = await engine.createTable(definition);
    });

    const bench = (): Bench => {
      const clock = new ManualClock({ nowMs: startMs });
      const sent = recorded(engine.client());
      const options = { dynamo: sent, tableName, clock };
      const operations = (): string[] => sent.requests.map(({ operation }) => operation);
      const id = crypto.randomUUID();
      return { ...options, engine, open, sent, table: open(options), id, operations };
    };

    readsAndBatches(bench);
    deletesAndExpires(bench);
    changesOptimistically(bench);
    passesOn(bench);
  });
}

function readsAndBatches(bench: () => Bench): void {
  test.each([
    ['an object', { action: 'login', at: 1 }],
    ['a text', '456'],
    ['an empty text', ''],
    ['a number', 0],
    ['false', false],
    ['null', null],
    ['an array', ['a', 1, null]],
    ['text beyond ASCII', 'ünï💥"\\'],
  ])('get() brings back %s as it was', async (_, value) => {
    const { table, id, operations } = bench();
    await table.set(id, value);
    expect(await table.get(id, consistent)).toEqual(value);
    expect(await table.getMany([id], consistent)).toEqual([value]);
    expect(operations()).toEqual(['UpdateItem', 'GetItem', 'BatchGetItem']);
  });

  test('an absent id has no value', async () => {
    const { table, id, operations } = bench();
    expect(await table.get(id)).toBeUndefined();
    expect(await table.getEntry(id)).toBeUndefined();
    expect(await table.has(id)).toBe(false);
    expect(operations()).toEqual(['GetItem', 'GetItem', 'Query']);
  });

  test('setMany() keeps the last of several, getMany() aligns with its ids', async () => {
    const { table, id, operations } = bench();
    const [a, b] = [`${id}a`, `${id}b`];
    await table.setMany([
      [a, 1],
      [b, 2],
      [a, 3],
    ]);
    expect(await table.getMany([b, `${id}c`, a, b], consistent)).toEqual([2, undefined, 3, 2]);
    await table.deleteMany([a, b, a]);
    expect(operations()).toEqual(['BatchWriteItem', 'BatchGetItem', 'BatchWriteItem']);
    expect(await table.getMany([a, b], consistent)).toEqual([undefined, undefined]);
  });

  test('batches of nothing send nothing', async () => {
    const { table, operations } = bench();
    expect(await table.getMany([])).toEqual([]);
    await table.setMany([]);
    await table.deleteMany([]);
    expect(operations()).toEqual([]);
  });
}

function deletesAndExpires(bench: () => Bench): void {
  test('delete() answers once that there was a value, in one request', async () => {
    const { table, id, operations } = bench();
    await table.set(id, 1);
    expect([await table.delete(id), await table.delete(id)]).toEqual([true, false]);
    expect(operations()).toEqual(['UpdateItem', 'DeleteItem', 'DeleteItem']);
    expect(await table.get(id, consistent)).toBeUndefined();
  });

  test('an expired value is absent everywhere, and comes back nowhere', async () => {
    const { table, id, clock } = bench();
    await table.set(id, 'old', { ttlSeconds: 10 });
    const { version = '' } = (await table.getEntry(id, consistent)) ?? {};
    clock.jumpWall(9_999);
    expect(await table.get(id, consistent)).toBe('old');
    clock.jumpWall(1);
    expect(await table.get(id, consistent)).toBeUndefined();
    expect(await table.has(id, consistent)).toBe(false);
    expect(await table.getMany([id], consistent)).toEqual([undefined]);
    expect(await table.setIfVersion(id, 'new', version)).toBeUndefined();
    expect(await table.update(id, (n) => (n === undefined ? 1 : 99))).toBe(1);
    const left = { value: 1, expiresAtMs: undefined };
    expect(await table.getEntry(id, consistent)).toMatchObject(left);
  });

  test('set() without an expiry removes the one that was there; update() keeps it', async () => {
    const { table, id } = bench();
    const expiresAtMs = startMs + 60_000;
    await table.set(id, 1, { expiresAtMs: expiresAtMs - 999 });
    await table.update(id, () => 2);
    expect(await table.getEntry(id, consistent)).toMatchObject({ value: 2, expiresAtMs });
    await table.set(id, 3);
    expect((await table.getEntry(id, consistent))?.expiresAtMs).toBeUndefined();
  });

  test('setIfNotExists() stores once, and again when that has expired', async () => {
    const { table, id, clock, operations } = bench();
    const options = { ttlSeconds: 10 };
    const stored = [1, 2, 3].map((n) => table.setIfNotExists(id, n, options));
    expect((await Promise.all(stored)).filter(Boolean)).toHaveLength(1);
    expect(operations()).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
    clock.jumpWall(10_000);
    expect(await table.setIfNotExists(id, 4)).toBe(true);
    const left = { value: 4, expiresAtMs: undefined };
    expect(await table.getEntry(id, consistent)).toMatchObject(left);
  });
}

function changesOptimistically(bench: () => Bench): void {
  test('setIfVersion() stores over the version that was read, and only over that', async () => {
    const { table, id, sent, operations } = bench();
    await table.set(id, 1);
    const { version = '' } = (await table.getEntry(id, consistent)) ?? {};
    const next = (await table.setIfVersion(id, 2, version)) ?? '';
    expect(next).not.toBe(version);
    expect(await table.setIfVersion(id, 3, version)).toBeUndefined();
    expect(await table.setIfVersion(id, 4, next)).toBeDefined();
    expect(await table.get(id, consistent)).toBe(4);
    await table.delete(id);
    sent.clear();
    expect(await table.setIfVersion(id, 5, next)).toBeUndefined();
    expect(operations()).toEqual(['UpdateItem']);
    expect(await table.has(id, consistent)).toBe(false);
  });

  test('update() takes a read and a write, and only the read when nothing changes', async () => {
    const { table, id, operations } = bench();
    expect(await table.update(id, () => ['a'])).toEqual(['a']);
    expect(await table.update(id, (list) => list)).toEqual(['a']);
    expect(await table.update(id, () => undefined)).toEqual(['a']);
    expect(operations()).toEqual(['GetItem', 'UpdateItem', 'GetItem', 'GetItem']);
  });

  test('update() by 16 clients at once loses nothing', async () => {
    const { table, id, clock, sent } = bench();
    const updates = Array.from({ length: 16 }, () =>
      table.update(id, (n) => ((n as number | undefined) ?? 0) + 1),
    );
    await clock.drive(Promise.all(updates), { busy: () => sent.inFlight > 0 });
    expect(await table.get(id, consistent)).toBe(16);
  });

  test('update() gives up after attemptsMax conflicts, and says so', async () => {
    const { table, id, clock, sent } = bench();
    let value = 0;
    const change = async (): Promise<number> => {
      await table.set(id, ++value);
      return -1;
    };
    const update = table.update(id, change, { attemptsMax: 3 });
    const busy = (): boolean => sent.inFlight > 0;
    await expect(clock.drive(update, { busy })).rejects.toMatchObject({
      name: 'ConflictError',
      attempts: 3,
    });
    expect(await table.get(id, consistent)).toBe(3);
  });
}

function passesOn(bench: () => Bench): void {
  test("a missing table is the SDK's error, not an absent value", async () => {
    const { id, clock, sent, open } = bench();
    const none = open({ dynamo: sent, tableName: 'no-such-table', clock });
    for (const run of [() => none.get(id), () => none.getMany([id]), () => none.has(id)]) {
      await expect(run()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });

  test('a document client is taken as it is', async () => {
    const { id, clock, open, tableName, engine } = bench();
    const dynamo = DynamoDBDocumentClient.from(engine.client());
    const documents = open({ dynamo, tableName, clock });
    await documents.set(id, { a: [1] });
    expect(await documents.get(id, consistent)).toEqual({ a: [1] });
  });
}
