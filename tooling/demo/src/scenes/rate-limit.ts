import { createAdaptorServer } from '@hono/node-server';
import { honoRateLimit } from '@x/dynamo-rate-limit/hono';
import { Hono } from 'hono';

import { listening } from '../listening.js';
import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Rate limits of HTTP: @x/dynamo-rate-limit',
  why: 'The stores of Express, Hono, Fastify and Nest: a hit is one request, counted once.',
  run: async (show) => {
    const common = { tableName: 'partitioned', dynamo: show.dynamo };
    const limits = { attemptsMax: 3, windowMs: 60_000 };
    const app = new Hono();
    app.use(honoRateLimit({ ...common, limits, key: (c) => c.req.header('x-user') ?? 'nobody' }));
    app.get('/', (c) => c.text('welcome'));
    const server = createAdaptorServer({ fetch: app.fetch });
    const url = await listening(server);
    const headers = { 'x-user': 'ann', connection: 'close' };

    await show(async () => {
      const response = await fetch(url, { headers });
      return [response.status, response.headers.get('RateLimit')];
    });
    show.note('Twelve more at once, over HTTP:');
    await show(async () => {
      const twelve = Array.from({ length: 12 }, () => fetch(url, { headers }));
      return (await Promise.all(twelve)).map(({ status }) => `HTTP, ${status}`).sort();
    });
    server.close();
  },
};
