import { describeOnEngines, listen } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import express from 'express';
import { MemoryStore, rateLimit } from 'express-rate-limit';
import { expect, test } from 'vitest';

import { expressStore } from '../src/express.js';
import { describeAdapter, hit, limit, windowMs } from './adapter-suite.js';

describeAdapter({
  name: 'expressStore()',
  headers: ['ratelimit-limit', 'ratelimit-remaining'],
  seconds: ['ratelimit-reset'],
  start: async (store) => {
    const app = express();
    app.set('env', 'test');
    app.use(
      rateLimit({
        windowMs,
        limit,
        standardHeaders: 'draft-6',
        validate: false,
        keyGenerator: (request) => String(request.headers['x-client']),
        store: store === 'memory' ? new MemoryStore() : expressStore(store),
      }),
    );
    app.get('/', (_, response) => void response.send('hello'));
    return listen(app);
  },
});

describeOnEngines('expressStore() as a store', (engine) => {
  test('decrement, resetKey, get and resetAll do what those of the store in memory do', async () => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const dynamo = engine.client();
    const stores = [expressStore({ dynamo, tableName }), new MemoryStore()];
    const outcomes = stores.map(async (store) => {
      // Before it is told how long a window is, ours counts in minutes.
      if (store instanceof MemoryStore) store.init({ windowMs } as never);
      const hits = async (client: string): Promise<number | undefined> =>
        (await store.get?.(client))?.totalHits;
      const seen: unknown[] = [await hits('a')];
      for (let index = 0; index < 8; index++) seen.push((await store.increment('a')).totalHits);
      await store.init?.({ windowMs } as never);
      await store.decrement('a');
      seen.push(await hits('a'), (await store.increment('b')).totalHits);
      await store.decrement('b');
      await store.decrement('b');
      seen.push(await hits('b'));
      await store.resetKey('a');
      seen.push(await hits('a'), (await store.increment('c')).totalHits);
      await store.resetAll?.();
      seen.push(await hits('b'), await hits('c'));
      await store.shutdown?.();
      return seen;
    });
    const [ours, memory] = await Promise.all(outcomes);
    expect(ours).toEqual(memory);
    expect(ours).toEqual([
      undefined,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      7,
      1,
      0,
      undefined,
      1,
      undefined,
      undefined,
    ]);
  });

  test('resetAll() leaves the clients of another prefix, and stops at scanRowsMax', async () => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const dynamo = engine.client();
    const [one, other] = ['one', 'other'].map((prefix) =>
      expressStore({ dynamo, tableName, prefix, scanRowsMax: 3 }),
    );
    for (const client of ['a', 'b']) await one?.increment(client);
    await other?.increment('a');
    await one?.resetAll?.();
    expect(await one?.get?.('a')).toBeUndefined();
    expect(await other?.get?.('a')).toMatchObject({ totalHits: 1 });
    for (const client of ['c', 'd', 'e']) await one?.increment(client);
    await expect(other?.resetAll?.()).rejects.toThrow(/scanRowsMax/);
  });

  test('a login with limits per address and user answers 429 with its headers', async () => {
    const tableName = await engine.createTable(partitionedKeysTable);
    const options = { dynamo: engine.client(), tableName };
    const app = express();
    const byUser = rateLimit({
      windowMs,
      limit: 1,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      validate: false,
      keyGenerator: (request) => String(request.headers['x-client']),
      store: expressStore({ ...options, prefix: 'login-user' }),
    });
    const byAddress = rateLimit({
      windowMs,
      limit: 3,
      legacyHeaders: false,
      store: expressStore({ ...options, prefix: 'login-address' }),
    });
    app.get('/', byAddress, byUser, (_, response) => void response.send('in'));
    const application = await listen(app);
    try {
      expect((await hit(application, 'ann')).status).toBe(200);
      const refused = await hit(application, 'ann');
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
      expect((await hit(application, 'bob')).status).toBe(200);
      expect((await hit(application, 'eve')).status).toBe(429);
    } finally {
      await application.close();
    }
  });
});
