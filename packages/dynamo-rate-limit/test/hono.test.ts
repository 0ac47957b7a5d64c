import { createAdaptorServer } from '@hono/node-server';
import { describeOnEngines, listen, type Listening } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import { tokenBucket, type LimitedAttemptOptions } from '@x/dynamo-limited-attempt';
import { Hono, type Context } from 'hono';
import { MemoryStore, rateLimiter } from 'hono-rate-limiter';
import { expect, test } from 'vitest';

import { honoRateLimit, honoStore } from '../src/hono.js';
import { describeAdapter, limit, windowMs } from './adapter-suite.js';

async function serve(app: Hono): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch });
  return listen((request, response) => void server.emit('request', request, response));
}

describeAdapter({
  name: 'honoStore()',
  headers: ['ratelimit-limit', 'ratelimit-remaining'],
  seconds: ['ratelimit-reset'],
  start: async (store) => {
    const app = new Hono();
    app.use(
      rateLimiter({
        windowMs,
        limit,
        standardHeaders: 'draft-6',
        keyGenerator: (c) => c.req.header('x-client') ?? '',
        store: store === 'memory' ? new MemoryStore() : honoStore(store),
      }),
    );
    app.get('/', (c) => c.text('hello'));
    return serve(app);
  },
});

describeAdapter({
  name: 'honoRateLimit()',
  // The store in memory is that of hono-rate-limiter: it has other headers.
  headers: [],
  seconds: [],
  start: async (store) => {
    const app = new Hono();
    const key = (c: { req: { header(name: string): string | undefined } }): string =>
      c.req.header('x-client') ?? '';
    app.use(
      store === 'memory'
        ? rateLimiter({ windowMs, limit, keyGenerator: key, store: new MemoryStore() })
        : honoRateLimit({ ...store, limits: { attemptsMax: limit, windowMs }, key }),
    );
    app.get('/', (c) => c.text('hello'));
    return serve(app);
  },
});

describeOnEngines('honoRateLimit() beyond one limit', (engine) => {
  async function open(): Promise<LimitedAttemptOptions> {
    return { dynamo: engine.client(), tableName: await engine.createTable(partitionedKeysTable) };
  }

  test('takes plans and costs, and says where the client stands', async () => {
    const app = new Hono();
    app.use(
      honoRateLimit({
        ...(await open()),
        limits: (c) => ({
          attemptsMax: c.req.header('plan') === 'team' ? 100 : 10,
          windowMs,
          algorithm: tokenBucket,
        }),
        cost: async (c) => Number(c.req.query('size') ?? 1),
        key: (c): string => c.req.header('x-client') ?? '',
      }),
    );
    // A response of its own, not one of the context.
    app.get('/', () => new Response('hello'));
    const ask = (client: string, size: number, plan = 'free'): Promise<Response> =>
      Promise.resolve(app.request(`/?size=${size}`, { headers: { 'x-client': client, plan } }));
    const admitted = await ask('a', 7);
    expect(admitted.status).toBe(200);
    expect(admitted.headers.get('ratelimit-policy')).toBe('"default";q=10;w=60');
    expect(admitted.headers.get('ratelimit')).toBe('"default";r=3;t=42');
    const refused = await ask('a', 7);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20);
    expect((await ask('b', 50, 'team')).headers.get('x-ratelimit-remaining')).toBe('50');
    const never = await ask('c', 11);
    expect([never.status, never.headers.get('retry-after')]).toEqual([429, null]);
  });

  test('decides several keys at once: a refusal consumes nothing', async () => {
    const app = new Hono();
    app.use(
      honoRateLimit({
        ...(await open()),
        entries: (c) => [
          { name: 'address', key: '10.0.0.1', limits: { attemptsMax: 3, windowMs } },
          {
            name: 'user',
            key: c.req.header('x-client') ?? '',
            limits: { attemptsMax: 1, windowMs },
          },
        ],
      }),
    );
    app.get('/', (c) => c.text('hello'));
    const ask = async (client: string): Promise<[number, string | null]> => {
      const answer = await app.request('/', { headers: { 'x-client': client } });
      return [answer.status, answer.headers.get('ratelimit')];
    };
    expect(await ask('ann')).toEqual([200, '"address";r=2;t=60, "user";r=0;t=60']);
    for (let index = 0; index < 5; index++) expect((await ask('ann'))[0]).toBe(429);
    expect(await ask('bob')).toEqual([200, '"address";r=1;t=60, "user";r=0;t=60']);
  });

  test.each<[string, object, RegExp]>([
    ['a key that is absent', { key: undefined }, /key: it must be a string that is not empty/],
    ['a name that no header can hold', { name: 'ü' }, /names: it must be printable ASCII/],
    ['a misspelt part', { costs: 2 }, /costs/],
  ])('counts nothing for entries with %s', async (_, bad, message) => {
    const options = await open();
    const good = { name: 'address', key: 'a', limits: { attemptsMax: 1, windowMs } };
    const app = new Hono();
    let more = [{ ...good, name: 'user', ...bad }];
    app.use(honoRateLimit({ ...options, entries: () => [good, ...more] }));
    app.get('/', (c) => c.text('hello'));
    app.onError((error, c) => c.text(error.message, 500));
    const answer = await app.request('/');
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringMatching(message)]);
    more = [];
    expect((await app.request('/')).headers.get('ratelimit')).toMatch('r=0');
  });

  test('refuses a key that is absent, and counts one that is too long for a key', async () => {
    const app = new Hono();
    const limits = { attemptsMax: 1, windowMs };
    const key = (c: Context): string => c.req.header('x-client') as string;
    app.use(honoRateLimit({ ...(await open()), limits, key }));
    app.get('/', (c) => c.text('hello'));
    app.onError((error, c) => c.text(error.message, 500));
    expect(await (await app.request('/')).text()).toMatch('key: it must be a string');
    const headers = { 'x-client': 'x'.repeat(3_000) };
    const all = [await app.request('/', { headers }), await app.request('/', { headers })];
    expect(all.map(({ status }) => status)).toEqual([200, 429]);
  });

  test('refuses with status 503 where that is what is to happen without the store', async () => {
    const app = new Hono();
    app.use(
      honoRateLimit({
        dynamo: { call: () => new Promise<never>(() => undefined) },
        tableName: 'none',
        timeoutMs: 50,
        onStoreError: 'refuse',
        limits: { attemptsMax: 3, windowMs },
        key: () => 'a',
      }),
    );
    expect((await app.request('/')).status).toBe(503);
  });

  test.each<[string, object]>([
    ['nothing', {}],
    ['both', { limits: { attemptsMax: 1, windowMs }, key: () => 'a', entries: () => [] }],
    ['a misspelt option', { limits: { attemptsMax: 1, windowMs }, key: () => 'a', costs: 1 }],
  ])('refuses %s', (_, options) => {
    expect(() => honoRateLimit({ tableName: 'none', ...options })).toThrow(TypeError);
  });
});
