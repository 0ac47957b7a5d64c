import { runInNewContext } from 'node:vm';

import { compressedCodec, createTable, S, type Codec, type DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import {
  check,
  ifAbsent,
  ifVersion,
  partitionedKeysTable,
  PartitionedKeyValueTable,
  put,
  remove,
  type CompoundKey,
  type PartitionedKeyValueTableOptions,
} from './index.js';

/** Nothing may be sent: everything here is refused before. */
const unused: DynamoTransport = {
  call: (operation) => Promise.reject(new Error(`${operation} was sent`)),
};

type Table = PartitionedKeyValueTable;

function open(options: PartitionedKeyValueTableOptions = {}): Table {
  return new PartitionedKeyValueTable({ dynamo: unused, tableName: 'rows', ...options });
}

function keyOf<V = unknown>(sort: string, namespace = 'n'): CompoundKey<string, V> {
  return { partition: 'p', namespace, sort };
}

async function firstOf(items: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of items) return item;
  return undefined;
}

test('entries() hands an error of another realm to onError too', async () => {
  const decode = (): unknown => runInNewContext('throw new RangeError("foreign")');
  const codec: Codec = { encode: () => S(''), decode };
  const found = { partitionKey: S('p'), sortKey: S('n.a'), data: S('1') };
  const dynamo = { call: () => Promise.resolve({ Items: [found] }) } as object;
  const failed: string[] = [];
  const onError = ({ message }: Error, sort: string): void => {
    failed.push(`${sort}: ${message}`);
  };
  await firstOf(open({ dynamo: dynamo as DynamoTransport, codec }).entries('p', { onError }));
  expect(failed).toEqual(['n.a: foreign']);
});

const invalid = (field: string): object => ({ name: 'InvalidInputError', field });
const set = keyOf<unknown[]>('set');

