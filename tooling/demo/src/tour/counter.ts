import {
  KeyValueCounter,
  KeyValueScopedCounter,
  PartitionedKeyValueCounter,
} from '@x/dynamo-counter';

import { step, type Step } from '../step.js';

export const counter: Step = step(
  'Counters: @x/dynamo-counter',
  'Counts each change once, also when a response is lost, in one request and one write unit.',
  async (show) => {
    const calls = new KeyValueCounter({ namespace: 'api-calls', dynamo: show.dynamo });

    await show(() => calls.incr('login'));
    show.note('The row remembers its latest changes, so that a repeat recognises itself:');
    await show.row('paradox.dev.keys', { key: { S: 'api-calls.login' } });

    show.note('The id of a message as token: a second delivery does not count.');
    await show(() => calls.incr('login', 5, { token: 'message-17' }));
    await show(() => calls.incr('login', 5, { token: 'message-17' }));
    await show(() => calls.get(['login', 'never', 'login']));

    show.note('Bounds are checked where the count is, so that parallel callers never pass them:');
    await show(() => calls.tryIncr('seats', 180, { max: 180 }));
    await show(() => calls.tryIncr('seats', 1, { max: 180 }));
    await show.refused(() => calls.incr('seats', 1, { max: 180 }));

    show.note('Counters of a window of time start over with it:');
    const perMinute = calls.windowed({ windowMs: 60_000 });
    await show(() => perMinute.incr('login'));

    show.note('Increments of one process that come together are one request, each with its count:');
    const clicks = new KeyValueCounter({
      namespace: 'clicks',
      dynamo: show.dynamo,
      coalesce: true,
    });
    await show(() => Promise.all([clicks.incr('home'), clicks.incr('home'), clicks.incr('home')]));

    show.note('Numbers are never rounded; 38 digits are exact:');
    const big = new KeyValueCounter({ namespace: 'big', dynamo: show.dynamo, mode: 'bigint' });
    await show(() => big.incr('atoms', 2n ** 100n));
    await show(() => big.incr('atoms'));
    await show.refused(() => calls.incr('login', 0.5));

    show.note('Keys of a type of your own, and counters in a partition:');
    const logins = new KeyValueScopedCounter((userId: number) => `user-${userId}`, calls);
    await show(() => logins.incr(123, 5));
    await show(() => logins.current(456));
    const points = new PartitionedKeyValueCounter({ dynamo: show.dynamo });
    await show(() =>
      points.incr({ partition: 'user-123', namespace: 'stats', sort: 'points' }, 10),
    );
  },
);
