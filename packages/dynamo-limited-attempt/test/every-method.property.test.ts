import assert from 'node:assert/strict';

import { ManualClock, MemoryDynamo, seededRandom } from '@x/dynamo-testing';
import * as fc from 'fast-check';
import { test } from 'vitest';

import {
  alignedWindow,
  fixedWindow,
  LimitedAttempt,
  partitionedKeysTable,
  slidingCounter,
  slidingLog,
  tokenBucket,
  type AttemptLimit,
  type AttemptResult,
  type LimiterOptions,
} from '../src/index.js';

/** One limit as the model knows it. */
interface Limit {
  readonly attemptsMax: number;
  readonly windowMs: number;
  readonly algorithm: Name;
  readonly blockMs?: number;
  readonly burst?: number;
  readonly offsetMs?: number;
}

const startMs = Date.UTC(2030, 0, 1);

const algorithms = { fixedWindow, alignedWindow, slidingLog, slidingCounter, tokenBucket };

type Name = keyof typeof algorithms;

/** What counts for one limit of a key, as somebody would keep it who has the table for himself. */
interface Book {
  /** How much fits beside what counts at that moment; below 0 where the limit was passed. */
  room(nowMs: number): number;
  add(nowMs: number, cost: number): void;
  /** Answers whether there was something. */
  giveBack(nowMs: number, cost: number): boolean;
  /** What becomes of it when an attempt sees it with these numbers. */
  change(nowMs: number, limit: Limit): void;
}

class Windows implements Book {
  #limit: Limit;
  #startMs = -Infinity;
  #attempts = 0;

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  #hasEnded(nowMs: number): boolean {
    const { windowMs, algorithm } = this.#limit;
    if (algorithm === 'fixedWindow') return nowMs >= this.#startMs + windowMs;
    return this.#startMs < this.#begin(nowMs);
  }

  #begin(nowMs: number): number {
    const { windowMs, offsetMs = 0, algorithm } = this.#limit;
    if (algorithm === 'fixedWindow') return nowMs;
    let begin = nowMs;
    while ((begin - offsetMs) % windowMs !== 0) begin -= 1;
    return begin;
  }

  room(nowMs: number): number {
    return this.#limit.attemptsMax - (this.#hasEnded(nowMs) ? 0 : this.#attempts);
  }

  add(nowMs: number, cost: number): void {
    if (this.#hasEnded(nowMs)) [this.#startMs, this.#attempts] = [this.#begin(nowMs), 0];
    this.#attempts += cost;
  }

  giveBack(nowMs: number, cost: number): boolean {
    if (this.#hasEnded(nowMs) || this.#attempts === 0) return false;
    this.#attempts = Math.max(0, this.#attempts - cost);
    return true;
  }

  change(_nowMs: number, limit: Limit): void {
    this.#limit = limit;
  }
}

class Log implements Book {
  #limit: Limit;
  #times: number[] = [];

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  #living(nowMs: number): number[] {
    const { windowMs, attemptsMax } = this.#limit;
    return this.#times.filter((timeMs) => timeMs > nowMs - windowMs).slice(0, attemptsMax + 1);
  }

  room(nowMs: number): number {
    return this.#limit.attemptsMax - this.#living(nowMs).length;
  }

  add(nowMs: number, cost: number): void {
    this.#times = [...Array<number>(cost).fill(nowMs), ...this.#living(nowMs)];
  }

  giveBack(nowMs: number, cost: number): boolean {
    const living = this.#living(nowMs).slice(0, this.#limit.attemptsMax);
    if (living.length === 0) return false;
    this.#times = living.slice(cost);
    return true;
  }

  change(_nowMs: number, limit: Limit): void {
    this.#limit = limit;
  }
}

