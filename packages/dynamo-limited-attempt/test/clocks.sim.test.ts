import { numberOf } from '@x/dynamo-core';
import { describeMortality, describeWindows, type Mortal, type Windowed } from '@x/simulation';

import {
  alignedWindow,
  calendarWindow,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type Algorithm,
  type AttemptLimit,
} from '../src/index.js';

const tableName = partitionedKeysTable.name;
const livesMs = 1_200_000;

/** An attempt that uses up its limit lives as long as it refuses the next one. */
function used(algorithm: Algorithm): Mortal {
  const limit = { attemptsMax: 1, windowMs: livesMs, algorithm };
  const keyOf = (sort: string): { partition: string; namespace: string; sort: string } => ({
    partition: 'login',
    namespace: 'attempts',
    sort,
  });
  return {
    begin: async (machine, id, windowMs) => {
      const limiter = new LimitedAttempt({ ...machine, tableName });
      await limiter.attempt(keyOf(id), { ...limit, windowMs });
    },
    lives: async (machine, id) => {
      const limiter = new LimitedAttempt({ ...machine, tableName });
      return (await limiter.tryAttempt(keyOf(id), limit)) === undefined;
    },
  };
}

/** A block lives as long as it refuses. */
const block: Mortal = {
  begin: async (machine, id, durationMs) => {
    const key = { partition: 'login', namespace: 'attempts', sort: id };
    await new LimitedAttempt({ ...machine, tableName }).block(key, durationMs);
  },
  lives: async (machine, id) => {
    const key = { partition: 'login', namespace: 'attempts', sort: id };
    const limit = { attemptsMax: 100, windowMs: livesMs };
    return !(await new LimitedAttempt({ ...machine, tableName }).consume(key, limit)).isAdmitted;
  },
};

describeMortality(
  {
    'a window': used(fixedWindow),
    'a log': used(slidingLog),
    'a debt': used(tokenBucket),
    'a block': block,
  },
  [partitionedKeysTable],
  10,
);

/** An attempt counts in the window in which it is made. */
function counted(limit: AttemptLimit, windowMs: number): Windowed {
  return async (machine, id, rows) => {
    const limiter = new LimitedAttempt({ ...machine, tableName });
    await limiter.attempt({ partition: id, namespace: 'attempts', sort: 'login' }, limit);
    const row = rows().find(({ partitionKey }) => partitionKey?.S === id);
    const startMs = numberOf(row, 'windowStart') ?? 0;
    return { startMs, endMs: startMs + windowMs };
  };
}

const tenMs = 600_000;

describeWindows(
  {
    'a window of the clock': counted(
      { attemptsMax: 5, windowMs: tenMs, algorithm: alignedWindow },
      tenMs,
    ),
    'a sliding counter': counted(
      { attemptsMax: 5, windowMs: tenMs, algorithm: slidingCounter },
      tenMs,
    ),
    'a day': counted({ attemptsMax: 5, algorithm: calendarWindow('day') }, 86_400_000),
  },
  partitionedKeysTable,
);
