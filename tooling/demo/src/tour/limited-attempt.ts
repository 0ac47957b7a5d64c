import { LimitedAttempt, slidingLog } from '@x/dynamo-limited-attempt';

import { step, type Step } from '../step.js';

export const limitedAttempt: Step = step(
  'Limited attempts: @x/dynamo-limited-attempt',
  'Limits logins, codes and requests; parallel attempts cannot pass the limit.',
  async (show) => {
    const limiter = new LimitedAttempt({ dynamo: show.dynamo });
    const key = { partition: 'login', namespace: 'attempts', sort: 'user-123' };
    const limit = { attemptsMax: 2, validityTime: 3_600_000 };

    await show(() => limiter.attempt(key, limit, 'from 10.0.0.1'));
    await show.row('paradox.dev.partitioned_keys', {
      partitionKey: { S: 'login' },
      sortKey: { S: 'attempts.user-123' },
    });

    show.note('Ten more at the same moment: one is admitted, the others are not counted.');
    await show(async () => {
      const attempts = Array.from({ length: 10 }, () => limiter.tryAttempt(key, limit));
      return (await Promise.all(attempts)).filter(Boolean).length;
    });
    await show.refused(() => limiter.attempt(key, limit));

    show.note('The password was right after all:');
    await show(() => limiter.clear(key));
    await show(() => limiter.peek(key, limit));

    show.note('Three a minute and ten a day, in one request, all or nothing:');
    const sms = { partition: 'sms', namespace: 'attempts', sort: 'user-123' };
    await show(() =>
      limiter.attempt(sms, [
        { attemptsMax: 3, validityTime: 60_000 },
        { attemptsMax: 10, validityTime: 86_400_000, algorithm: slidingLog },
      ]),
    );
  },
);
