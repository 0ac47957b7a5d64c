import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit';
import { describeOnEngines } from '@x/conformance';
import { partitionedKeysTable } from '@x/dynamo-core';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';

import { fastifyStore, type FastifyStoreOptions } from '../src/fastify.js';
import { describeAdapter, limit, windowMs } from './adapter-suite.js';

async function application(options: RateLimitPluginOptions): Promise<FastifyInstance> {
  const app = fastify();
  await app.register(rateLimit, {
    max: limit,
    timeWindow: windowMs,
    keyGenerator: (request) => String(request.headers['x-client']),
    ...options,
  });
  return app;
}

describeAdapter({
  name: 'fastifyStore()',
  headers: ['x-ratelimit-limit', 'x-ratelimit-remaining'],
  seconds: ['x-ratelimit-reset', 'retry-after'],
  start: async (store) => {
    const app = await application(store === 'memory' ? {} : { store: fastifyStore(store) });
    app.get('/', async () => 'hello');
    return {
      url: await app.listen({ host: '127.0.0.1', port: 0 }),
      close: async () => {
        app.server.closeAllConnections();
        await app.close();
      },
    };
  },
});

describeOnEngines('fastifyStore() beyond one limit', (engine) => {
  async function open(): Promise<FastifyStoreOptions> {
    return { dynamo: engine.client(), tableName: await engine.createTable(partitionedKeysTable) };
  }

  async function statuses(app: FastifyInstance, urls: readonly string[]): Promise<number[]> {
    const all: number[] = [];
    for (const url of urls) {
      all.push((await app.inject({ url, headers: { 'x-client': 'a' } })).statusCode);
    }
    return all;
  }

  test('a route with limits of its own counts apart, as in memory', async () => {
    const urls = ['/', '/own', '/own', '/own', '/other', '/other', '/', '/own'];
    const apps = [{ store: fastifyStore(await open()) }, {}].map(async (options) => {
      const app = await application(options);
      const own = { config: { rateLimit: { max: 2, timeWindow: 30_000 } } };
      app.get('/', async () => 'hello');
      app.get('/own', own, async () => 'hello');
      app.get('/other', { config: { rateLimit: { max: 1 } } }, async () => 'hello');
      return statuses(app, urls);
    });
    const [ours, memory] = await Promise.all(apps);
    expect(ours).toEqual(memory);
    expect(ours).toEqual([200, 200, 200, 429, 200, 429, 200, 429]);
  });

  test('limits of createRateLimit() count apart from each other and from the global ones', async () => {
    const all = [{ store: fastifyStore(await open()) }, {}].map(async (options) => {
      const app = await application({ ...options, timeWindow: 0.5 * windowMs });
      const [few, more, same] = [
        app.createRateLimit({ max: 3 }),
        app.createRateLimit({ max: 4, timeWindow: 1_000_000 }),
        app.createRateLimit(),
      ];
      const checks = async (request: FastifyRequest): Promise<unknown[]> => {
        const answers = [await few(request), await more(request), await same(request)];
        return answers.map((answer) => 'remaining' in answer && answer.remaining);
      };
      app.get('/', (request) => checks(request));
      const said = await app.inject({ url: '/', headers: { 'x-client': 'a' } });
      return [said.json(), said.headers['x-ratelimit-remaining']];
    });
    const [ours, memory] = await Promise.all(all);
    expect(ours).toEqual(memory);
    expect(ours).toEqual([[2, 3, limit - 2], `${limit - 1}`]);
  });

  test('a plugin before version 10, which passes max and ban, is refused by name', async () => {
    const Store = fastifyStore(await open()) as unknown as new (limits: object) => {
      incr(client: string, callback: (error: Error | null) => void, ...given: number[]): void;
    };
    const error = await new Promise((resolve) =>
      new Store({ max: 2, timeWindow: windowMs }).incr('a', resolve, 2, -1),
    );
    expect(error).toMatchObject({ name: 'InvalidInputError', field: 'max' });
  });

  test('a window of 0 refuses nobody, as in memory', async () => {
    const app = await application({ max: 1, timeWindow: 0, store: fastifyStore(await open()) });
    app.get('/', async () => 'hello');
    const answer = await app.inject({ url: '/', headers: { 'x-client': 'a' } });
    expect([answer.statusCode, answer.headers['x-ratelimit-reset']]).toEqual([200, '0']);
  });

  test('a read counts nothing', async () => {
    const app = await application({ global: false, store: fastifyStore(await open()) });
    const check = app.createRateLimit();
    const checks = async (request: FastifyRequest): Promise<unknown[]> => [
      await check(request, { increment: false }),
      await check(request),
      await check(request, { increment: false }),
    ];
    app.get('/', (request) => checks(request));
    const answer = await app.inject({ url: '/', headers: { 'x-client': 'a' } });
    expect(answer.json()).toMatchObject([
      { remaining: limit, ttl: 0 },
      { remaining: limit - 1 },
      { remaining: limit - 1, isExceeded: false },
    ]);
  });

  test.each([
    ['continueExceeding', [60, 60, 60]],
    ['exponentialBackoff', [60, 120, 240]],
  ])('%s refuses for longer with each hit beyond the limit', async (name, expected) => {
    const app = await application({ max: 1, store: fastifyStore(await open()), [name]: true });
    app.get('/', async () => 'hello');
    await statuses(app, ['/']);
    const after: number[] = [];
    for (let index = 0; index < 3; index++) {
      const { headers } = await app.inject({ url: '/', headers: { 'x-client': 'a' } });
      after.push(Number(headers['retry-after']));
    }
    expect(after).toEqual(expected);
  });
});
