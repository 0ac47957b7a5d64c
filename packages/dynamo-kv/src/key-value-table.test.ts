import { createTable, jsonCodec, type Codec, type DynamoTransport } from '@x/dynamo-core';
import { ManualClock, MemoryDynamo } from '@x/dynamo-testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { keysTable, KeyValueTable, type KeyValueTableOptions } from './index.js';

/** Nothing may be sent: everything here is refused before. */
const unused: DynamoTransport = {
  call: (operation) => Promise.reject(new Error(`${operation} was sent`)),
};

function open(options: KeyValueTableOptions = {}): KeyValueTable {
  return new KeyValueTable({ dynamo: unused, tableName: 'keys', ...options });
}

function invalid(field: string, value?: unknown): object {
  return { name: 'InvalidInputError', field, ...(value !== undefined && { value }) };
}

async function firstOf(items: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of items) return item;
  return undefined;
}

beforeEach(() => vi.stubEnv('PARADOX_ENV', ''));
afterEach(() => vi.unstubAllEnvs());

describe('new KeyValueTable()', () => {
  test.each([
    ['namespace', { namespace: 5 }],
    ['tableName', { tableName: '' }],
    ['dynamo', { dynamo: {} }],
    ['codec', { codec: {} }],
  ])('refuses a bad %s', (field, options) => {
    expect(() => open(options as unknown as KeyValueTableOptions)).toThrow(
      expect.objectContaining(invalid(field)),
    );
  });

  test('without a table name needs the environment, and says so', () => {
    expect(() => new KeyValueTable({ dynamo: unused })).toThrow(/PARADOX_ENV/);
    vi.stubEnv('PARADOX_ENV', 'local');
    expect(() => new KeyValueTable({ dynamo: unused })).not.toThrow();
  });

  test('refuses the table of another environment', () => {
    vi.stubEnv('PARADOX_ENV', 'prod');
    expect(() => open({ tableName: 'paradox.dev.keys' })).toThrow(/\.prod\./);
  });
});

describe('an option that there is not', () => {
  const bad = { consistant: true, ttl: 60 } as object;

  test.each<[string, (kv: KeyValueTable) => unknown]>([
    ['get', (kv) => kv.get('a', bad)],
    ['getEntry', (kv) => kv.getEntry('a', bad)],
    ['has', (kv) => kv.has('a', bad)],
    ['getBatch', (kv) => kv.getBatch(['a'], bad)],
    ['exists', (kv) => kv.exists('a', bad)],
    ['getMany', (kv) => kv.getMany(['a'], bad)],
    ['setMany', (kv) => kv.setMany(['a'], bad)],
    ['setMany', (kv) => kv.setMany([['a', 1, bad]])],
    ['deleteMany', (kv) => kv.deleteMany(['a'], bad)],
    ['set', (kv) => kv.set('a', 1, bad)],
    ['setBatch', (kv) => kv.setBatch(['a'], bad)],
    ['setIfNotExists', (kv) => kv.setIfNotExists('a', 1, bad)],
    ['setIfVersion', (kv) => kv.setIfVersion('a', 1, 'id:v', bad)],
    ['update', (kv) => kv.update('a', () => 1, bad)],
    ['delete', (kv) => kv.delete('a', bad)],
    ['deleteBatch', (kv) => kv.deleteBatch(['a'], bad)],
    ['listAll', (kv) => kv.listAll(bad)],
    ['clear', (kv) => kv.clear(bad)],
    ['ids', async (kv) => firstOf(kv.ids(bad))],
    ['streamAll', async (kv) => firstOf(kv.streamAll(1, bad))],
  ])('is refused by %s() by its name', async (_, call) => {
    const kv = open();
    await expect((async () => call(kv))()).rejects.toThrow(
      expect.objectContaining(invalid(expect.stringMatching(/^(consistant|ttl)$/) as string)),
    );
  });

  test('is refused where it was one before: expiresAt is expiresAtMs', async () => {
    const before = { expiresAt: new Date() } as object;
    await expect(open().set('a', 1, before)).rejects.toThrow(/expiresAt: .* as expiresAtMs$/);
  });

  test('is refused by the constructor, and so is a client in the place of options', () => {
    expect(() => open({ tablename: 'keys' } as object)).toThrow(/given as tableName$/);
    expect(() => new KeyValueTable(unused as object)).toThrow(/given as \{ dynamo \}$/);
  });
});

