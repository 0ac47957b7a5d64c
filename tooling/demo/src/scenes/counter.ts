import { KeyValueCounter } from '@x/dynamo-counter';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Counters: @x/dynamo-counter',
  why: 'Counts each change once, in one request, within bounds that no caller passes.',
  place: 3,
  run: async (show) => {
    const common = { tableName: 'keys', dynamo: show.dynamo };
    const calls = new KeyValueCounter({ ...common, namespace: 'api-calls' });

    await show(() => calls.incr('login', 5, { token: 'message-17' }));
    show.note('The message is delivered again:');
    await show(() => calls.incr('login', 5, { token: 'message-17' }));
    await show.row('keys', { key: { S: 'api-calls.login' } });
    show.note('The last seat is sold once:');
    await show(() => calls.tryIncr('seats', 180, { max: 180 }));
    await show(() => calls.tryIncr('seats', 1, { max: 180 }));
    show.note('Increments of one process that come together are one request:');
    const clicks = new KeyValueCounter({ ...common, namespace: 'clicks', coalesce: true });
    await show(() => Promise.all([clicks.incr('home'), clicks.incr('home')]));
    show.note('Numbers are never rounded; 38 digits are exact:');
    const big = new KeyValueCounter({ ...common, namespace: 'big', mode: 'bigint' });
    await show(() => big.incr('atoms', 2n ** 100n));
  },
};
