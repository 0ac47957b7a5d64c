import { describeOnEngines, recorded, type ConformanceEngine } from '@x/conformance';
import { keysTable } from '@x/dynamo-core';
import { KeyValueTable } from '@x/dynamo-kv';
import { injectFaults, ManualClock } from '@x/dynamo-testing';
import { createStorage, restoreSnapshot, snapshot, type Storage } from 'unstorage';
import memoryDriver from 'unstorage/drivers/memory';
import { beforeAll, describe, expect, test } from 'vitest';

import { dynamoDriver, type DynamoDriverOptions } from '../src/index.js';

let namespaces = 0;

/** What a storage of any driver answers to the same calls. */
const behaviours: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  'an item that is not there': async (storage) => [
    await storage.hasItem('a'),
    await storage.getItem('a'),
    await storage.getItemRaw('a'),
    await storage.getKeys(),
    await storage.getItems(['a', 'b']),
  ],
  'values of every kind': async (storage) => {
    const values = ['text', '', '{"looks":"like json"}', 7, 0, false, null, { a: [1] }, ['x']];
    for (const [index, value] of values.entries()) await storage.setItem(`k${index}`, value);
    return Promise.all(values.map((_, index) => storage.getItem(`k${index}`)));
  },
  'a class of its own': async (storage) =>
    storage
      .setItem(
        'k',
        new (class Own {
          readonly a = 1;
        })(),
      )
      .catch((error: Error) => error.message),
  'undefined removes': async (storage) => {
    await storage.setItem('k', 1);
    await storage.setItem('k', undefined as never);
    return storage.hasItem('k');
  },
  'query strings, slashes and separators of keys': async (storage) => {
    await storage.setItem('/dir/file.json?q=1', 1);
    return [await storage.getItem('dir:file.json?q=2'), await storage.getKeys()];
  },
  'keys below a base, and to a depth': async (storage) => {
    for (const key of ['a', 'a:b', 'a:b:c', 'ab', 'ab:c', 'z:y']) await storage.setItem(key, key);
    const keys = async (base?: string, maxDepth?: number): Promise<string[]> =>
      (await storage.getKeys(base, maxDepth === undefined ? {} : { maxDepth })).toSorted();
    return [
      await keys(),
      await keys('a'),
      await keys('a:b'),
      await keys('', 0),
      await keys('a', 1),
    ];
  },
  'clear of a base': async (storage) => {
    for (const key of ['a:b', 'a:b:c', 'ab', 'ab:c']) await storage.setItem(key, key);
    await storage.clear('a');
    const left = await storage.getKeys();
    await storage.clear();
    await storage.clear();
    return [left.toSorted(), await storage.getKeys()];
  },
  'many items': async (storage) => {
    const items = Array.from({ length: 130 }, (_, index) => ({
      key: `t:${index}`,
      value: `${index}`,
    }));
    await storage.setItems([...items, { key: 't:7', value: 'later' }]);
    const found = await storage.getItems([...items, 't:none', 't:7?q=1']);
    return [found, (await storage.getKeys('t')).length];
  },
  'meta data': async (storage) => {
    await storage.setItem('k', 1);
    await storage.setMeta('k', { mtime: new Date(0), owner: 'ann' });
    const before = { ...(await storage.getMeta('k')) };
    await storage.removeItem('k', { removeMeta: true });
    return [before, { ...(await storage.getMeta('k')) }];
  },
  snapshots: async (storage) => {
    await restoreSnapshot(storage, { 'a:b': 'x', c: 'y' });
    return snapshot(storage, '');
  },
  mounts: async (storage) => {
    const root = createStorage().mount('here', storage.getMount().driver);
    await root.setItem('here:a:b', 1);
    await root.setItem('there', 2);
    return [await root.getKeys(), await root.getKeys('here:a'), await root.getItems(['here:a:b'])];
  },
};

