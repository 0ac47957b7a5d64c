import { DynamoLock } from '@x/dynamo-lock';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Locks: @x/dynamo-lock',
  why: 'Lets one process at a time do something; one request to take, hold or release.',
  place: 4,
  run: async (show) => {
    const common = { tableName: 'locks', dynamo: show.dynamo };
    const locks = new DynamoLock({ ...common, holder: 'web-1' });
    const others = new DynamoLock({ ...common, holder: 'web-2' });

    const held = await show(() => locks.acquire('nightly-report'));
    await show.row('locks', { key: { S: 'nightly-report' } });
    await show(() => others.tryAcquire('nightly-report'));
    show.note('Who gives up learns who holds the lock, and until when:');
    await show.refused(() => others.acquire('nightly-report', { waitMsMax: 0 }));
    await show(() => held.release());
    show.note('withLock() renews in the background and releases; the next fence is larger:');
    await show(() => others.withLock('nightly-report', (report) => report.fence > held.fence));
    show.note('Several locks are taken in order, all or none:');
    await show(() => locks.withLock(['account-9', 'account-7'], () => 'moved'));
  },
};
