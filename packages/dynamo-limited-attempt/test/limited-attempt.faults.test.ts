import { describeFaultMatrix, type MatrixRun } from '@x/conformance';
import { numberOf, type Item } from '@x/dynamo-core';
import { expect } from 'vitest';

import {
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type SuccessfulAttempt,
} from '../src/index.js';

const key = { partition: 'login', namespace: 'attempts', sort: 'user-1' };
const rowKey = { partitionKey: { S: 'login' }, sortKey: { S: 'attempts.user-1' } };
const limit = { attemptsMax: 2, validityTime: 60_000 };
const both = [limit, { attemptsMax: 5, validityTime: 3_600_000, algorithm: slidingLog }];
/** The matrix begins its clock here. */
const nowMs = Date.UTC(2025, 0, 1);

/** A row of ours, as far as the default limit looks at it. */
function row(attempts: number, startMs = nowMs - 1_000): Item {
  const ids = Array.from({ length: 16 }, (_, index) => [`r${index}`, { S: `other-${index}` }]);
  return {
    ...rowKey,
    ...(Object.fromEntries(ids) as Item),
    window: { S: 'first' },
    context: { S: 'context' },
    attempts: { N: String(attempts) },
    windowStart: { N: String(startMs) },
    expiresAt: { N: String(nowMs) },
  };
}

const original: Item = {
  ...rowKey,
  data: { S: JSON.stringify({ created: nowMs - 1_000, data: 'kept', attempts: 1 }) },
};

function attemptsIn({ rows }: MatrixRun): number | undefined {
  return numberOf(rows[0], 'attempts');
}

/** What an answer says, without its methods. */
function said(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result ?? null)) as unknown;
}

const unchanged = (run: MatrixRun): void => expect(run.rows).toEqual(run.rowsBefore);
const compare = ({ result, error, rows }: MatrixRun): unknown => ({
  result: said(result),
  error,
  rows,
});

describeFaultMatrix<LimitedAttempt>('LimitedAttempt', {
  target: LimitedAttempt,
  definition: partitionedKeysTable,
  create: ({ dynamo, tableName, clock, random }) =>
    new LimitedAttempt({ dynamo, tableName, clock, random }),
  cases: {
    attempt: [
      {
        name: 'the first one',
        run: (limiter) => limiter.attempt(key, limit, 'context'),
        expect: (run) => expect(attemptsIn(run)).toBe(1),
        compare,
      },
      {
        name: 'the last one',
        rows: [row(1)],
        run: (limiter) => limiter.attempt(key, limit),
        expect: (run) => {
          expect(attemptsIn(run)).toBe(2);
          expect(run.result).toMatchObject({ remaining: 0, context: 'context' });
        },
        compare,
      },
      {
        name: 'one too many',
        rows: [row(2)],
        run: (limiter) => limiter.attempt(key, limit),
        rejects: 'AttemptsError',
        expect: unchanged,
      },
      {
        name: 'after a window',
        rows: [row(2, nowMs - 60_000)],
        run: (limiter) => limiter.attempt(key, limit),
        expect: (run) => expect(attemptsIn(run)).toBe(1),
        compare,
      },
      {
        name: 'in a window of the original',
        rows: [original],
        run: (limiter) => limiter.attempt(key, limit),
        expect: (run) => {
          expect(attemptsIn(run)).toBe(2);
          expect(run.result).toMatchObject({ remaining: 0, context: 'kept' });
        },
        compare,
      },
      {
        name: 'within two limits',
        run: (limiter) => limiter.attempt(key, both, 'context', { cost: 2 }),
        expect: (run) => expect(attemptsIn(run)).toBe(2),
        compare,
      },
      {
        name: 'that begins a block',
        rows: [row(2)],
        run: (limiter) => limiter.attempt(key, { ...limit, blockMs: 600_000 }),
        rejects: 'AttemptsError',
        expect: ({ rows }) => expect(numberOf(rows[0], 'blockedUntil')).toBe(nowMs + 600_000),
      },
      {
        name: 'by a sliding counter',
        run: (limiter) => limiter.attempt(key, { ...limit, algorithm: slidingCounter }),
        compare,
      },
      {
        name: 'by a token bucket',
        run: (limiter) => limiter.attempt(key, { ...limit, algorithm: tokenBucket }),
        compare,
      },
    ],
    tryAttempt: [
      {
        name: 'the last one',
        rows: [row(1)],
        run: (limiter) => limiter.tryAttempt(key, limit),
        expect: (run) => expect(attemptsIn(run)).toBe(2),
        compare,
      },
      {
        name: 'one too many',
        rows: [row(2)],
        run: (limiter) => limiter.tryAttempt(key, limit),
        expect: (run) => {
          expect(run.result).toBeUndefined();
          unchanged(run);
        },
      },
    ],
    peek: {
      rows: [row(1)],
      run: (limiter) => limiter.peek(key, limit),
      expect: (run) => {
        expect(run.result).toMatchObject({ attempts: 1, remaining: 1, isAdmitted: true });
        unchanged(run);
      },
    },
    clear: {
      rows: [row(2)],
      run: (limiter) => limiter.clear(key),
      expect: ({ rows }) => expect(rows).toEqual([]),
    },
  },
});

/** The handle of an attempt has a matrix of its own. */
class Attempt {
  readonly #limiter: LimitedAttempt;
  #attempt: SuccessfulAttempt | undefined;

  constructor(limiter: LimitedAttempt) {
    this.#limiter = limiter;
  }

  async make(): Promise<SuccessfulAttempt> {
    this.#attempt = await this.#limiter.attempt(key, both);
    return this.#attempt;
  }

  async clear(): Promise<void> {
    await this.#attempt?.clear();
  }

  async refund(): Promise<boolean | undefined> {
    return this.#attempt?.refund();
  }
}

describeFaultMatrix<Attempt>('SuccessfulAttempt', {
  target: Attempt,
  definition: partitionedKeysTable,
  create: ({ dynamo, tableName, clock, random }) =>
    new Attempt(new LimitedAttempt({ dynamo, tableName, clock, random })),
  cases: {
    make: { run: (attempt) => attempt.make(), compare },
    clear: {
      prepare: async (attempt) => {
        await attempt.make();
        return () => attempt.clear();
      },
      expect: ({ rows }) => expect(rows).toEqual([]),
    },
    refund: [
      {
        name: 'of the latest attempt',
        rows: [row(1)],
        prepare: async (attempt) => {
          await attempt.make();
          return () => attempt.refund();
        },
        expect: (run) => {
          expect(run.result).toBe(true);
          expect(attemptsIn(run)).toBe(1);
          expect(run.rows[0]?.['log_2']?.L?.every(({ N }) => N === '0')).toBe(true);
        },
      },
      {
        name: 'after another attempt',
        prepare: async (attempt, { client, tableName, clock }) => {
          await attempt.make();
          await new LimitedAttempt({ dynamo: client, tableName, clock }).attempt(key, both);
          return () => attempt.refund();
        },
        expect: (run) => {
          expect(run.result).toBe(true);
          expect(attemptsIn(run)).toBe(1);
        },
        // The other client's ids are random.
        compare: ({ result, error, rows }) => ({ result, error, attempts: rows[0]?.['attempts'] }),
      },
    ],
  },
});
