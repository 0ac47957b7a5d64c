import { describeFaultMatrix, type MatrixContext, type MatrixRun } from '@x/conformance';
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
    began: { S: 'first' },
    context: { S: 'context' },
    attempts: { N: String(attempts) },
    windowStart: { N: String(startMs) },
    expiresAt: { N: String(nowMs / 1000 + 5 * 86_400) },
  };
}

const entries = [
  { key, limits: limit },
  { key: { ...key, sort: 'user-2' }, limits: { attemptsMax: 5, windowMs: 1_000 } },
];

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

/** With ids of its own in each run, as an engine remembers the tokens of the runs before. */
function openFresh({ options }: MatrixContext): LimitedAttempt {
  return new LimitedAttempt({ ...options, random: undefined });
}

function withoutIds({ result, error, rows }: MatrixRun): unknown {
  const kept = rows.map((item) =>
    Object.fromEntries(Object.entries(item).filter(([name]) => !/^(r\d+|began)$/.test(name))),
  );
  return { result, error, rows: kept };
}

describeFaultMatrix<LimitedAttempt>('LimitedAttempt', {
  target: LimitedAttempt,
  definition: partitionedKeysTable,
  create: ({ options }) => new LimitedAttempt(options),
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
        run: (limiter) => limiter.attempt(key, both, { context: 'context', cost: 2 }),
        expect: (run) => expect(attemptsIn(run)).toBe(2),
        compare,
      },
      {
        name: 'that begins a block',
        rows: [row(2)],
        run: (limiter) => limiter.attempt(key, { ...limit, blockMs: 600_000 }),
        rejects: 'AttemptsError',
        expect: ({ rows }) => expect(numberOf(rows[0], 'blockedUntil')).toBe(nowMs + 600_000),
        differs: {
          deleted: {
            reason: 'the block finds no row, and the attempt is refused all the same',
            expect: ({ error, rows }) => {
              expect(error).toMatchObject({ name: 'AttemptsError' });
              expect(rows).toEqual([]);
            },
          },
        },
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
    consume: [
      {
        name: 'the last one',
        rows: [row(1)],
        run: (limiter) => limiter.consume(key, limit),
        expect: (run) => {
          expect(run.result).toMatchObject({ isAdmitted: true, remaining: 0 });
          expect(attemptsIn(run)).toBe(2);
        },
      },
      {
        name: 'one too many',
        rows: [row(2)],
        run: (limiter) => limiter.consume(key, limit),
        expect: (run) => {
          expect(run.result).toMatchObject({ isAdmitted: false, reason: 'attempts' });
          unchanged(run);
        },
      },
      {
        name: 'the first one of a log',
        run: (limiter) => limiter.consume(key, { ...limit, algorithm: slidingLog }),
        compare,
      },
    ],
    record: [
      {
        name: 'past the limit',
        rows: [row(1)],
        run: (limiter) => limiter.record(key, both, { cost: 7 }),
        expect: (run) => {
          expect(run.result).toMatchObject({ isAdmitted: false, remaining: 0, refusedBy: [0, 1] });
          expect(attemptsIn(run)).toBe(8);
        },
      },
      {
        name: 'as the debt of a bucket',
        run: (limiter) => limiter.record(key, { ...limit, algorithm: tokenBucket }, { cost: 7 }),
        compare,
      },
    ],
    refund: [
      {
        name: 'of a part',
        rows: [row(2)],
        run: (limiter) => limiter.refund(key, limit),
        expect: (run) => {
          expect(run.result).toBe(true);
          expect(attemptsIn(run)).toBe(1);
        },
      },
      {
        name: 'of nothing',
        rows: [row(2, nowMs - 60_000)],
        run: (limiter) => limiter.refund(key, limit),
        expect: (run) => {
          expect(run.result).toBe(false);
          unchanged(run);
        },
      },
    ],
    block: [
      {
        name: 'a key without attempts',
        run: (limiter) => limiter.block(key, 600_000),
        expect: ({ rows }) => expect(numberOf(rows[0], 'blockedUntil')).toBe(nowMs + 600_000),
      },
      {
        name: 'beside attempts, for longer than they stay',
        rows: [row(2)],
        run: (limiter) => limiter.block(key, 30 * 86_400_000),
        expect: (run) => {
          expect(attemptsIn(run)).toBe(2);
          expect(numberOf(run.rows[0], 'expiresAt')).toBeGreaterThan(nowMs / 1_000 + 31 * 86_400);
        },
      },
      {
        name: 'a row of the original',
        rows: [original],
        run: (limiter) => limiter.block(key, 600_000),
        expect: ({ rows }) =>
          expect(rows).toEqual([{ ...original, blockedUntil: { N: String(nowMs + 600_000) } }]),
      },
    ],
    unblock: [
      {
        name: 'a blocked key',
        rows: [{ ...row(1), blockedUntil: { N: String(nowMs + 1_000) } }],
        run: (limiter) => limiter.unblock(key),
        expect: (run) => {
          expect(run.rows[0]?.['blockedUntil']).toBeUndefined();
          expect(attemptsIn(run)).toBe(1);
        },
      },
      {
        name: 'a row of the original',
        rows: [{ ...original, blockedUntil: { N: String(nowMs + 1_000) } }],
        run: (limiter) => limiter.unblock(key),
        // Its end stays, so that no late copy of this ends another block.
        expect: ({ rows }) =>
          expect(rows).toEqual([{ ...original, blockedUntil: { N: String(nowMs) } }]),
      },
      {
        name: 'a key without attempts',
        run: (limiter) => limiter.unblock(key),
        expect: ({ rows }) => {
          expect(rows).toHaveLength(1);
          expect(rows[0]).not.toHaveProperty('blockedUntil');
        },
      },
    ],
    attemptAll: [
      {
        name: 'of two keys',
        rows: [row(1)],
        run: (_, context) => openFresh(context).attemptAll(entries, { remaining: true }),
        expect: (run) => {
          expect(run.result).toMatchObject({
            isAdmitted: true,
            retryAfterMs: 0,
            refusedBy: [],
            entries: [{ remaining: 0 }, { remaining: 4 }],
          });
          expect(attemptsIn(run)).toBe(2);
        },
        compare: withoutIds,
        differs: {
          deleted: {
            reason: 'DynamoDB knows the transaction, and the rows are gone',
            expect: ({ result, rows }) => {
              expect(result).toMatchObject({ isAdmitted: true });
              expect(rows).toEqual([]);
            },
          },
        },
      },
      {
        name: 'of which one is used up',
        rows: [row(2)],
        run: (_, context) => openFresh(context).attemptAll(entries),
        expect: (run) => {
          expect(run.result).toMatchObject({ isAdmitted: false, refusedBy: [0] });
          unchanged(run);
        },
        compare: withoutIds,
      },
      {
        name: 'after a window',
        rows: [row(2, nowMs - 60_000)],
        run: (_, context) => openFresh(context).attemptAll(entries),
        expect: (run) => expect(attemptsIn(run)).toBe(1),
        compare: withoutIds,
      },
    ],
    wait: {
      name: 'when there is room',
      rows: [row(1)],
      run: (limiter) => limiter.wait(key, limit),
      expect: (run) => expect(attemptsIn(run)).toBe(2),
      compare,
    },
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

  async make(cost: number = 1): Promise<SuccessfulAttempt> {
    this.#attempt = await this.#limiter.attempt(key, both, { cost });
    return this.#attempt;
  }

  async clear(): Promise<void> {
    await this.#attempt?.clear();
  }

  async refund(cost?: number): Promise<boolean | undefined> {
    return this.#attempt?.refund(cost);
  }
}

describeFaultMatrix<Attempt>('SuccessfulAttempt', {
  target: Attempt,
  definition: partitionedKeysTable,
  create: ({ options }) => new Attempt(new LimitedAttempt(options)),
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
          expect(run.rows[0]?.['times_2']?.L).toEqual([]);
        },
      },
      {
        name: 'of a part of its cost, and of the rest',
        rows: [row(0)],
        prepare: async (attempt) => {
          await attempt.make(2);
          return async () => [await attempt.refund(1), await attempt.refund()];
        },
        expect: (run) => {
          expect(run.result).toEqual([true, true]);
          expect(attemptsIn(run)).toBe(0);
        },
        differs: {
          deleted: {
            reason: 'the first refund has found the row',
            expect: ({ result, rows }) => expect([result, rows]).toEqual([[true, false], []]),
          },
        },
      },
      {
        name: 'after another attempt',
        prepare: async (attempt, { options }) => {
          await attempt.make();
          await new LimitedAttempt({ ...options, random: undefined }).attempt(key, both);
          return () => attempt.refund();
        },
        expect: (run) => {
          expect(run.result).toBe(true);
          expect(attemptsIn(run)).toBe(1);
        },
        differs: {
          deleted: {
            reason: 'the attempt of the other is deleted, too',
            expect: ({ result, rows }) => expect([result, rows]).toEqual([false, []]),
          },
        },
        // The other client's ids are random.
        compare: ({ result, error, rows }) => ({ result, error, attempts: rows[0]?.['attempts'] }),
      },
    ],
  },
});
