import { DynamoLock } from '@x/dynamo-lock';

import { step, type Step } from '../step.js';

export const lock: Step = step(
  'Locks: @x/dynamo-lock',
  'Lets one process at a time do something; one request to take, hold or release.',
  async (show) => {
    const locks = new DynamoLock({ dynamo: show.dynamo, holder: 'web-1' });
    const others = new DynamoLock({ dynamo: show.dynamo, holder: 'web-2' });

    const held = await show(() => locks.acquire('nightly-report'));
    await show.row('paradox.dev.locks', { key: { S: 'nightly-report' } });
    await show(() => others.tryAcquire('nightly-report'));
    await show(() => others.inspect('nightly-report'));

    show.note('Who gives up learns who holds the lock, and until when:');
    await show.refused(() => others.acquire('nightly-report', { waitMsMax: 0 }));

    show.note('A released row keeps its fence, so that the next holder gets a larger one:');
    await show(() => held.renew());
    await show(() => held.release());
    await show.row('paradox.dev.locks', { key: { S: 'nightly-report' } });

    show.note('withLock() renews in the background, and releases whatever happens:');
    await show(() => others.withLock('nightly-report', (report) => report.fence > held.fence));

    show.note('Several locks are taken in order, all or none:');
    const both = await show(() => locks.acquireAll(['account-9', 'account-7']));
    await show(() => both.release());
  },
);
