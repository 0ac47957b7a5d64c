import {
  describeOnEngines,
  describeValueTable,
  recorded,
  type RecordedTransport,
} from '@x/conformance';
import { compressedCodec, type Item } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { ManualClock, seededRandom } from '@x/dynamo-testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import {
  keysTable,
  KeyValueTable,
  type KeyValueList,
  type KeyValueTableOptions,
  type PagePointer,
} from '../src/index.js';

const startMs = Date.UTC(2030, 0, 1);

describeOnEngines('KeyValueTable', (engine) => {
  let tableName: string;
  let clock: ManualClock;

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  beforeEach(() => {
    clock = new ManualClock({ nowMs: startMs });
  });

  /** A table object with a namespace that no other test uses. */
  function open<V = unknown>(
    options: KeyValueTableOptions<V> = {},
  ): { kv: KeyValueTable<V>; sent: RecordedTransport; namespace: string } {
    const namespace = options.namespace ?? freshNamespace();
    const sent = recorded(engine.client(), { capacity: true });
    const kv = new KeyValueTable<V>({ dynamo: sent, tableName, clock, namespace, ...options });
    return { kv, sent, namespace };
  }

  async function rowOf(key: string): Promise<Item | undefined> {
    return engine.row(tableName, { key: { S: key } });
  }

  describeValueTable(
    engine,
    keysTable,
    (options) => new KeyValueTable<unknown>({ ...options, namespace: 'contract' }),
  );

  test('a listing leaves out an expired value, while its row is still there', async () => {
    const { kv, namespace } = open();
    await kv.set('id', 'old', { ttlSeconds: 10 });
    await clock.advance(10_000);
    expect(await rowOf(`${namespace}.id`)).toMatchObject({
      expiresAt: { N: String(startMs / 1000 + 10) },
    });
    expect(await kv.getBatch(['id'], { consistent: true })).toEqual([]);
    expect((await kv.listAll({ consistent: true })).items).toEqual([]);
  });

  describe('values', () => {
    test('set() and get() take one unit-sized request each', async () => {
      const { kv, sent, namespace } = open({ random: seededRandom(7) });
      await kv.set('id', 1);
      await kv.get('id');
      await kv.get('id', { consistent: true });
      const [set, get] = sent.requests;
      expect(set).toMatchObject({
        operation: 'UpdateItem',
        input: {
          TableName: tableName,
          Key: { key: { S: `${namespace}.id` } },
          UpdateExpression: expect.stringMatching(
            /^SET #data = :data, #newest = :id, v1 = .*, v7 = .* REMOVE #expiresAt$/,
          ) as string,
          ConditionExpression: expect.stringContaining('NOT :id IN (#newest, v1, ') as string,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      });
      expect(get).toMatchObject({ operation: 'GetItem', input: { ConsistentRead: false } });
      expect(sent.requests).toHaveLength(3);
      expect(sent.requests.map(({ units }) => units)).toEqual([1, 0.5, 1]);
    });

    test('has() sees a value without having it sent', async () => {
      const { kv, sent } = open();
      await kv.set('id', 'x'.repeat(1000));
      sent.clear();
      expect(await kv.has('id', { consistent: true })).toBe(true);
      expect(await kv.has('other')).toBe(false);
      expect(sent.requests.map(({ operation }) => operation)).toEqual(['Query', 'Query']);
      expect(sent.requests[0]?.input).toMatchObject({ Select: 'COUNT' });
      expect(sent.requests[0]?.units).toBe(1);
    });

    test('delete() removes a value, once or twice', async () => {
      const { kv, sent, namespace } = open();
      await kv.set('id', 1);
      sent.clear();
      expect(await Promise.all([kv.delete('id'), kv.delete('id')])).toContain(true);
      expect(await kv.delete('id')).toBe(false);
      expect(sent.requests.map(({ operation }) => operation)).toEqual([
        'DeleteItem',
        'DeleteItem',
        'DeleteItem',
      ]);
      expect(await rowOf(`${namespace}.id`)).toBeUndefined();
    });
  });

  describe('codecs', () => {
    test('documentCodec() stores native attributes', async () => {
      const { kv, namespace } = open({ codec: documentCodec });
      await kv.set('id', { tags: new Set(['a']), n: 1 });
      expect((await rowOf(`${namespace}.id`))?.['data']).toEqual({
        M: { tags: { SS: ['a'] }, n: { N: '1' } },
      });
      expect(await kv.get('id', { consistent: true })).toEqual({ tags: new Set(['a']), n: 1 });
    });

    test('compressedCodec() stores long texts as binary, and reads what was plain', async () => {
      const plain = open();
      await plain.kv.set('old', 'short');
      const { kv, namespace } = open({ codec: compressedCodec(), namespace: plain.namespace });
      const long = 'word '.repeat(1000);
      await kv.set('id', long);
      expect((await rowOf(`${namespace}.id`))?.['data']?.B?.byteLength).toBeLessThan(100);
      expect(await kv.getBatch(['id', 'old'], { consistent: true })).toEqual([long, 'short']);
      await kv.update('id', (text) => `${String(text)}!`);
      expect(await kv.get('id', { consistent: true })).toBe(`${long}!`);
    });
  });

  describe('namespaces', () => {
    test('an id of one namespace is not seen in another', async () => {
      const { kv } = open();
      await kv.set('id', 1);
      expect(await open().kv.get('id', { consistent: true })).toBeUndefined();
    });

    test("with '' ids are keys as they are", async () => {
      const { kv } = open({ namespace: '' });
      const id = freshNamespace();
      await kv.set(id, 1);
      expect(await rowOf(id)).toMatchObject({ data: { S: '1' } });
    });

    test('namespaces whose keys meet are kept apart', async () => {
      const outer = open();
      const inner = open({ namespace: `${outer.namespace}.b` });
      await inner.kv.set('c', 'inner');
      expect(await outer.kv.get('b.c', { consistent: true })).toBeUndefined();
      expect(await outer.kv.has('b.c', { consistent: true })).toBe(false);
      expect((await outer.kv.listAll({ consistent: true })).items).toEqual([]);
      const collision = { name: 'KeyCollisionError', key: 'b.c' };
      await expect(outer.kv.set('b.c', 'outer')).rejects.toMatchObject(collision);
      await expect(outer.kv.setIfNotExists('b.c', 'outer')).rejects.toMatchObject(collision);
      await expect(outer.kv.update('b.c', () => 'outer')).rejects.toMatchObject(collision);
      await outer.kv.delete('b.c');
      expect(await inner.kv.get('c', { consistent: true })).toBe('inner');
    });
  });

  describe('batches', () => {
    test('getBatch() answers in input order, with duplicates, without absent ids', async () => {
      const { kv, sent } = open();
      await kv.setBatch([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]);
      sent.clear();
      const ids = ['c', 'absent', 'a', 'c', 'b'];
      expect(await kv.getBatch(ids, { consistent: true })).toEqual([3, 1, 3, 2]);
      expect(await kv.getMany(ids)).toEqual([3, undefined, 1, 3, 2]);
      expect(sent.requests.map(({ operation }) => operation)).toEqual([
        'BatchGetItem',
        'BatchGetItem',
      ]);
    });

    test('setBatch() stores ids as their own values; of several for one id the last wins', async () => {
      const { kv, sent } = open();
      await kv.setBatch(['key1', 'key2', ['key1', 'later']]);
      expect(await kv.getBatch<string>(['key1', 'key2'], { consistent: true })).toEqual([
        'later',
        'key2',
      ]);
      expect(sent.requests[0]).toMatchObject({ operation: 'BatchWriteItem', units: 2 });
    });

    test('setMany of 10, getMany of 10 and deleteMany of 10 take one request each', async () => {
      const { kv, sent } = open();
      const ids = Array.from({ length: 10 }, (_, index) => `id${index}`);
      await kv.setBatch(ids);
      await kv.getMany(ids);
      await kv.deleteBatch([...ids, ...ids]);
      expect(sent.requests.map(({ operation }) => operation)).toEqual([
        'BatchWriteItem',
        'BatchGetItem',
        'BatchWriteItem',
      ]);
      expect(await kv.getBatch(ids, { consistent: true })).toEqual([]);
    });

    test('230 ids come back complete and in order though every batch is cut in half', async () => {
      const dynamo = engine.client({
        faults: (call) => {
          const entries = batchEntries(call.input);
          if (entries < 2) return undefined;
          return { kind: 'partial', keep: Math.ceil(entries / 2) };
        },
      });
      const namespace = freshNamespace();
      const kv = new KeyValueTable<string>({ dynamo, tableName, namespace, clock });
      const ids = Array.from({ length: 230 }, (_, index) => `id${index}`);
      await clock.drive(kv.setBatch(ids));
      expect(await clock.drive(kv.getBatch(ids, { consistent: true }))).toEqual(ids);
    });

    test('a batch that never gets anywhere is a BatchIncompleteError with what is left', async () => {
      const dynamo = engine.client({ faults: () => ({ kind: 'partial', keep: 0 }) });
      const kv = new KeyValueTable({ dynamo, tableName, namespace: 'stalled', clock });
      const error = { name: 'BatchIncompleteError', processed: 0 };
      await expect(clock.drive(kv.getBatch(['a', 'b']))).rejects.toMatchObject({
        ...error,
        unprocessed: ['a', 'b'],
      });
      await expect(clock.drive(kv.setBatch(['a']))).rejects.toMatchObject({
        ...error,
        unprocessed: ['a'],
      });
    });
  });

  test('attributes have the names of the mappings, the expiry included', async () => {
    const own = await engine.createTable({ name: 'own', partitionKey: { name: 'pk', type: 'S' } });
    const mappings = {
      partitionKeyFieldName: 'pk',
      dataFieldName: 'payload',
      md5: 'etag',
      ttlFieldName: 'ttl',
    };
    const dynamo = engine.client();
    const kv = new KeyValueTable({ dynamo, tableName: own, clock, namespace: 'n', mappings });
    await kv.set('a', 1, { ttlSeconds: 60 });
    await kv.setMany([['b', 2]]);
    const end = String(Math.ceil(clock.now() / 1000) + 60);
    expect(await engine.row(own, { pk: { S: 'n.a' } })).toMatchObject({
      payload: { S: '1' },
      ttl: { N: end },
    });
    expect((await kv.listAll({ consistent: true, limit: 1 })).items).toHaveLength(1);
    await clock.advance(61_000);
    expect((await kv.listAll({ consistent: true })).items).toEqual([['b', 2]]);
    expect(await kv.has('a', { consistent: true })).toBe(false);
    expect(await kv.setIfNotExists('a', 3)).toBe(true);
    expect(await kv.update<number>('a', (n = 0) => n + 1)).toBe(4);
    expect([await kv.delete('a'), await kv.delete('a')]).toEqual([true, false]);
  });

  describe('optimistic concurrency', () => {
    test('update() takes a read and a write, and only the read when nothing changes', async () => {
      const { kv, sent } = open();
      expect(await kv.update('id', () => ['a'])).toEqual(['a']);
      expect(await kv.update('id', (list) => list)).toEqual(['a']);
      expect(await kv.update('id', () => undefined)).toEqual(['a']);
      expect(sent.requests.map(({ operation }) => operation)).toEqual([
        'GetItem',
        'UpdateItem',
        'GetItem',
        'GetItem',
      ]);
      expect(sent.units).toEqual({ read: 3, write: 1 });
    });
  });

  describe('listing', () => {
    test('listAll() pages through the namespace with ids that get() accepts', async () => {
      const { kv } = await populated(25);
      const seen: string[] = [];
      let pageItem: PagePointer | undefined;
      let pages = 0;
      do {
        const page: KeyValueList<[string, unknown]> = await kv.listAll({
          limit: 10,
          consistent: true,
          ...(pageItem && { pageItem }),
        });
        seen.push(...page.items.map(([id]) => id));
        pageItem = page.pagePointer && JSON.parse(JSON.stringify(page.pagePointer));
        pages += 1;
      } while (pageItem !== undefined);
      expect(seen.toSorted()).toEqual(idsOf(25));
      expect(pages).toBeLessThanOrEqual(4);
      expect(await kv.getBatch(seen, { consistent: true })).toEqual(seen);
    });

    test('listAll() fills its pages though other namespaces lie between', async () => {
      const { kv } = await populated(5);
      await populated(60);
      expect((await kv.listAll({ limit: 5, consistent: true })).items).toHaveLength(5);
    });

    test('streamAll() finds everything, in segments too, and reports progress', async () => {
      const { kv } = await populated(30);
      for (const segments of [1, 3]) {
        const reports: number[] = [];
        const ids: string[] = [];
        const options = {
          segments,
          consistent: true,
          onProgress: ({ scanned, matched, capacity }: Progress) => {
            expect(matched).toBeLessThanOrEqual(scanned);
            expect(capacity).toBeGreaterThan(0);
            reports.push(matched);
          },
        };
        for await (const [id, value] of kv.streamAll(7, options)) {
          expect(value).toBe(id);
          ids.push(id);
        }
        expect(ids.toSorted()).toEqual(idsOf(30));
        expect(reports.at(-1)).toBe(30);
      }
    });

    test('streamAll() keeps to ids that contain a text, not to keys that do', async () => {
      const { kv } = await populated(12, 'user-namespace');
      await kv.setBatch(['user-1', 'user-2']);
      const ids: string[] = [];
      for await (const [id] of kv.streamAll(100, { keyContains: 'user-', consistent: true })) {
        ids.push(id);
      }
      expect(ids.toSorted()).toEqual(['user-1', 'user-2']);
    });

    test('streamAll() waits between the requests of a segment', async () => {
      const { kv, sent } = await populated(12);
      const times: number[] = [];
      const from = clock.monotonic();
      const drained = (async () => {
        for await (const _ of kv.streamAll(5, {
          minimumDelayBetween: 100,
          consistent: true,
          onProgress: () => times.push(clock.monotonic() - from),
        }));
      })();
      await clock.drive(drained, { busy: () => sent.inFlight > 0 });
      expect(times.length).toBeGreaterThan(2);
      for (const [index, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(index * 100);
    });

    test('streamAll() sends nothing more once the loop is left', async () => {
      const { kv, sent } = await populated(20);
      sent.clear();
      for await (const _ of kv.streamAll(1000, { consistent: true })) break;
      expect(sent.requests).toHaveLength(1);
      expect(sent.inFlight).toBe(0);
    });

    test('an unreadable row is reported and the scan goes on; unreported, it ends the scan', async () => {
      const { kv, namespace } = await populated(3);
      await engine.putRow(tableName, {
        key: { S: `${namespace}.broken` },
        data: { S: '{not json' },
        ns: { S: namespace },
      });
      const errors: string[] = [];
      const onError = (error: Error, id: string): void => void errors.push(`${error.name} ${id}`);
      expect((await kv.listAll({ onError, consistent: true })).items).toHaveLength(3);
      expect(errors).toEqual(['UnreadableRowError broken']);
      await expect(kv.listAll({ consistent: true })).rejects.toMatchObject({
        name: 'UnreadableRowError',
        key: 'broken',
      });
    });

    test('an aborted signal ends a stream with its reason', async () => {
      const { kv } = await populated(20);
      const abort = new AbortController();
      const read = async (): Promise<void> => {
        for await (const _ of kv.streamAll(3, { signal: abort.signal })) {
          abort.abort(new Error('enough'));
        }
      };
      await expect(read()).rejects.toThrow('enough');
    });
  });

  async function populated(count: number, prefix = 'ns'): Promise<ReturnType<typeof open>> {
    const opened = open({ namespace: `${prefix}-${freshNamespace()}` });
    await opened.kv.setBatch(idsOf(count));
    return opened;
  }
});

interface Progress {
  readonly scanned: number;
  readonly matched: number;
  readonly capacity: number;
}

let namespaces = 0;

function freshNamespace(): string {
  return `n${process.pid}-${namespaces++}`;
}

function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `id${String(index).padStart(3, '0')}`);
}

function batchEntries(input: unknown): number {
  const { RequestItems = {} } = input as { RequestItems?: Record<string, unknown> };
  return Object.values(RequestItems).reduce<number>((sum, part) => {
    const { Keys } = part as { Keys?: unknown[] };
    return sum + (Keys ?? (part as unknown[])).length;
  }, 0);
}