describe('KeyValueTable refuses, before anything is sent,', () => {
  const tooLong = 'x'.repeat(2049);

  test.each([
    ['an empty id', (kv: KeyValueTable) => kv.get(''), 'id'],
    ['an id that is no text', (kv: KeyValueTable) => kv.get(5 as unknown as string), 'id'],
    ['an id over 2,048 bytes', (kv: KeyValueTable) => kv.delete(tooLong), 'id'],
    ['an id in a batch', (kv: KeyValueTable) => kv.getBatch(['a', '']), 'id'],
    ['an id in a batch to delete', (kv: KeyValueTable) => kv.deleteBatch(['']), 'id'],
    ['a ttl of 0', (kv: KeyValueTable) => kv.set('a', 1, { ttlSeconds: 0 }), 'ttlSeconds'],
    ['a ttl of NaN', (kv: KeyValueTable) => kv.set('a', 1, { ttlSeconds: NaN }), 'ttlSeconds'],
    [
      'an expiry in seconds',
      (kv: KeyValueTable) => kv.setMany(['a'], { expiresAtMs: Date.now() / 1000 }),
      'expiresAtMs',
    ],
    [
      'two expiries',
      (kv: KeyValueTable) => kv.setIfNotExists('a', 1, { ttlSeconds: 1, expiresAtMs: 2e12 }),
      'expiresAtMs',
    ],
    [
      'a version of its own making',
      (kv: KeyValueTable) => kv.setIfVersion('a', 1, 'v1'),
      'version',
    ],
    [
      'no attempts',
      (kv: KeyValueTable) => kv.update('a', () => 1, { attemptsMax: 0 }),
      'attemptsMax',
    ],
    ['a limit of 0', (kv: KeyValueTable) => kv.listAll({ limit: 0 }), 'limit'],
    [
      'a page pointer of its own making',
      (kv: KeyValueTable) => kv.listAll({ pageItem: 'x' as never }),
      'pageItem',
    ],
    [
      'a page pointer of another namespace',
      (kv: KeyValueTable) =>
        kv.listAll({ pageItem: Buffer.from('m.a').toString('base64url') as never }),
      'pageItem',
    ],
    [
      'half a character to begin with',
      async (kv: KeyValueTable) => firstOf(kv.ids({ prefix: '\ud83d' })),
      'prefix',
    ],
    [
      'half a character',
      (kv: KeyValueTable) => kv.listAll({ keyContains: '\ud83d' }),
      'keyContains',
    ],
    ['an empty keyContains', (kv: KeyValueTable) => kv.listAll({ keyContains: '' }), 'keyContains'],
    ['pages of 0', (kv: KeyValueTable) => firstOf(kv.streamAll(0)), 'perPage'],
    [
      '0 segments',
      async (kv: KeyValueTable) => firstOf(kv.streamAll(1, { segments: 0 })),
      'segments',
    ],
    [
      'a negative delay',
      (kv: KeyValueTable) => firstOf(kv.streamAll(1, { minimumDelayBetween: -1 })),
      'minimumDelayBetween',
    ],
  ])('%s', async (_, run, field) => {
    await expect(run(open())).rejects.toMatchObject(invalid(field));
  });

  test.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a bigint', 5n],
    ['a Map', new Map()],
    ['NaN inside', { a: [NaN] }],
  ])('a value that JSON would lose: %s', async (_, value) => {
    const error = invalid('the value of "a"');
    await expect(open().set('a', value)).rejects.toMatchObject(error);
    await expect(open().setBatch([['a', value]])).rejects.toMatchObject(error);
    await expect(open().setIfNotExists('a', value)).rejects.toMatchObject(error);
  });

  test('a row over 400 KB, with its size', async () => {
    await expect(open().set('a', 'x'.repeat(409_600))).rejects.toMatchObject({
      name: 'ItemTooLargeError',
      key: 'a',
      limit: 409_600,
    });
  });

  test('a namespace and id that are too long together', async () => {
    const kv = open({ namespace: 'n'.repeat(100) });
    await expect(kv.get('x'.repeat(2000))).rejects.toMatchObject(invalid('the namespace and id'));
  });
});

