import { setTimeout as delay } from 'node:timers/promises';

import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describeOnEngines, recorded, type ConformanceEngine } from '@x/conformance';
import { createTable, keysTable, N, S, type TableDefinition } from '@x/dynamo-core';
import { documentCodec } from '@x/dynamo-core/document-codec';
import { KeyValueTable } from '@x/dynamo-kv';
import { injectFaults, ManualClock } from '@x/dynamo-testing';
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { NestFactory } from '@nestjs/core';
import { createCache, type Cache } from 'cache-manager';
import { Cacheable } from 'cacheable';
import { Keyv } from 'keyv';
import { Keyv as Keyv6 } from 'keyv-6';
import { beforeAll, describe, expect, test } from 'vitest';

import { DynamoKeyv, type DynamoKeyvOptions } from '../src/index.js';
import { DynamoKeyv as DynamoKeyv6 } from '../src/v6.js';

/** What the tests need of a Keyv of either version. */
type AnyKeyv = Pick<Keyv, 'get' | 'has' | 'clear'> & {
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  setMany(entries: { key: string; value: unknown; ttl?: number }[]): Promise<unknown>;
  getMany(keys: string[]): Promise<unknown[]>;
  hasMany(keys: string[]): Promise<boolean[]>;
  delete(key: string): Promise<boolean>;
  deleteMany(keys: string[]): Promise<unknown>;
};

const bytes = Buffer.from([0, 255, 128]);
const many = Array.from({ length: 230 }, (_, index) => `key-${index}`);

/** What a Keyv over any store answers to the same calls. */
const behaviours: Readonly<Record<string, (keyv: AnyKeyv) => Promise<unknown>>> = {
  'values of every kind': async (keyv) => {
    const values = ['text', '', 0, false, null, { a: [1, { b: 2 }] }, bytes, { bytes }];
    for (const [index, value] of values.entries()) await keyv.set(`k${index}`, value);
    return keyv.getMany(values.map((_, index) => `k${index}`));
  },
  'undefined, and what is not there': async (keyv) => {
    await keyv.set('undefined', undefined);
    return [await keyv.get('undefined'), await keyv.get('none'), await keyv.has('none')];
  },
  'keys of every kind': async (keyv) => {
    const keys = ['a:b', 'keyv:x', 'ü', "'", '%/?#', ' ', 'a'.repeat(500)];
    for (const key of keys) await keyv.set(key, key);
    return Promise.all(keys.map((key) => keyv.get(key)));
  },
  'many at once': async (keyv) => {
    await keyv.setMany(many.map((key) => ({ key, value: key })));
    const keys = [...many, 'none', 'key-7'];
    const before = [await keyv.getMany(keys), await keyv.hasMany(keys)];
    const isDeleted = await keyv.deleteMany(many.slice(0, 130));
    return [before, isDeleted, await keyv.hasMany(many)];
  },
  'nothing at once': async (keyv) => [await keyv.getMany([]), await keyv.hasMany([])],
  'a key that is deleted twice': async (keyv) => {
    await keyv.set('k', 1);
    return [await keyv.delete('k'), await keyv.delete('k'), await keyv.get('k')];
  },
  clear: async (keyv) => {
    await keyv.set('k', 1);
    await keyv.clear();
    await keyv.clear();
    return keyv.get('k');
  },
  'deletions that name a key twice': async (keyv) => {
    await keyv.set('k', 1);
    return keyv.deleteMany(['k', 'k']);
  },
  'a ttl of 0 is none': async (keyv) => {
    await keyv.set('k', 1, 0);
    return keyv.get('k');
  },
};

const versions = {
  'Keyv 5': {
    store: (options: DynamoKeyvOptions) => new DynamoKeyv(options),
    keyv: (store?: object, namespace?: string): AnyKeyv =>
      new Keyv({
        ...(store && { store }),
        ...(namespace && { namespace }),
        throwOnErrors: true,
      }) as never,
  },
  'Keyv 6': {
    store: (options: DynamoKeyvOptions) => new DynamoKeyv6(options),
    keyv: (store?: object, namespace?: string): AnyKeyv => {
      const keyv = new Keyv6({ ...(store && { store }), ...(namespace && { namespace }) });
      keyv.on('error', (error) => {
        throw error;
      });
      return keyv as never;
    },
  },
};
let namespaces = 0;

