import { KeyValueTable } from '@x/dynamo-kv';

import { step, type Step } from '../step.js';

export const keyValue: Step = step(
  'Values by id: @x/dynamo-kv',
  'Keeps flags, settings and small documents by name, with expiry and optimistic concurrency.',
  async (show) => {
    const kv = new KeyValueTable({ namespace: 'events', dynamo: show.dynamo });

    await show(() => kv.set('user-123', { action: 'login' }));
    await show.row('paradox.dev.keys', { key: { S: 'events.user-123' } });
    await show(() => kv.get('user-123'));

    show.note('Exactly one caller stores, also when the SDK has to repeat a lost request:');
    await show(() => kv.setIfNotExists('signup-123', 'welcome', { ttlSeconds: 3600 }));
    await show(() => kv.setIfNotExists('signup-123', 'again'));

    show.note('An update computes from what is stored and never overwrites a concurrent one:');
    await show(() => kv.update<number>('visits', (visits = 0) => visits + 1));
    await show(() => kv.update<number>('visits', (visits = 0) => visits + 1));

    show.note('Batches keep the order of their input and repeat what DynamoDB leaves out:');
    await show(() => kv.setBatch(['key1', 'key2', 'key3']));
    await show(() => kv.getBatch(['key3', 'absent', 'key1']));

    show.note('What cannot be brought back is refused before anything is sent:');
    await show.refused(() => kv.set('bad', new Map([['a', 1]])));
  },
);
