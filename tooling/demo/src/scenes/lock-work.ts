import { DynamoLock } from '@x/dynamo-lock';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Working under locks: @x/dynamo-lock',
  why: 'What a holder leaves to the next one, and a lock that outlasts its work.',
  run: async (show) => {
    const common = { tableName: 'locks', dynamo: show.dynamo };
    const locks = new DynamoLock({ ...common, holder: 'web-1' });
    const others = new DynamoLock({ ...common, holder: 'web-2' });

    show.note('The next holder reads what the one before left:');
    const left = await locks.acquire('import', { info: { done: 'a.csv' } });
    await show(() => left.release({ keepInfo: true }));
    await show(() => others.withLock('import', ({ previous }) => previous));
    show.note('A job of a moment stays closed for a minute, so that it runs once on three nodes:');
    await show(() => locks.withLock('tick', { minimumHoldMs: 60_000 }, () => 'ran'));
    await show(() => others.tryAcquire('tick'));
    show.note('A process that shuts down gives back what it holds:');
    await locks.acquireAll(['a', 'b']);
    await show(() => locks.releaseAll());
  },
};
