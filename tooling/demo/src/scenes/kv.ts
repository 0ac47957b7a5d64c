import { KeyValueTable } from '@x/dynamo-kv';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Values by id: @x/dynamo-kv',
  why: 'Keeps flags, settings and small documents, with expiry and optimistic concurrency.',
  place: 1,
  run: async (show) => {
    const kv = new KeyValueTable({ tableName: 'keys', namespace: 'events', dynamo: show.dynamo });

    await show(() => kv.set('user-123', { action: 'login' }, { ttlSeconds: 3600 }));
    await show.row('keys', { key: { S: 'events.user-123' } });
    await show(() => kv.get('user-123'));
    show.note('Of two callers one stores, also when the SDK repeats a lost request:');
    await show(() => kv.setIfNotExists('signup-123', 'welcome'));
    await show(() => kv.setIfNotExists('signup-123', 'again'));
    show.note('An update computes from what is stored and overwrites no concurrent one:');
    await show(() => kv.update<number>('visits', (visits = 0) => visits + 1));
    show.note('Of three callers one computes, the others wait for its value:');
    const load = (): string => `computed ${(loads += 1)} times`;
    let loads = 0;
    const rates = { ttlSeconds: 60 };
    await show(() => Promise.all([1, 2, 3].map(() => kv.getOrSet('rates', load, rates))));
    show.note('What cannot be brought back is refused before anything is sent:');
    await show.refused(() => kv.set('bad', new Map([['a', 1]])));
  },
};