describeOnEngines('DynamoKeyv', (engine) => {
  let tableName: string;
  const options = (more: DynamoKeyvOptions = {}): DynamoKeyvOptions => ({
    dynamo: engine.client(),
    tableName,
    namespace: `n${namespaces++}`,
    ...more,
  });

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  describe.each(Object.entries(versions))('under %s', (_, { store, keyv }) => {
    test.each(Object.entries(behaviours))('%s: as in memory', async (__, act) => {
      expect(await act(keyv(store(options())))).toEqual(await act(keyv()));
    });

    test.each(Object.entries(behaviours))(
      '%s: as in memory, where the first response of every request is lost',
      async (__, act) => {
        const dynamo = engine.client();
        injectFaults(dynamo, ({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined));
        expect(await act(keyv(store(options({ dynamo }))))).toEqual(await act(keyv()));
      },
    );

    test('what is throttled is repeated', async () => {
      const dynamo = engine.client();
      const throttled = { kind: 'error', name: 'ThrottlingException' } as const;
      injectFaults(dynamo, ({ retry }) => (retry === 0 ? throttled : undefined));
      const cache = keyv(store(options({ dynamo })));
      await cache.set('k', 1);
      expect(await cache.get('k')).toBe(1);
    });

    test('namespaces are kept apart, in one store too, and clear() takes its own alone', async () => {
      const shared = options();
      const [a, ab] = [keyv(store(shared), 'a'), keyv(store(shared), 'ab')];
      await a.set('k', 'a');
      await ab.set('k', 'ab');
      await a.clear();
      expect([await a.get('k'), await ab.get('k')]).toEqual([undefined, 'ab']);
    });

    test('every call ends within requestMsMax where DynamoDB accepts and never answers', async () => {
      const cache = store(options({ dynamo: silent(engine), requestMsMax: 50 }));
      const calls: Promise<unknown>[] = [
        cache.get('k'),
        cache.getMany(['k']),
        cache.set('k', 'v'),
        cache.setMany([{ key: 'k', value: 'v' }]),
        cache.has('k'),
        cache.hasMany(['k']),
        cache.delete('k'),
        cache.deleteMany(['k']),
        cache.clear(),
        cache.iterator().next(),
      ];
      const ended = await Promise.allSettled(calls);
      expect(ended.map(({ status }) => status)).toEqual(calls.map(() => 'rejected'));
    });

    test('clear() and iterator() stop at scanRowsMax, by name', async () => {
      const given = options({ scanRowsMax: 2 });
      const cache = store(given);
      await cache.setMany([1, 2, 3].map((value) => ({ key: `k${value}`, value: 'v' })));
      await expect(cache.clear()).rejects.toThrow(/scanRowsMax.*clear\(\)/s);
      await expect(cache.iterator().next()).rejects.toThrow(/scanRowsMax.*iterator\(\)/s);
      expect(await cache.has('k1')).toBe(true);
    });
  });

  test('sends one request for a get, a has and a set, two for a deletion, and batches of many', async () => {
    const dynamo = recorded(engine.client());
    const cache = new DynamoKeyv(options({ dynamo }));
    await cache.set('k', 'v');
    await cache.get('k');
    await cache.has('k');
    await cache.delete('k');
    await cache.setMany(many.slice(0, 50).map((key) => ({ key, value: 'v' })));
    await cache.getMany(many.slice(0, 101));
    const count = new Map<string, number>();
    for (const { operation } of dynamo.requests)
      count.set(operation, (count.get(operation) ?? 0) + 1);
    expect(Object.fromEntries(count)).toEqual({
      UpdateItem: 1,
      GetItem: 3,
      DeleteItem: 1,
      BatchWriteItem: 2,
      BatchGetItem: 2,
    });
  });

  test('a value ends with its ttl, to the millisecond, and lives for ever without one', async () => {
    const clock = new ManualClock();
    const cache = new DynamoKeyv(options({ clock }));
    await cache.set('short', 'v', 1_500);
    await cache.setMany([{ key: 'many', value: 'v', ttl: 1_500 }]);
    await cache.set('for ever', 'v');
    await cache.set('infinite', 'v', Infinity);
    await clock.advance(1_500);
    expect([await cache.get('short'), await cache.has('many')]).toEqual(['v', true]);
    await clock.advance(1);
    expect([await cache.get('short'), await cache.has('many')]).toEqual([undefined, false]);
    expect(await cache.hasMany(['short', 'many'])).toEqual([false, false]);
    expect(await cache.delete('short')).toBe(false);
    await clock.advance(10 * 365 * 86_400_000);
    expect([await cache.get('for ever'), await cache.get('infinite')]).toEqual(['v', 'v']);
  });

  test('a value whose end is past is not stored, and replaces what was there', async () => {
    const clock = new ManualClock();
    const five = new DynamoKeyv(options({ clock }));
    await five.set('k', 'old');
    await five.set('k', 'new', -1);
    expect(await five.get('k')).toBeUndefined();
    const six = new DynamoKeyv6(options({ clock }));
    await six.setMany([{ key: 'k', value: 'v', expires: clock.now() - 1 }]);
    expect(await six.get('k')).toBeUndefined();
    await expect(five.set('k', 'v', Number.NaN)).rejects.toThrow('ttl');
  });

  test.each([Infinity, Number.MAX_SAFE_INTEGER, 1e20, 1e14])(
    'a ttl of %d ms is for ever, as no row can say so late an end',
    async (ttl) => {
      const clock = new ManualClock();
      const [five, six] = [new DynamoKeyv(options({ clock })), new DynamoKeyv6(options({ clock }))];
      await five.set('k', 'v', ttl);
      await five.setMany([{ key: 'many', value: 'v', ttl }]);
      await six.set('k', 'v', clock.now() + ttl);
      await clock.advance(1e13);
      expect([await five.getMany(['k', 'many']), await six.get('k')]).toEqual([['v', 'v'], 'v']);
    },
  );

  test.each([Number.NaN, '5', null])(
    'an end of %s is refused, and nothing is stored',
    async (end) => {
      const six = new DynamoKeyv6(options());
      await expect(six.set('k', 'v', end as number)).rejects.toThrow('expires');
      const entries = [
        { key: 'a', value: 'v' },
        { key: 'k', value: 'v', expires: end as number },
      ];
      await expect(six.setMany(entries)).rejects.toThrow('expires');
      expect(await six.getMany(['a', 'k'])).toEqual([undefined, undefined]);
    },
  );

  test('Keyv 6 goes on with what Keyv 5 stored in a namespace, and back', async () => {
    const shared = options();
    const five = new Keyv({ store: new DynamoKeyv(shared), namespace: 'app' });
    const six = new Keyv6({ store: new DynamoKeyv6(shared), namespace: 'app' });
    await five.set('a', { n: 5 });
    await six.set('b', { n: 6 });
    expect([await six.get('a'), await five.get('b')]).toEqual([{ n: 5 }, { n: 6 }]);
  });

  test('a Keyv that does not serialise keeps its values', async () => {
    const cache = new Keyv6({ store: new DynamoKeyv6(options()), serialization: false });
    await cache.set('k', { a: 1 }, 60_000);
    expect(await cache.get('k')).toEqual({ a: 1 });
  });

  test('bytes are copied at the call', async () => {
    const cache = new DynamoKeyv(options());
    const value = Uint8Array.from([1]);
    const stored = cache.set('k', value);
    value[0] = 2;
    await stored;
    expect([...((await cache.get<Uint8Array>('k')) ?? [])]).toEqual([1]);
  });

  test.each([DynamoKeyv, DynamoKeyv6])('what cannot be read can be deleted', async (Store) => {
    const shared = options();
    const kv = new KeyValueTable({ ...shared, codec: documentCodec });
    for (const key of ['one', 'two']) await kv.set(key, 5);
    const cache = new Store(shared);
    await cache.set('k', 'v');
    await expect(cache.getMany(['k', 'one'])).rejects.toThrow('one');
    expect(await cache.delete('two')).toBe(true);
    const areDeleted = await cache.deleteMany(['k', 'one', 'none', 'k']);
    expect([areDeleted].flat()).toEqual(
      Store === DynamoKeyv ? [false] : [true, true, false, false],
    );
    expect(await kv.getMany(['k', 'one', 'two'])).toEqual([undefined, undefined, undefined]);
  });

  test('errors reach Keyv, which emits them', async () => {
    const missing = new Keyv({ store: new DynamoKeyv(options({ tableName: 'absent' })) });
    const errors: Error[] = [];
    missing.on('error', (error: Error) => errors.push(error));
    expect(await missing.set('k', 1)).toBe(false);
    expect(errors.map(({ name }) => name)).toEqual(['ResourceNotFoundException']);
  });

  test('refuses unknown options by name', () => {
    expect(() => new DynamoKeyv({ ttl: 1 } as never)).toThrow('ttl');
    expect(() => new DynamoKeyv6({ scanRowsMax: 0 })).toThrow('scanRowsMax');
  });

  describe('cache-manager', () => {
    test('wraps, sets, gets many and clears', async () => {
      const cache = createCache({ stores: [new Keyv({ store: new DynamoKeyv(options()) })] });
      await checkCache(cache);
    });

    test('of Nest', async () => {
      const stores = [new Keyv({ store: new DynamoKeyv(options()) })];
      const app = await NestFactory.createApplicationContext(CacheModule.register({ stores }), {
        logger: false,
      });
      await checkCache(app.get<Cache>(CACHE_MANAGER));
      await app.close();
    });
  });

  test('cacheable shares what it stores, by its second store', async () => {
    const shared = options();
    const open = (): Cacheable =>
      new Cacheable({ secondary: new Keyv({ store: new DynamoKeyv(shared) }), nonBlocking: false });
    await open().set('k', { a: 1 }, 60_000);
    const other = open();
    expect(await other.get('k')).toEqual({ a: 1 });
    expect(await other.delete('k')).toBe(true);
    expect(await open().get('k')).toBeUndefined();
  });

  test('reads a table of @keyv/dynamo as it is', async () => {
    const theirs: TableDefinition = { name: 'keyv', partitionKey: { name: 'id', type: 'S' } };
    const name = `keyv-${engine.name}-${Date.now()}`;
    const dynamo = engine.client();
    await createTable(dynamo, theirs, name);
    const write = async (id: string, value: unknown, expires?: number): Promise<void> => {
      const dead = Math.floor((expires ?? Date.now() + 21_600_000) / 1000) + 1;
      const Item = { id: S(id), value: S(JSON.stringify({ value, expires })), expiresAt: N(dead) };
      await dynamo.send(new PutItemCommand({ TableName: name, Item }));
    };
    await write('users:ann', { plan: 'pro' });
    await write('users:bob', 1, Date.now() + 60_000);
    await write('users:eve', 1, Date.now() - 60_000);
    const store = new DynamoKeyv({
      dynamo,
      tableName: name,
      namespace: '',
      mappings: { partitionKeyFieldName: 'id', dataFieldName: 'value' },
    });
    const keyv = new Keyv({ store, namespace: 'users' });
    expect(await keyv.getMany(['ann', 'bob', 'eve'])).toEqual([{ plan: 'pro' }, 1, undefined]);
    await keyv.set('ann', 2);
    expect(await keyv.get('ann')).toBe(2);
    await keyv.clear();
    expect(await keyv.has('bob')).toBe(false);
  });
});

async function checkCache(cache: Cache): Promise<void> {
  let calls = 0;
  const compute = async (): Promise<number> => ++calls;
  expect([await cache.wrap('a', compute), await cache.wrap('a', compute)]).toEqual([1, 1]);
  await cache.set('b', { x: 1 }, 60_000);
  await cache.mset([{ key: 'c', value: 3 }]);
  expect(await cache.mget(['a', 'b', 'c', 'd'])).toEqual([1, { x: 1 }, 3, undefined]);
  await cache.set('short', 1, 20);
  await delay(30);
  expect(await cache.get('short')).toBeUndefined();
  await cache.mdel(['a', 'c']);
  expect(await cache.get('a')).toBeUndefined();
  await cache.clear();
  expect(await cache.get('b')).toBeUndefined();
}

/** A client whose requests are accepted and never answered. */
function silent(engine: ConformanceEngine): ReturnType<ConformanceEngine['client']> {
  const client = engine.client();
  injectFaults(client, () => ({ kind: 'silent' }));
  return client;
}
