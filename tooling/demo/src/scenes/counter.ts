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
    show.note('A hot counter is spread over rows, and read as their sum:');
    const views = new KeyValueCounter({ ...common, namespace: 'views', shards: 4 });
    await Promise.all(Array.from({ length: 9 }, () => views.incr('home')));
    await show(() => views.get('home', { consistent: true }));
    show.note('What came late counts in the window that it belongs to:');
    const perHour = calls.windowed({ windowMs: 3_600_000 });
    const at = Date.now() - 3_600_000;
    await show(() => perHour.incr('mails', 1, { at }));
    show.note('Numbers are never rounded; 38 digits are exact:');
    const big = new KeyValueCounter({ ...common, namespace: 'big', mode: 'bigint' });
    await show(() => big.incr('atoms', 2n ** 100n));
  },
};