class Counter implements Book {
  #limit: Limit;
  readonly #counts = new Map<number, number>();

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  room(nowMs: number): number {
    const { windowMs, attemptsMax } = this.#limit;
    const begin = nowMs - (nowMs % windowMs);
    const before = this.#counts.get(begin - windowMs) ?? 0;
    const left = begin + windowMs - nowMs;
    return attemptsMax - (this.#counts.get(begin) ?? 0) - Math.ceil((before * left) / windowMs);
  }

  add(nowMs: number, cost: number): void {
    const begin = nowMs - (nowMs % this.#limit.windowMs);
    this.#counts.set(begin, (this.#counts.get(begin) ?? 0) + cost);
  }

  giveBack(nowMs: number, cost: number): boolean {
    const begin = nowMs - (nowMs % this.#limit.windowMs);
    let left = cost;
    for (const window of [begin, begin - this.#limit.windowMs]) {
      const counted = this.#counts.get(window) ?? 0;
      const given = Math.min(counted, left);
      this.#counts.set(window, counted - given);
      left -= given;
    }
    return left < cost;
  }

  change(_nowMs: number, limit: Limit): void {
    this.#limit = limit;
  }
}

class Bucket implements Book {
  #limit: Limit;
  /** In nanoseconds from the beginning; and how long a token took when it was kept. */
  #fullAt = 0n;
  #tokenNs: bigint;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#tokenNs = this.#token;
  }

  get #token(): bigint {
    const { windowMs, attemptsMax } = this.#limit;
    return (BigInt(windowMs) * 1_000_000n + BigInt(attemptsMax) - 1n) / BigInt(attemptsMax);
  }

  #missing(nowMs: number): bigint {
    const missing = this.#fullAt - BigInt(nowMs - startMs) * 1_000_000n;
    if (missing <= 0n) return 0n;
    return (missing * this.#token + this.#tokenNs - 1n) / this.#tokenNs;
  }

  #keep(nowMs: number, missing: bigint): void {
    this.#fullAt = BigInt(nowMs - startMs) * 1_000_000n + missing;
    this.#tokenNs = this.#token;
  }

  room(nowMs: number): number {
    const { burst = this.#limit.attemptsMax } = this.#limit;
    const left = BigInt(burst) * this.#token - this.#missing(nowMs);
    return left >= 0n ? Number(left / this.#token) : -1;
  }

  add(nowMs: number, cost: number): void {
    this.#keep(nowMs, this.#missing(nowMs) + BigInt(cost) * this.#token);
  }

  giveBack(nowMs: number, cost: number): boolean {
    const missing = this.#missing(nowMs);
    const owed = BigInt(cost) * this.#token;
    if (missing > 0n) this.#keep(nowMs, missing > owed ? missing - owed : 0n);
    return missing > 0n;
  }

  change(nowMs: number, limit: Limit): void {
    const { attemptsMax, windowMs } = this.#limit;
    this.#limit = limit;
    const isSame = attemptsMax === limit.attemptsMax && windowMs === limit.windowMs;
    if (!isSame) this.#keep(nowMs, this.#missing(nowMs));
  }
}

function bookOf(limit: Limit): Book {
  const { algorithm } = limit;
  if (algorithm === 'slidingLog') return new Log(limit);
  if (algorithm === 'slidingCounter') return new Counter(limit);
  return algorithm === 'tokenBucket' ? new Bucket(limit) : new Windows(limit);
}

/** What the answers are held to. */
interface Expected {
  readonly isAdmitted: boolean;
  readonly remaining: number;
  readonly retryAfterMs: number | undefined;
  readonly reason: AttemptResult['reason'];
}

/** A key with all of its limits. */
class ModelKey {
  #books: Map<number, Book> = new Map();
  #blockedMs = 0;
  /** The numbers that the books have seen. */
  #seen: readonly Limit[] = [];

  /** Whether nothing has written since the limits were changed. */
  isStale(limits: readonly Limit[]): boolean {
    return limits.some((limit, at) => limit.attemptsMax > 0 && limit !== this.#seen[at]);
  }

  #booksOf(nowMs: number, limits: readonly Limit[]): [Limit, Book][] {
    const counting = [...limits.entries()].filter(([, { attemptsMax }]) => attemptsMax > 0);
    return counting.map(([at, limit]) => {
      const book = this.#books.get(at) ?? bookOf(limit);
      this.#books.set(at, book);
      book.change(nowMs, limit);
      this.#seen = Object.assign([...this.#seen], { [at]: limit });
      return [limit, book];
    });
  }

  status(nowMs: number, limits: readonly Limit[], cost: number): Expected[] {
    return limits.map(({ attemptsMax, burst = attemptsMax }, at) => {
      if (attemptsMax === 0) {
        return { isAdmitted: false, remaining: 0, retryAfterMs: undefined, reason: 'attempts' };
      }
      const book = this.#books.get(at);
      const fits = (ms: number): boolean => book === undefined || book.room(ms) >= cost;
      const isBlocked = this.#blockedMs > nowMs;
      const remaining = isBlocked ? 0 : Math.max(0, book?.room(nowMs) ?? burst);
      if (cost > burst)
        return { isAdmitted: false, remaining, retryAfterMs: undefined, reason: 'cost' };
      let ms = nowMs;
      while (!fits(ms) && ms < nowMs + 5_000) ms += 1;
      ms = Math.max(ms, this.#blockedMs);
      const isAdmitted = ms === nowMs || (ms < nowMs && fits(nowMs));
      const refusal = isBlocked ? 'blocked' : 'attempts';
      return {
        isAdmitted,
        remaining,
        retryAfterMs: Math.max(0, ms - nowMs),
        reason: isAdmitted ? undefined : refusal,
      };
    });
  }

  isHopeless(limits: readonly Limit[], cost: number): boolean {
    return limits.some(({ attemptsMax, burst = attemptsMax }) => attemptsMax === 0 || cost > burst);
  }

  fits(nowMs: number, limits: readonly Limit[], cost: number): boolean {
    this.#booksOf(nowMs, limits);
    return this.status(nowMs, limits, cost).every(({ isAdmitted }) => isAdmitted);
  }

  count(nowMs: number, limits: readonly Limit[], cost: number): void {
    for (const [, book] of this.#booksOf(nowMs, limits)) book.add(nowMs, cost);
  }

  refuse(nowMs: number, limits: readonly Limit[], cost: number): void {
    if (this.#blockedMs > nowMs) return;
    const statuses = this.status(nowMs, limits, cost);
    const times = limits.map(({ blockMs = 0 }, at) => (statuses[at]?.isAdmitted ? 0 : blockMs));
    if (Math.max(...times) > 0) this.#blockedMs = nowMs + Math.max(...times);
  }

  attempt(nowMs: number, limits: readonly Limit[], cost: number): Expected[] {
    // Nobody reads a row that could not admit it.
    if (this.isHopeless(limits, cost)) return new ModelKey().status(nowMs, limits, cost);
    if (this.fits(nowMs, limits, cost)) {
      this.count(nowMs, limits, cost);
      return this.status(nowMs, limits, 0);
    }
    this.refuse(nowMs, limits, cost);
    return this.status(nowMs, limits, cost);
  }

  record(nowMs: number, limits: readonly Limit[], cost: number): Expected[] {
    this.count(nowMs, limits, cost);
    const status = this.status(nowMs, limits, 0);
    const isWithin = status.every(({ isAdmitted }) => isAdmitted);
    return isWithin ? status : this.status(nowMs, limits, 1);
  }

  refund(nowMs: number, limits: readonly Limit[], cost: number): boolean {
    const given = this.#booksOf(nowMs, limits).map(([, book]) => book.giveBack(nowMs, cost));
    return given.includes(true);
  }

  block(nowMs: number, durationMs: number): void {
    this.#blockedMs = Math.max(this.#blockedMs, nowMs + durationMs);
  }

  unblock(): void {
    this.#blockedMs = 0;
  }

  clear(): void {
    this.#books = new Map();
    this.#blockedMs = 0;
  }
}

const sizes = {
  attemptsMax: fc.integer({ min: 1, max: 5 }),
  windowMs: fc.integer({ min: 5, max: 300 }),
};

const limit = fc
  .record({
    ...sizes,
    algorithm: fc.constantFrom(...(Object.keys(algorithms) as Name[])),
    blockMs: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined, freq: 2 }),
    burst: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    offsetMs: fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined }),
  })
  .map(({ burst, offsetMs, blockMs, ...limit }): Limit => ({
    ...limit,
    ...(blockMs !== undefined && { blockMs }),
    ...(limit.algorithm === 'tokenBucket' && burst !== undefined && { burst }),
    ...(limit.algorithm === 'alignedWindow' && offsetMs !== undefined && { offsetMs }),
  }));

/** Other numbers for a limit that goes on. A log and a counter keep what their window asks for. */
function changed(limit: Limit, attemptsMax: number, windowMs: number): Limit {
  if (limit.algorithm === 'slidingLog')
    return attemptsMax === 0 ? { ...limit, attemptsMax } : limit;
  return limit.algorithm === 'slidingCounter'
    ? { ...limit, attemptsMax }
    : { ...limit, attemptsMax, windowMs };
}

const cost = fc.oneof(
  { weight: 5, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }) },
  fc.integer({ min: 1, max: 7 }),
);

