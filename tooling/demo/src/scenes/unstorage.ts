import { createAdaptorServer } from '@hono/node-server';
import { dynamoDriver } from '@x/dynamo-unstorage';
import { Hono } from 'hono';
import { createStorage } from 'unstorage';

import { listening } from '../listening.js';
import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Storages of Nitro and Nuxt: @x/dynamo-unstorage',
  why: 'A driver for unstorage: an item is a row, one request each.',
  run: async (show) => {
    const driver = dynamoDriver({ tableName: 'keys', dynamo: show.dynamo });
    const storage = createStorage({ driver });
    const app = new Hono();
    app.put('/pages/:name', async (c) => {
      await storage.setItem(`pages:${c.req.param('name')}`, await c.req.text(), { ttl: 60 });
      return c.body(null, 204);
    });
    app.get('/pages/:name', async (c) => {
      const page = await storage.getItem<string>(`pages:${c.req.param('name')}`);
      return page === null ? c.notFound() : c.html(page);
    });
    const server = createAdaptorServer({ fetch: app.fetch });
    const url = `${await listening(server)}/pages/home`;
    const headers = { connection: 'close' };
    const put = async (body: string): Promise<number> =>
      (await fetch(url, { headers, method: 'PUT', body })).status;
    const get = async (): Promise<string> => (await fetch(url, { headers })).text();

    await show(() => put('<h1>Hello</h1>'));
    await show(() => get());
    await show(() => storage.getKeys('pages'));
    server.close();
  },
};