describe('a signal', () => {
  test('that is aborted already sends nothing', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    const kv = new KeyValueTable({ dynamo: { send: unexpected }, tableName: 'keys' });
    await expect(kv.get('a', { signal })).rejects.toThrow('stopped');
    await expect(kv.set('a', 1, { signal })).rejects.toThrow('stopped');
    await expect(kv.getBatch(['a'], { signal })).rejects.toThrow('stopped');
    await expect(kv.update('a', () => 1, { signal })).rejects.toThrow('stopped');
    await expect(kv.listAll({ signal })).rejects.toThrow('stopped');
    await expect(firstOf(kv.streamAll(1, { signal }))).rejects.toThrow('stopped');
  });
});

function unexpected(): Promise<never> {
  return Promise.reject(new Error('something was sent'));
}

test('setMany() takes an expiry for each entry, which goes before that of the call', async () => {
  const dynamo = new MemoryDynamo();
  const clock = new ManualClock();
  await createTable(dynamo, keysTable, 'keys');
  const kv = open({ dynamo, clock });
  const entries = [
    ['a', 1, { ttlSeconds: 60 }],
    ['b', 2, {}],
    ['c', 3],
  ] as const;
  await kv.setMany(entries, { expiresAtMs: clock.now() + 5_000 });
  const ends = [60_000, 5_000, 5_000].map((ms) => clock.now() + ms);
  const ids = ['a', 'b', 'c'];
  const found = await Promise.all(ids.map((id) => kv.getEntry(id)));
  expect(found.map((entry) => entry?.expiresAtMs)).toEqual(ends);
});

/** Encodes as JSON, the first values after the later ones. */
const slowCodec: Codec = {
  encode: async (value, key) => {
    const data = await jsonCodec.encode(value, key);
    if (value === 'first') for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return data;
  },
  decode: (...args) => jsonCodec.decode(...args),
};

describe.each([
  ['at once', jsonCodec],
  ['by and by', slowCodec],
])('setMany() with a codec that encodes %s', (_, codec) => {
  const ids = Array.from({ length: 3_000 }, (_each, index) => `id-${index}`);

  test.each([
    ['a value', [() => 1]],
    ['an expiry', [1, { ttlSeconds: 0 }]],
  ])('refuses %s near the end of many before anything is sent', async (_what, bad) => {
    const entries = ids.map((id): [string, unknown, object?] => [id, { text: 'first' }]);
    entries[2_900] = ['id-2900', ...bad] as [string, unknown, object?];
    await expect(open({ codec }).setMany(entries)).rejects.toMatchObject({
      name: 'InvalidInputError',
    });
  });

  test('stores values as they were at the call, and of one id the last one', async () => {
    const dynamo = new MemoryDynamo();
    await createTable(dynamo, keysTable, 'keys');
    const kv = open({ dynamo, codec });
    const shared = { text: 'at the call' };
    const entries = ids.map((id): [string, unknown] => [id, shared]);
    entries.push(['twice', 'first'], ['twice', 'last']);
    const stored = kv.setMany(entries);
    shared.text = 'after it';
    entries.length = 0;
    await stored;
    expect(await kv.getMany([...ids.slice(0, 2), ...ids.slice(-2), 'twice'])).toEqual([
      ...Array.from({ length: 4 }, () => ({ text: 'at the call' })),
      'last',
    ]);
  });
});

test('delete() says whether there was a value: an expired one is none', async () => {
  const dynamo = new MemoryDynamo();
  const clock = new ManualClock();
  await createTable(dynamo, keysTable, 'keys');
  const kv = open({ dynamo, clock });
  expect(await kv.delete('a')).toBe(false);
  await kv.set('a', 1, { ttlSeconds: 60 });
  expect([await kv.delete('a'), await kv.delete('a')]).toEqual([true, false]);
  await kv.set('a', 1, { ttlSeconds: 60 });
  await clock.advance(60_000);
  expect(await kv.delete('a')).toBe(false);
});
