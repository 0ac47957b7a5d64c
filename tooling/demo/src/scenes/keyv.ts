import { createAdaptorServer } from '@hono/node-server';
import { DynamoKeyv } from '@x/dynamo-keyv';
import { Hono } from 'hono';
import { Keyv } from 'keyv';

import { listening } from '../listening.js';
import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Caches: @x/dynamo-keyv',
  why: 'A store for Keyv, and so for cache-manager, cacheable and Nest.',
  run: async (show) => {
    const store = new DynamoKeyv({ tableName: 'keys', dynamo: show.dynamo });
    const keyv = new Keyv({ store, namespace: 'plans' });
    let computed = 0;
    const app = new Hono();
    app.get('/plan', async (c) => {
      let plan = await keyv.get<string>('ann');
      if (plan === undefined) {
        plan = `plan ${++computed}`;
        await keyv.set('ann', plan, 60_000);
      }
      return c.text(plan);
    });
    const server = createAdaptorServer({ fetch: app.fetch });
    const url = `${await listening(server)}/plan`;
    const ask = async (): Promise<string> =>
      (await fetch(url, { headers: { connection: 'close' } })).text();

    show.note('Over HTTP, computed once and then read:');
    await show(() => ask());
    await show(() => ask());
    show.note('Many at once, of any number:');
    await show(() => keyv.setMany(['bob', 'eve'].map((key) => ({ key, value: 'free' }))));
    await show(() => keyv.hasMany(['ann', 'bob', 'nobody']));
    server.close();
  },
};