const step = fc.record({
  what: fc.constantFrom(
    'consume',
    'consume',
    'consume',
    'attempt',
    'record',
    'refund',
    'peek',
    'all',
    'block',
    'unblock',
    'clear',
    'change',
    'purge',
  ),
  afterMs: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 150 }) },
    fc.constant(700),
    fc.constantFrom(90_000_000, 300_000_000),
  ),
  cost,
  part: fc.integer({ min: 1, max: 4 }),
  process: fc.integer({ min: 0, max: 2 }),
  key: fc.integer({ min: 0, max: 1 }),
  at: fc.integer({ min: 0, max: 2 }),
  attemptsMax: fc.integer({ min: 0, max: 8 }),
  windowMs: sizes.windowMs,
});

function real({ algorithm, ...limit }: Limit): AttemptLimit {
  return { ...limit, algorithm: algorithms[algorithm] };
}

const keys = ['a', 'b'].map((sort) => ({ partition: 'p', namespace: 'n', sort }));

const lists = fc.array(limit, { minLength: 1, maxLength: 3, size: 'max' });

test('every method answers and counts as a plain model does', { timeout: 120_000 }, async () => {
  const options: LimiterOptions[] = [{}, { rememberedKeysMax: 0 }, { rememberedKeysMax: 1 }];
  const history = fc.array(step, { minLength: 10, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(lists, lists, history, async (first, second, steps) => {
      const clock = new ManualClock({ nowMs: startMs });
      const dynamo = new MemoryDynamo();
      const tableName = dynamo.createTable(partitionedKeysTable, 'attempts');
      const limiters = options.map(
        (given, seed) =>
          new LimitedAttempt({ dynamo, tableName, clock, random: seededRandom(seed), ...given }),
      );
      const limits = [[...first], [...second]];
      const models = [new ModelKey(), new ModelKey()];
      for (const { what, afterMs, cost, part, process, key: which, ...step } of steps) {
        await clock.advance(afterMs);
        const nowMs = clock.now();
        const limiter = limiters[process] as LimitedAttempt;
        const [key, model] = [keys[which] as (typeof keys)[0], models[which] as ModelKey];
        const own = limits[which] as Limit[];
        const given = own.map(real);
        const holds = (result: AttemptResult, expected: Expected[]): void => {
          const seen = result.limits.map(({ isAdmitted, remaining, retryAfterMs, reason }) => ({
            isAdmitted,
            remaining,
            retryAfterMs,
            reason,
          }));
          assert.deepEqual(seen, expected);
          assert.deepEqual(
            result.refusedBy,
            [...expected.keys()].filter((at) => !expected[at]?.isAdmitted),
          );
        };
        switch (what) {
          case 'consume':
            holds(await limiter.consume(key, given, { cost }), model.attempt(nowMs, own, cost));
            break;
          case 'attempt': {
            const attempt = await limiter.tryAttempt(key, given, { cost });
            const expected = model.attempt(nowMs, own, cost);
            assert.equal(
              attempt !== undefined,
              expected.every(({ isAdmitted }) => isAdmitted),
            );
            if (attempt === undefined || part > cost) break;
            assert.equal(await attempt.refund(part), model.refund(nowMs, own, part));
            break;
          }
          case 'record':
            holds(await limiter.record(key, given, { cost }), model.record(nowMs, own, cost));
            break;
          case 'refund':
            assert.equal(
              await limiter.refund(key, given, { cost: part }),
              model.refund(nowMs, own, part),
            );
            break;
          case 'peek':
            if (model.isStale(own)) break;
            holds(await limiter.peek(key, given, { cost }), model.status(nowMs, own, cost));
            break;
          case 'all': {
            const costs = which === 0 ? [cost, part] : [part, cost];
            if (models.some((model, at) => model.isStale(limits[at] as Limit[]))) break;
            const entries = keys.map((key, at) => ({
              key,
              limits: (limits[at] as Limit[]).map(real),
              cost: costs[at] as number,
            }));
            const answer = await limiter.attemptAll(entries);
            const each = models.map((model, at) => {
              const [list, cost] = [limits[at] as Limit[], costs[at] as number];
              const isHopeless = model.isHopeless(list, cost);
              return { model, list, cost, isHopeless };
            });
            const isHopeless = each.some(({ isHopeless }) => isHopeless);
            const fit = each.map(
              ({ model, list, cost, isHopeless }) => !isHopeless && model.fits(nowMs, list, cost),
            );
            assert.equal(answer.isAdmitted, !isHopeless && fit.every(Boolean));
            for (const [at, { model, list, cost }] of each.entries()) {
              if (isHopeless) continue;
              if (fit.every(Boolean)) model.count(nowMs, list, cost);
              else if (!fit[at]) model.refuse(nowMs, list, cost);
              if (!fit[at]) {
                holds(answer.entries[at] as AttemptResult, model.status(nowMs, list, cost));
              }
            }
            break;
          }
          case 'block':
            await limiter.block(key, cost * 40);
            model.block(nowMs, cost * 40);
            break;
          case 'unblock':
            await limiter.unblock(key);
            model.unblock();
            break;
          case 'clear':
            await limiter.clear(key);
            model.clear();
            break;
          case 'change': {
            const at = step.at % own.length;
            own[at] = changed(own[at] as Limit, step.attemptsMax, step.windowMs);
            break;
          }
          case 'purge':
            for (const { partitionKey, sortKey, expiresAt } of dynamo.rows(tableName)) {
              if (!(Number(expiresAt?.N) * 1_000 < nowMs) || !partitionKey || !sortKey) continue;
              const Key = { partitionKey, sortKey };
              await dynamo.call('DeleteItem', { TableName: tableName, Key });
            }
        }
      }
    }),
    { numRuns: 250, seed: 1 },
  );
});
