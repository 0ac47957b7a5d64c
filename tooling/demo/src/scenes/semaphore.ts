import { DynamoSemaphore } from '@x/dynamo-semaphore';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Semaphores: @x/dynamo-semaphore',
  why: 'Lets at most n processes at a time do something, each with a lease of its own.',
  run: async (show) => {
    const semaphore = new DynamoSemaphore({ tableName: 'semaphores', dynamo: show.dynamo });

    const first = await show(() => semaphore.tryAcquire('exports', { n: 2, info: 'a.csv' }));
    await show(() => semaphore.tryAcquire('exports', { n: 2, info: 'b.csv' }));
    show.note('A third finds no place:');
    await show(() => semaphore.tryAcquire('exports', { n: 2 }));
    await show(async () => (await semaphore.inspect('exports')).map(({ info }) => info));
    show.note('A place that is given back is taken by the next:');
    await show(() => first?.release());
    await show(() => semaphore.withPermit('exports', { n: 2 }, ({ fence }) => fence > 0));
  },
};
