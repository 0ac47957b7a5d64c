import { N, type Item } from '@x/dynamo-core';

import type { Algorithm, Rule } from '../algorithm.js';

/**
 * A bucket of `attemptsMax` tokens, one for each attempt, that fills up evenly: from empty to full
 * in `validityTime`. Allows bursts and enforces a rate: in any stretch of time at most
 * `attemptsMax`, and one more for each `validityTime / attemptsMax` of it.
 *
 * The row holds one number, the moment at which the bucket will be full (the "theoretical arrival
 * time" of the generic cell rate algorithm, ATM Forum Traffic Management Specification 4.0). Tokens
 * are counted in nanoseconds; one takes less than a nanosecond too long to come.
 *
 * One request for an attempt and for a refusal, two for an attempt that finds the bucket full when
 * this process has not seen the row.
 */
export const tokenBucket: Algorithm = {
  name: 'tokenBucket',
  attributes: ['fullAt'],
  attemptsMaximum: 1_000_000_000,

  standing: (state, rule, { nowMs, cost }) => {
    const missingNs = missingAt(state, nowMs);
    const { tokenNs, bucketNs } = sizesOf(rule);
    const leftNs = bucketNs - missingNs;
    const remaining = leftNs <= 0n ? 0 : Number(leftNs / tokenNs);
    const lackingNs = tokenNs * BigInt(cost) - leftNs;
    return {
      attempts: rule.attemptsMax - remaining,
      remaining,
      resetAtMs: nowMs + toMs(missingNs),
      admitsAtMs: lackingNs <= 0n ? nowMs : nowMs + toMs(lackingNs),
      isIdle: missingNs === 0n,
    };
  },

  admit: (state, rule, { nowMs, cost }) =>
    stateOf(toNs(nowMs) + missingAt(state, nowMs) + sizesOf(rule).tokenNs * BigInt(cost)),

  step: (state, rule, { nowMs, cost }) => {
    const { tokenNs, bucketNs } = sizesOf(rule);
    const takenNs = tokenNs * BigInt(cost);
    const now = toNs(nowMs);
    const isFull = state !== 'unknown' && state !== undefined && missingAt(state, nowMs) === 0n;
    if (isFull) {
      return {
        sets: ['#fullAt = :then'],
        condition: '#fullAt <= :now',
        values: { ':then': N(now + takenNs), ':now': N(now) },
        startsOver: true,
        demandsState: true,
      };
    }
    return {
      sets: ['#fullAt = if_not_exists(#fullAt, :now) + :taken'],
      condition: '(attribute_not_exists(#fullAt) OR (#fullAt > :now AND #fullAt <= :latest))',
      values: {
        ':now': N(now),
        ':taken': N(takenNs),
        ':latest': N(now + bucketNs - takenNs),
      },
      startsOver: false,
      demandsState: false,
    };
  },

  giveBack: (state, rule, { nowMs, takenAtMs, cost, taken }) => {
    const takenNs = sizesOf(rule).tokenNs * BigInt(cost);
    // The tokens that were taken have come back by then, at the earliest where it is not known.
    const backAt = fullAtIn(taken) ?? toNs(takenAtMs) + takenNs;
    const owedNs = smaller(smaller(takenNs, backAt - toNs(nowMs)), missingAt(state, nowMs));
    const fullAt = fullAtIn(state);
    return owedNs <= 0n || fullAt === undefined ? undefined : stateOf(fullAt - owedNs);
  },

  continued: ({ createdMs, attempts }, rule) =>
    stateOf(toNs(createdMs) + sizesOf(rule).tokenNs * BigInt(attempts)),
};

/** How long the bucket still takes to fill up. */
function missingAt(state: Item | undefined, nowMs: number): bigint {
  const missingNs = (fullAtIn(state) ?? 0n) - toNs(nowMs);
  return missingNs > 0n ? missingNs : 0n;
}

function fullAtIn(state: Item | undefined): bigint | undefined {
  const digits = state?.['fullAt']?.N;
  return digits === undefined ? undefined : BigInt(digits);
}

/** How long one token takes to come (never less than it should), and a whole bucket of them. */
function sizesOf({ attemptsMax, validityMs }: Rule): { tokenNs: bigint; bucketNs: bigint } {
  const max = BigInt(attemptsMax);
  const tokenNs = (toNs(validityMs) + max - 1n) / max;
  return { tokenNs, bucketNs: tokenNs * max };
}

function toNs(ms: number): bigint {
  return BigInt(ms) * 1_000_000n;
}

/** In whole milliseconds, rounded up. */
function toMs(ns: bigint): number {
  return Number((ns + 999_999n) / 1_000_000n);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function stateOf(fullAt: bigint): Item {
  return { fullAt: N(fullAt) };
}