describeOnEngines('dynamoDriver()', (engine) => {
  let tableName: string;
  const open = (options: DynamoDriverOptions = {}): Storage => {
    const namespace = `n${namespaces++}`;
    const dynamo = options.dynamo ?? engine.client();
    return createStorage({ driver: dynamoDriver({ tableName, namespace, ...options, dynamo }) });
  };

  beforeAll(async () => {
    tableName = await engine.createTable(keysTable);
  });

  describe('answers what the driver in memory does', () => {
    test.each(Object.entries(behaviours))('%s', async (_, act) => {
      expect(await act(open())).toEqual(await act(createStorage({ driver: memoryDriver() })));
    });

    test.each(Object.entries(behaviours))(
      '%s, where the first response of every request is lost',
      async (_, act) => {
        const dynamo = engine.client();
        injectFaults(dynamo, ({ retry }) => (retry === 0 ? { kind: 'drop-after' } : undefined));
        expect(await act(open({ dynamo }))).toEqual(await act(createStorage()));
      },
    );
  });

  test('sends one request for an item, and one for each 25 or 100 of many', async () => {
    const dynamo = recorded(engine.client());
    const storage = open({ dynamo });
    const items = Array.from({ length: 30 }, (_, index) => ({ key: `k${index}`, value: index }));
    await storage.setItem('a', 1);
    await storage.hasItem('a');
    await storage.getItem('a');
    await storage.getItemRaw('a');
    await storage.removeItem('a');
    await storage.setItems(items);
    await storage.getItems(items);
    const sent = dynamo.requests.map(({ operation }) => operation);
    expect(sent.slice(0, 5)).toEqual(['UpdateItem', 'Query', 'GetItem', 'GetItem', 'DeleteItem']);
    expect(sent.slice(5).toSorted()).toEqual(['BatchGetItem', 'BatchWriteItem', 'BatchWriteItem']);
  });

  test('keeps bytes as bytes, and text as text, also from views and across both ways to read', async () => {
    const storage = open();
    const bytes = Uint8Array.from([0, 255, 128, 10]);
    await storage.setItemRaw('view', bytes.subarray(1, 3));
    await storage.setItemRaw('buffer', bytes.buffer);
    await storage.setItemRaw('node', Buffer.from('äöü'));
    await storage.setItemRaw('text', 'base64:is text');
    expect([...((await storage.getItemRaw('view')) as Uint8Array)]).toEqual([255, 128]);
    expect([...((await storage.getItemRaw('buffer')) as Uint8Array)]).toEqual([...bytes]);
    expect(await storage.getItem('node')).toBe('äöü');
    expect(await storage.getItemRaw('text')).toBe('base64:is text');
    await expect(storage.setItemRaw('k', { no: 'bytes' })).rejects.toThrow('the raw value of "k"');
  });

  test('copies bytes at the call', async () => {
    const storage = open();
    const bytes = Uint8Array.from([1]);
    const stored = storage.setItemRaw('k', bytes);
    bytes[0] = 2;
    await stored;
    expect([...((await storage.getItemRaw('k')) as Uint8Array)]).toEqual([1]);
  });

  test('ends an item with its ttl, of the call or of the driver, and not without one', async () => {
    const clock = new ManualClock();
    const storage = open({ clock, ttlSeconds: 60 });
    await storage.setItem('of the driver', 1);
    await storage.setItem('of the call', 1, { ttl: 10 });
    await storage.setItem('for ever', 1, { ttl: 0 });
    await storage.setItem('infinite', 1, { ttl: Infinity });
    await storage.setItem('very long', 1, { ttl: Number.MAX_SAFE_INTEGER });
    await storage.setItems([{ key: 'of many', value: 1, options: { ttl: 10 } }], { ttl: 30 });
    await clock.advance(500);
    expect((await storage.getMeta('of the call', { nativeOnly: true })).ttl).toBe(9);
    await clock.advance(11_500);
    const endless = ['for ever', 'infinite', 'very long'];
    expect((await storage.getKeys()).toSorted()).toEqual([...endless, 'of the driver'].toSorted());
    expect(await storage.hasItem('of many')).toBe(false);
    expect(await storage.getItems(['of the call'])).toEqual([{ key: 'of the call', value: null }]);
    await clock.advance(60_000);
    expect((await storage.getKeys()).toSorted()).toEqual(endless);
    await expect(storage.setItem('k', 1, { ttl: -1 })).rejects.toThrow('ttlSeconds');
    expect(() => dynamoDriver({ ttlSeconds: Number.NaN })).toThrow('ttlSeconds');
  });

  test('clear() of a base takes what is below it, and nothing beside it', async () => {
    const storage = open();
    for (const key of ['a', 'ab', 'a:b', 'a:b:c', 'ab:c']) await storage.setItem(key, 1);
    await storage.getMount().driver.clear?.('a', {});
    expect((await storage.getKeys()).toSorted()).toEqual(['a', 'ab', 'ab:c']);
  });

  test('keeps namespaces apart, and clears its own alone', async () => {
    const [one, other] = [open({ namespace: 'app' }), open({ namespace: 'app.b' })];
    await one.setItem('k', 1);
    await other.setItem('k', 2);
    await one.clear();
    expect([await one.getKeys(), await other.getItem('k')]).toEqual([[], 2]);
    await other.clear();
  });

  test('stores what is JSON as a value that @x/dynamo-kv reads, and the other way round', async () => {
    const namespace = 'shared';
    const kv = new KeyValueTable({ dynamo: engine.client(), tableName, namespace });
    const storage = open({ namespace });
    await storage.setItem('ours', { a: 1 });
    await kv.set('theirs', { b: 2 });
    expect([await kv.get('ours'), await storage.getItem('theirs')]).toEqual([{ a: 1 }, { b: 2 }]);
  });

  test('getKeys() and clear() stop at scanRowsMax, by name, and delete nothing beyond it', async () => {
    const three = [1, 2, 3].map((value) => ({ key: `a:${value}`, value }));
    await open({ namespace: 'large' }).setItems(three);
    const { driver } = open({ namespace: 'large', scanRowsMax: 2 }).getMount();
    await expect(driver.getKeys('', {})).rejects.toThrow(/scanRowsMax.*getKeys\(\)/s);
    await expect(driver.clear?.('a', {})).rejects.toThrow(/scanRowsMax.*clear\(\)/s);
    expect(await open({ namespace: 'large' }).getKeys('a')).toHaveLength(3);
  });

  test('passes errors of the SDK on, and repeats what is throttled', async () => {
    const missing = open({ tableName: 'absent' });
    await expect(missing.getItem('k')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const dynamo = engine.client();
    injectFaults(dynamo, ({ retry }) =>
      retry === 0 ? { kind: 'error', name: 'ThrottlingException' } : undefined,
    );
    const storage = open({ dynamo });
    await storage.setItem('k', 1);
    expect(await storage.getItem('k')).toBe(1);
  });

  test('ends within requestMsMax where DynamoDB accepts and never answers', async () => {
    const storage = open({ dynamo: silent(engine), requestMsMax: 50 });
    const calls: Promise<unknown>[] = [
      storage.getItem('k'),
      storage.setItem('k', 1),
      storage.setItemRaw('k', 'x'),
      storage.removeItem('k'),
      storage.hasItem('k'),
      Promise.resolve(storage.getMeta('k')),
      storage.getKeys(),
      storage.clear(),
      storage.getItems(['k']),
      storage.setItems([{ key: 'k', value: 1 }]),
    ];
    const ended = await Promise.allSettled(calls);
    expect(ended.map(({ status }) => status)).toEqual(calls.map(() => 'rejected'));
  });

  test('refuses unknown options by name', () => {
    expect(() => dynamoDriver({ base: 'x' } as never)).toThrow('base');
    expect(() => dynamoDriver({ scanRowsMax: 0 })).toThrow('scanRowsMax');
  });
});

/** A client whose requests are accepted and never answered. */
function silent(engine: ConformanceEngine): ReturnType<ConformanceEngine['client']> {
  const client = engine.client();
  injectFaults(client, () => ({ kind: 'silent' }));
  return client;
}
