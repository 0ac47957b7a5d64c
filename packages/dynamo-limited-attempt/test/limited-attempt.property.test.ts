import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  alignedWindow,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type Algorithm,
} from '../src/index.js';

const tableName = 'attempts';
const startMs = 1_700_000_000_000;

interface Arrival {
  readonly afterMs: number;
  readonly cost: number;
  /** Which of three processes it reaches. Each knows what it has seen itself. */
  readonly process: number;
}

/** Says whether an attempt is admitted, and counts it. */
type Model = (nowMs: number, cost: number) => boolean;
type MakeModel = (attemptsMax: number, validityMs: number) => Model;

function windows(startOf: (nowMs: number, validityMs: number) => number): MakeModel {
  return (attemptsMax, validityMs) => {
    let window = { startMs: -Infinity, attempts: 0 };
    return (nowMs, cost) => {
      const hasEnded = nowMs >= window.startMs + validityMs;
      if (hasEnded) window = { startMs: startOf(nowMs, validityMs), attempts: 0 };
      const isAdmitted = window.attempts + cost <= attemptsMax;
      // A window begins with an attempt that is admitted.
      if (isAdmitted) window.attempts += cost;
      else if (window.attempts === 0) window.startMs = -Infinity;
      return isAdmitted;
    };
  };
}

const aligned = (nowMs: number, validityMs: number): number => nowMs - (nowMs % validityMs);

const log: MakeModel = (attemptsMax, validityMs) => {
  const times: number[] = [];
  return (nowMs, cost) => {
    const living = times.filter((timeMs) => timeMs > nowMs - validityMs).length;
    if (living + cost > attemptsMax) return false;
    times.push(...Array<number>(cost).fill(nowMs));
    return true;
  };
};

const counter: MakeModel = (attemptsMax, validityMs) => {
  const counts = new Map<number, number>();
  return (nowMs, cost) => {
    const start = aligned(nowMs, validityMs);
    const before = counts.get(start - validityMs) ?? 0;
    const current = counts.get(start) ?? 0;
    const left = start + validityMs - nowMs;
    if (before * left + (current + cost) * validityMs > attemptsMax * validityMs) return false;
    counts.set(start, current + cost);
    return true;
  };
};

const bucket: MakeModel = (attemptsMax, validityMs) => {
  const tokenNs = Math.ceil((validityMs * 1e6) / attemptsMax);
  let [missingNs, lastMs] = [0, 0];
  return (nowMs, cost) => {
    const now = nowMs - startMs;
    missingNs = Math.max(0, missingNs - (now - lastMs) * 1e6);
    lastMs = now;
    if (missingNs + cost * tokenNs > attemptsMax * tokenNs) return false;
    missingNs += cost * tokenNs;
    return true;
  };
};

const models: readonly (readonly [Algorithm, MakeModel])[] = [
  [fixedWindow, windows((nowMs) => nowMs)],
  [alignedWindow, windows(aligned)],
  [slidingLog, log],
  [slidingCounter, counter],
  [tokenBucket, bucket],
];

const arrivals = fc.array(
  fc.record<Arrival>({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }), fc.constant(1_000)),
    cost: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 4 })),
    process: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 25 },
);

/** Small limits, and some above what one request of a sliding counter can tell exactly. */
const sizes = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 20, max: 60 }));

/** One limiter for each of three processes, on one table, at one time. */
function processes(clock: ManualClock): readonly LimitedAttempt[] {
  const dynamo = new MemoryDynamo();
  dynamo.createTable(partitionedKeysTable, tableName);
  return [1, 2, 3].map(
    (seed) => new LimitedAttempt({ dynamo, tableName, clock, random: seededRandom(seed) }),
  );
}

const key = { partition: 'p', namespace: 'n', sort: 's' };

describe.each(models.map(([algorithm, model]) => [algorithm.name, algorithm, model] as const))(
  '%s',
  (_, algorithm, makeModel) => {
    test('admits what a plain model admits', { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(sizes, fc.integer({ min: 7, max: 1_000 }), arrivals, async (...given) => {
          const [attemptsMax, validityTime, sequence] = given;
          const clock = new ManualClock({ nowMs: startMs });
          const limiters = processes(clock);
          const model = makeModel(attemptsMax, validityTime);
          const limit = { attemptsMax, validityTime, algorithm };
          // Large limits are filled first, so that the arrivals come to their edge.
          const filling = Math.max(0, attemptsMax - 8);
          const opening = filling === 0 ? [] : [{ afterMs: 0, cost: filling, process: 0 }];
          for (const { afterMs, cost, process } of [...opening, ...sequence]) {
            await clock.advance(afterMs);
            const fits = Math.min(cost, attemptsMax);
            const limiter = limiters[process] as LimitedAttempt;
            const nowMs = clock.now();
            // By another process, so that this one knows no more than it has seen itself.
            const other = limiters[(process + 1) % 3] as LimitedAttempt;
            const peeked = await other.peek(key, limit, { cost: fits });
            const attempt = await limiter.tryAttempt(key, limit, { cost: fits });
            expect(attempt !== undefined).toBe(model(nowMs, fits));
            expect(peeked.isAdmitted).toBe(attempt !== undefined);
            expect(Number(peeked.retryAfterMs) > 0).toBe(attempt === undefined);
            expect(attempt === undefined || peeked.remaining - attempt.remaining === fits).toBe(
              true,
            );
          }
        }),
        { numRuns: 300, seed: 1 },
      );
    });

    test(
      'is admitted when retryAfterMs is over, and not before',
      { timeout: 120_000 },
      async () => {
        await fc.assert(
          fc.asyncProperty(
            sizes,
            fc.integer({ min: 7, max: 1_000 }),
            arrivals,
            async (...given) => {
              const [attemptsMax, validityTime, sequence] = given;
              const clock = new ManualClock({ nowMs: startMs });
              const [limiter] = processes(clock) as [LimitedAttempt];
              const limit = { attemptsMax, validityTime, algorithm };
              for (const { afterMs, cost } of sequence) {
                await clock.advance(afterMs);
                await limiter.tryAttempt(key, limit, { cost: Math.min(cost, attemptsMax) });
              }
              const { retryAfterMs = NaN } = await limiter.peek(key, limit);
              await clock.advance(Math.max(0, retryAfterMs - 1));
              const before = await limiter.peek(key, limit);
              expect(before.retryAfterMs).toBe(Math.min(1, retryAfterMs));
              await clock.advance(Math.min(1, retryAfterMs));
              expect(await limiter.tryAttempt(key, limit)).toBeDefined();
            },
          ),
          { numRuns: 150, seed: 2 },
        );
      },
    );
  },
);
