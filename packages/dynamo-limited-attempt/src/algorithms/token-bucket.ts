import { N, S, stringOf, type Item } from '@x/dynamo-core';

import type { Algorithm, Rule } from '../algorithm.js';
import { isOwn } from '../limits.js';

/**
 * A bucket of `burst` tokens, one for each attempt, into which `attemptsMax` tokens come evenly in
 * each `windowMs`. Allows bursts and enforces a rate: in any stretch of time at most `burst`, and one
 * more for each `windowMs / attemptsMax` of it. `burst` is `attemptsMax` where it is left out.
 *
 * The row holds the moment at which the bucket will be full (the "theoretical arrival time" of the
 * generic cell rate algorithm, ATM Forum Traffic Management Specification 4.0), and how long a token
 * takes: when the limit changes, what is missing is converted in tokens, once. Tokens are counted in
 * nanoseconds; one takes less than a nanosecond too long to come.
 *
 * One request for an attempt and for a refusal; two for an attempt that finds the bucket full when
 * this process has not seen the row, and for one that converts.
 */
export const tokenBucket: Algorithm = {
  name: 'tokenBucket',
  attributes: ['fullAt', 'tokenNs', 'began'],
  fields: ['windowMs', 'burst'],
  largestLimit: 1_000_000_000,

  standing: (state, rule, { nowMs, cost }) => {
    const missingNs = missingAt(state, rule, nowMs);
    const tokenNs = tokenOf(rule);
    const lackingNs = tokenNs * BigInt(cost - rule.capacity) + missingNs;
    return {
      attempts: Number((missingNs + tokenNs - 1n) / tokenNs),
      resetAtMs: toMs(toNs(nowMs) + missingNs),
      admitsAtMs: lackingNs <= 0n ? nowMs : toMs(toNs(nowMs) + lackingNs),
    };
  },

  take: (state, rule, { nowMs, cost, id }) => {
    const missingNs = missingAt(state, rule, nowMs);
    const began = missingNs === 0n ? id : (stringOf(state, 'began') ?? id);
    return stateOf(toNs(nowMs) + missingNs + tokenOf(rule) * BigInt(cost), rule, began);
  },

  step: (state, rule, { nowMs, cost }, bound) => {
    const tokenNs = tokenOf(rule);
    if (state !== undefined && bigintOf(state, 'tokenNs') !== tokenNs) return undefined;
    const now = toNs(nowMs);
    const takenNs = tokenNs * BigInt(cost);
    const missingNs = tokenNs * BigInt(rule.capacity);
    const latest =
      bound === 'within'
        ? now + missingNs - takenNs
        : // With room for what others record meanwhile.
          now + missingNs + larger(missingNs, missingAt(state, rule, nowMs));
    return {
      sets:
        'fullAt = if_not_exists(fullAt, :now) + :taken' +
        ', tokenNs = if_not_exists(tokenNs, :token)' +
        ', began = if_not_exists(began, :id)',
      condition:
        '(attribute_not_exists(fullAt) OR (tokenNs = :token' +
        ' AND fullAt > :now AND fullAt <= :latest))',
      values: {
        ':now': N(now),
        ':taken': N(takenNs),
        ':token': N(tokenNs),
        ':latest': N(latest),
      },
      untilMs: toMs(latest + takenNs),
    };
  },

  giveBack: (state, rule, { nowMs, cost }, own) => {
    const missingNs = missingAt(state, rule, nowMs);
    const tokenNs = tokenOf(rule);
    let owedNs = smaller(tokenNs * BigInt(cost), missingNs);
    const began = stringOf(state, 'began') ?? '';
    if (own !== undefined) {
      if (!isOwn(began, own)) return undefined;
      // The tokens that were taken have come back by then, at the earliest where it is not known.
      const isSame = bigintOf(state, 'tokenNs') === tokenNs;
      const token = isSame ? tokenNs : smaller(tokenNs, bigintOf(state, 'tokenNs') ?? tokenNs);
      const backAt =
        (isSame && bigintOf(own.taken, 'fullAt')) || toNs(own.takenAtMs) + token * BigInt(cost);
      owedNs = smaller(owedNs, backAt - toNs(nowMs));
    }
    return owedNs <= 0n ? undefined : stateOf(toNs(nowMs) + missingNs - owedNs, rule, began);
  },

  converted: (state, rule, moment) =>
    bigintOf(state, 'tokenNs') === tokenOf(rule)
      ? undefined
      : tokenBucket.take(state, rule, { ...moment, cost: 0 }),
};

/** How long the bucket still takes to fill up, at the rate of this rule. */
function missingAt(state: Item | undefined, rule: Rule, nowMs: number): bigint {
  const missingNs = (bigintOf(state, 'fullAt') ?? 0n) - toNs(nowMs);
  if (missingNs <= 0n) return 0n;
  const tokenNs = tokenOf(rule);
  const storedNs = bigintOf(state, 'tokenNs') ?? tokenNs;
  return storedNs === tokenNs ? missingNs : (missingNs * tokenNs + storedNs - 1n) / storedNs;
}

function bigintOf(state: Item | undefined, name: string): bigint | undefined {
  const digits = state?.[name]?.N;
  return digits === undefined ? undefined : BigInt(digits);
}

/** How long one token takes to come; never less than it should. */
function tokenOf({ attemptsMax, windowMs }: Rule): bigint {
  const max = BigInt(attemptsMax);
  return (toNs(windowMs) + max - 1n) / max;
}

function toNs(ms: number): bigint {
  return BigInt(ms) * 1_000_000n;
}

/** The latest moment that a `Date` can hold: a debt may last longer. */
const latestMs = 8.64e15;

/** In whole milliseconds, rounded up. */
function toMs(ns: bigint): number {
  return Math.min(latestMs, Number((ns + 999_999n) / 1_000_000n));
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function stateOf(fullAt: bigint, rule: Rule, began: string): Item {
  return { fullAt: N(fullAt), tokenNs: N(tokenOf(rule)), began: S(began) };
}
