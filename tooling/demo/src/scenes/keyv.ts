import { DynamoKeyv } from '@x/dynamo-keyv';
import { Keyv } from 'keyv';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Caches: @x/dynamo-keyv',
  why: 'A store for Keyv, and so for cache-manager, cacheable and Nest.',
  run: async (show) => {
    const store = new DynamoKeyv({ tableName: 'keys', dynamo: show.dynamo });
    const keyv = new Keyv({ store, namespace: 'users' });

    await show(() => keyv.set('ann', { plan: 'pro' }, 60_000));
    await show(() => keyv.get('ann'));
    show.note('Many at once, whatever their number:');
    await show(() => keyv.setMany(['bob', 'eve'].map((key) => ({ key, value: { plan: 'free' } }))));
    await show(() => keyv.hasMany(['ann', 'bob', 'nobody']));
  },
};
