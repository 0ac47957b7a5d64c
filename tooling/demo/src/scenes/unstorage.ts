import { dynamoDriver } from '@x/dynamo-unstorage';
import { createStorage } from 'unstorage';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Storages of Nitro and Nuxt: @x/dynamo-unstorage',
  why: 'A driver for unstorage: an item is a row, one request each.',
  run: async (show) => {
    const driver = dynamoDriver({ tableName: 'keys', dynamo: show.dynamo });
    const storage = createStorage({ driver });

    await show(() => storage.setItem('cache:home', { html: '<h1>Hello</h1>' }, { ttl: 60 }));
    await show(() => storage.getItem('cache:home'));
    await show(() => storage.getKeys('cache'));
  },
};