/** Each value in an array of its own, so many times. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

test('a value that is nested too deeply to be encoded, hashed or compared is refused by name', async () => {
  const table = open();
  const deep = nested(20_000);
  const writes = [put(keyOf('a'), deep)];
  await expect(table.set(keyOf('a'), deep)).rejects.toMatchObject(invalid('the value of "p/n.a"'));
  await expect(table.transact(writes)).rejects.toMatchObject(invalid('the value of "p/n.a"'));
  await expect(table.transact(writes, { token: 't' })).rejects.toMatchObject(invalid('writes'));
  const item = {
    partitionKey: S('p'),
    sortKey: S('n.set'),
    data: S(JSON.stringify([nested(1_500)])),
  };
  const dynamo: DynamoTransport = { call: () => Promise.resolve({ Item: item }) as never };
  for (const method of ['addToSet', 'removeFromSet', 'updateInSet', 'existsInSet'] as const) {
    const call = open({ dynamo })[method](set, [nested(1_500)]);
    await expect(call).rejects.toMatchObject(invalid('an element'));
  }
});

beforeEach(() => vi.stubEnv('PARADOX_ENV', ''));
afterEach(() => vi.unstubAllEnvs());

describe('an option that there is not', () => {
  const bad = { consistant: true, ttl: 60 } as object;

  test.each<[string, (table: Table) => unknown]>([
    ['get', (table) => table.get(set, bad)],
    ['getEntry', (table) => table.getEntry(set, bad)],
    ['getMany', (table) => table.getMany([set], bad)],
    ['exists', (table) => table.exists(set, bad)],
    ['set', (table) => table.set(set, [], bad)],
    ['has', (table) => table.has(set, bad)],
    ['getBatch', (table) => table.getBatch([set], bad)],
    ['setMany', (table) => table.setMany([{ key: set, data: [] }], bad)],
    ['setMany', (table) => table.setMany([{ key: set, data: [], ...bad }])],
    ['deleteMany', (table) => table.deleteMany([set], bad)],
    ['setBatch', (table) => table.setBatch([{ key: set, data: [] }], bad)],
    ['setIfNotExists', (table) => table.setIfNotExists(set, [], bad)],
    ['setIfVersion', (table) => table.setIfVersion(set, [], 'id:v', bad)],
    ['update', (table) => table.update(set, () => [], bad)],
    ['delete', (table) => table.delete(set, bad)],
    ['deleteBatch', (table) => table.deleteBatch([set], bad)],
    ['clear', (table) => table.clear('p', bad)],
    ['count', (table) => table.count('p', bad)],
    ['ids', async (table) => firstOf(table.ids('p', bad))],
    ['entries', async (table) => firstOf(table.entries('p', bad))],
    ['listAll', async (table) => firstOf(table.listAll('p', bad))],
    ['addToSet', (table) => table.addToSet(set, [1], undefined, bad)],
    ['removeFromSet', (table) => table.removeFromSet(set, [1], undefined, bad)],
    ['removeFromSetByKey', (table) => table.removeFromSetByKey(set, () => true, bad)],
    ['updateInSet', (table) => table.updateInSet(set, 1, undefined, bad)],
    ['existsInSet', (table) => table.existsInSet(set, 1, undefined, bad)],
    ['transact', (table) => table.transact([remove(set)], bad)],
    ['put', () => put(set, [], bad)],
    ['remove', () => remove(set, bad)],
  ])('is refused by %s() by its name', async (_, call) => {
    const table = open();
    await expect((async () => call(table))()).rejects.toThrow(
      expect.objectContaining(invalid(expect.stringMatching(/^(consistant|ttl)$/) as string)),
    );
  });
});

describe('new PartitionedKeyValueTable()', () => {
  test.each([
    ['tableName', { tableName: '' }],
    ['dynamo', { dynamo: {} }],
    ['codec', { codec: null }],
    ['mappings.sortKeyFieldAWSType', { mappings: { sortKeyFieldAWSType: 'B' } }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => open(options as unknown as PartitionedKeyValueTableOptions)).toThrow(
      expect.objectContaining(invalid(field)),
    );
  });

  test('refuses options that there are not, and a client in their place', () => {
    expect(() => open({ tablename: 'rows' } as object)).toThrow(/given as tableName$/);
    expect(() => open({ timeProvider: {} } as object)).toThrow(/given as clock$/);
    expect(() => new PartitionedKeyValueTable(unused as object)).toThrow(/given as \{ dynamo \}$/);
  });

  test.each(['mappings', 'sortKey', 'partitionKey'])(
    'refuses a subclass that overrides %s() of the original, and points at the option',
    (hook) => {
      class Subclass extends PartitionedKeyValueTable {}
      Object.defineProperty(Subclass.prototype, hook, { value: () => ({}) });
      expect(() => new Subclass({ dynamo: unused, tableName: 'rows' })).toThrow(
        expect.objectContaining({
          field: `the method ${hook}()`,
          message: expect.stringContaining('option `mappings`') as string,
        }),
      );
    },
  );

  test('without a table name needs the environment, and says so', () => {
    expect(() => new PartitionedKeyValueTable({ dynamo: unused })).toThrow(/PARADOX_ENV/);
    vi.stubEnv('PARADOX_ENV', 'local');
    expect(new PartitionedKeyValueTable({ dynamo: unused }).rows.tableName).toBe(
      'paradox.dev.partitioned_keys',
    );
  });
});

describe('PartitionedKeyValueTable refuses, before anything is sent,', () => {
  const tooLong = 'x'.repeat(1025);
  const empty = { partition: '', namespace: 'n', sort: 's' };

  test.each<[string, (table: Table) => unknown, string]>([
    ['an empty partition', (table) => table.get(empty), 'key.partition'],
    ['an empty sort', (table) => table.exists(keyOf('')), 'key.sort'],
    ['a sort over 1,024 bytes', (table) => table.delete(keyOf(tooLong)), 'key.sort'],
    ['a namespace that is no text', (table) => table.get(keyOf('s', 5 as never)), 'key.namespace'],
    ['a key in a batch', (table) => table.getMany([keyOf('a'), keyOf('')]), 'key.sort'],
    [
      'a key in a batch to store',
      (table) => table.setBatch([{ key: keyOf(''), data: 1 }]),
      'key.sort',
    ],
    ['a key in a batch to delete', (table) => table.deleteBatch([keyOf('')]), 'key.sort'],
    ['a ttl of 0', (table) => table.set(keyOf('a'), 1, { ttlSeconds: 0 }), 'ttlSeconds'],
    [
      'an expiry in seconds',
      (table) => table.setIfNotExists(keyOf('a'), 1, { expiresAtMs: Date.now() / 1000 }),
      'expiresAtMs',
    ],
    ['a made-up version', (table) => table.setIfVersion(keyOf('a'), 1, 'v1'), 'version'],
    [
      'no attempts',
      (table) => table.update(keyOf('a'), () => 1, { attemptsMax: 0 }),
      'attemptsMax',
    ],
    [
      'no attempts at a set',
      (table) => table.addToSet(set, 1, undefined, { attemptsMax: 0 }),
      'attemptsMax',
    ],
    ['no function as predicate', (table) => table.updateInSet(set, 1, 'x' as never), 'predicate'],
    ['an empty partition to clear', (table) => table.clear(''), 'partition'],
    ['an empty partition to list', (table) => firstOf(table.listAll('')), 'partition'],
    ['a limit of 0', (table) => firstOf(table.entries('p', { limit: 0 })), 'limit'],
    [
      'a prefix beside a range',
      (table) => firstOf(table.entries('p', { prefix: 'a', between: ['a', 'b'] })),
      'prefix',
    ],
    [
      'a range from its end to its beginning',
      (table) => table.count('p', { between: ['b', 'a'] }),
      'between',
    ],
    ['one bound', (table) => table.count('p', { between: ['a'] as never }), 'between'],
    ['a text as bounds', (table) => table.count('p', { between: 'ab' as never }), 'between'],
    ['no bounds', (table) => table.count('p', { between: null as never }), 'between'],
    ['objects as bounds', (table) => table.count('p', { between: [{}, {}] as never }), 'key.sort'],
    ['an empty bound', (table) => table.count('p', { between: ['', 'a'] }), 'key.sort'],
    [
      'too long a prefix',
      (table) => table.count('p', { prefix: tooLong }),
      'the namespace and prefix',
    ],
    [
      'a namespace to list that is no text',
      (table) => table.count('p', { namespace: 5 as never }),
      'namespace',
    ],
    [
      'a prefix that is no text',
      (table) => firstOf(table.entries('p', { prefix: 5 as never })),
      'prefix',
    ],
    ['no writes', (table) => table.transact([]), 'the number of items'],
    [
      'more than 100 writes',
      (table) => table.transact(Array.from({ length: 101 }, (_, i) => remove(keyOf(`${i}`)))),
      'the number of items',
    ],
    [
      'two writes of one key',
      (table) => table.transact([put(keyOf('a'), 1), check(keyOf('a'), ifAbsent)]),
      'writes',
    ],
    ['an empty token', (table) => table.transact([remove(keyOf('a'))], { token: '' }), 'token'],
    [
      'a made-up version in a transaction',
      (table) => table.transact([put(keyOf('a'), 1, { only: ifVersion('v1') })]),
      'version',
    ],
    [
      'a made-up version to check',
      (table) => table.transact([check(keyOf('a'), ifVersion('v1'))]),
      'version',
    ],
  ])('%s', async (_, call, field) => {
    await expect((async () => call(open()))()).rejects.toMatchObject(invalid(field));
  });

  test.each<[string, (table: Table, value: never) => unknown]>([
    ['set()', (table, value) => table.set(keyOf('a'), value)],
    ['setIfNotExists()', (table, value) => table.setIfNotExists(keyOf('a'), value)],
    ['setBatch()', (table, value) => table.setBatch([{ key: keyOf('a'), data: value }])],
    ['addToSet()', (table, value) => table.addToSet(keyOf<unknown[]>('a'), [value])],
    ['removeFromSet()', (table, value) => table.removeFromSet(keyOf<unknown[]>('a'), [value])],
    ['updateInSet()', (table, value) => table.updateInSet(keyOf<unknown[]>('a'), value)],
    ['existsInSet()', (table, value) => table.existsInSet(keyOf<unknown[]>('a'), value)],
    ['transact()', (table, value) => table.transact([put(keyOf('a'), value)])],
  ])('what JSON would lose, in %s', async (_, call) => {
    for (const value of [undefined, 5n, new Map(), () => 1, NaN]) {
      await expect((async () => call(open(), value as never))()).rejects.toMatchObject({
        name: 'InvalidInputError',
        field: 'the value of "p/n.a"',
      });
    }
  });

  test('a value over 400 KB, with its size', async () => {
    const value = 'x'.repeat(409_600);
    const expected = { name: 'ItemTooLargeError', key: keyOf('a'), limit: 409_600 };
    const key = keyOf('a');
    await expect(open().set(key, value)).rejects.toMatchObject(expected);
    await expect(open().setBatch([{ key, data: value }])).rejects.toMatchObject(expected);
    const refused = open().transact([put(key, value)]);
    await expect(refused).rejects.toMatchObject({ name: 'ItemTooLargeError' });
  });
});

describe('PartitionedKeyValueTable with numbers as sort keys refuses', () => {
  const numeric = { mappings: { sortKeyFieldAWSType: 'N' } } as const;

  test.each<[string, (table: Table) => unknown, string]>([
    ['a namespace', (table) => table.get(keyOf('1')), 'key.namespace'],
    ['a namespace of a listing', (table) => table.count('p', { namespace: 'n' }), 'namespace'],
    ['a prefix', (table) => table.count('p', { prefix: '1' }), 'prefix'],
    ['a sort that is no number', (table) => table.get(keyOf('x', '')), 'key.sort'],
    ['a range in descending order', (table) => table.count('p', { between: [10, 9] }), 'between'],
  ])('%s', async (_, call, field) => {
    await expect((async () => call(open(numeric)))()).rejects.toMatchObject(invalid(field));
  });
});

describe('PartitionedKeyValueTable sends nothing for', () => {
  test('no keys, items or elements', async () => {
    const table = open();
    expect(await table.getMany([])).toEqual([]);
    expect(await table.setBatch([])).toBeUndefined();
    expect(await table.deleteBatch([])).toBeUndefined();
    expect(await table.addToSet(set, [])).toBe(false);
    expect(await table.removeFromSet(set, [])).toBe(false);
  });
});

test('PartitionedKeyValueTable passes errors of the transport on as they are', async () => {
  const error = new Error('out of reach');
  const table = open({ dynamo: { call: () => Promise.reject(error) } });
  await expect(table.get(keyOf('a'))).rejects.toBe(error);
  await expect(table.addToSet(set, 1)).rejects.toBe(error);
  await expect(table.clear('p')).rejects.toBe(error);
  await expect(table.transact([remove(keyOf('a'))], { token: 't' })).rejects.toBe(error);
});

test('setMany() takes an expiry for each item, which goes before that of the call', async () => {
  const dynamo = new MemoryDynamo();
  const clock = new ManualClock();
  await createTable(dynamo, partitionedKeysTable, 'rows');
  const table = open({ dynamo, clock });
  const [a, b] = [keyOf<number>('a'), keyOf<number>('b')];
  await table.setMany(
    [
      { key: a, data: 1, ttlSeconds: 60 },
      { key: b, data: 2 },
    ],
    { ttlSeconds: 5 },
  );
  const found = await Promise.all([a, b].map((key) => table.getEntry(key)));
  const ends = [60_000, 5_000].map((ms) => clock.now() + ms);
  expect(found.map((entry) => entry?.expiresAtMs)).toEqual(ends);
  expect([await table.delete(a), await table.delete(a)]).toEqual([true, false]);
});

describe('a token of transact()', () => {
  const text = 'x'.repeat(2_000);

  async function openMemory(): Promise<(fromBytes: number) => Table> {
    const dynamo = new MemoryDynamo();
    await createTable(dynamo, partitionedKeysTable, 'rows');
    return (fromBytes) => open({ dynamo, codec: compressedCodec({ fromBytes }) });
  }

  test('stands for what the caller gave, however it is compressed', async () => {
    const at = await openMemory();
    await at(0).transact([put(keyOf<string>('a'), text)], { token: 't' });
    await at(10_000).transact([put(keyOf<string>('a'), text)], { token: 't' });
    await expect(
      at(0).transact([put(keyOf<string>('a'), `${text}y`)], { token: 't' }),
    ).rejects.toMatchObject({ code: 'TokenReused' });
  });

  test('stands for it as it was at the call', async () => {
    const at = await openMemory();
    const given = { list: [1] };
    const sent = at(0).transact([put(keyOf<object>('a'), given)], { token: 't' });
    given.list.push(2);
    await sent;
    await at(0).transact([put(keyOf<object>('a'), { list: [1] })], { token: 't' });
    expect(await at(0).get(keyOf('a'))).toEqual({ list: [1] });
  });
});
