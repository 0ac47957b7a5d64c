import { LimitedAttempt } from '@x/dynamo-limited-attempt';

import type { Scene } from '../scene.js';

export const scene: Scene = {
  title: 'Limited attempts: @x/dynamo-limited-attempt',
  why: 'Limits logins, codes and requests; parallel attempts cannot pass the limit.',
  place: 6,
  run: async (show) => {
    const limiter = new LimitedAttempt({ tableName: 'partitioned', dynamo: show.dynamo });
    const key = { partition: 'login', namespace: 'attempts', sort: 'user-123' };
    const limit = { attemptsMax: 2, windowMs: 3_600_000 };

    await show(async () => {
      const { attempts, remaining } = await limiter.attempt(key, limit, 'from 10.0.0.1');
      return { attempts, remaining };
    });
    const sortKey = { S: 'attempts.user-123' };
    await show.row('partitioned', { partitionKey: { S: 'login' }, sortKey });
    show.note('Ten more at the same moment:');
    await show(async () => {
      const ten = Array.from({ length: 10 }, () => limiter.tryAttempt(key, limit));
      return (await Promise.all(ten)).map((one) => `attempt, ${one ? 'admitted' : 'refused'}`);
    });
    await show.refused(() => limiter.attempt(key, limit));
    show.note('The password was right after all:');
    await show(() => limiter.clear(key));
    show.note('Three a minute and ten a day, in one request, all or nothing:');
    const sms = { ...key, partition: 'sms' };
    const day = { attemptsMax: 10, windowMs: 86_400_000 };
    await show(async () => {
      const minute = { attemptsMax: 3, windowMs: 60_000 };
      const { limits } = await limiter.attempt(sms, [minute, day]);
      return limits.map(({ remaining }) => remaining);
    });
  },
};
