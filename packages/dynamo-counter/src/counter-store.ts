import { InvalidInputError, type CallOptions, type ExpiryOptions } from '@x/dynamo-core';
import {
  callOptionNames,
  checkOneOf,
  checkedOptions,
  expirySeconds,
  onFirstUse,
} from '@x/dynamo-core/mechanism';

import {
  applyChange,
  type ChangeOutcome,
  rememberedId,
  Shards,
  CounterTargets,
  type CounterStoreOptions,
  type WindowOf,
} from './apply-change.js';
import type { Coalescer } from './coalescer.js';
import {
  changeOptionNames,
  incrOptionNames,
  setOptionNames,
  type ChangeCountOptions,
  type CounterOptions,
  type IncrOptions,
  type SetCountOptions,
} from './counter-options.js';
import { CountReads } from './count-reads.js';
import {
  type CountRange,
  countMax,
  exactly,
  giveCount,
  takeCount,
  type CountMode,
  type CountOf,
} from './requests.js';
import type { Bounds } from './bounds.js';

const coalescing = /* @__PURE__ */ onFirstUse(() => import('./coalescer.js'));
const deleting = /* @__PURE__ */ onFirstUse(() => import('./delete-count.js'));
const refusing = /* @__PURE__ */ onFirstUse(() => import('./out-of-bounds.js'));

/**
 * The mechanism that the counters share. What each method promises is said on the counters' own
 * methods.
 */
export class CounterStore<K, M extends CountMode> {
  readonly mode: M;
  /** Reads the counts. */
  readonly reads: CountReads<K, M>;
  readonly #store: CounterStoreOptions<K>;
  readonly #targets: CounterTargets<K>;
  readonly #options: CounterOptions<M, number | undefined>;
  readonly #shards: Shards | undefined;
  #coalescer: Coalescer | undefined;

  constructor(store: CounterStoreOptions<K>, options: CounterOptions<M, number | undefined>) {
    const { ttlFrom = 'first', ttlSeconds, shards } = options;
    const mode: CountMode = options.mode ?? 'number';
    checkOneOf('mode', mode, ['number', 'bigint']);
    checkOneOf('ttlFrom', ttlFrom, ['first', 'latest']);
    expirySeconds({ ttlSeconds }, store.clock);
    this.#store = store;
    this.#options = { ...options };
    this.#shards = shards === undefined ? undefined : new Shards(shards, ttlSeconds);
    this.#targets = new CounterTargets(store, this.#shards);
    this.mode = mode as M;
    this.reads = new CountReads(store, this.#targets, this.mode);
  }

  async set(
    key: K,
    value: CountOf<M>,
    options: SetCountOptions | undefined,
    window?: WindowOf,
  ): Promise<void> {
    const amount = takeCount(this.mode, 'value', value);
    const given = checkedOptions(options, setOptionNames);
    await this.#put('set', { key, amount, window }, given);
  }

  /** Sets the count to `amount` unless it is more (`'max'`) or less (`'min'`). Answers what it is then. */
  async bound(
    key: K,
    side: 'max' | 'min',
    value: CountOf<M>,
    options: ChangeCountOptions | undefined,
    window?: WindowOf,
  ): Promise<CountOf<M>> {
    const amount = takeCount(this.mode, 'n', value);
    const { bigint: limit } = countMax;
    const counts = side === 'max' ? { min: -limit, max: amount } : { min: amount, max: limit };
    const given = checkedOptions(options, changeOptionNames);
    const from = { counts, orNone: true };
    const answer = await this.#put(side, { key, amount, window, from }, given);
    const count = answer.outcome === 'changed' ? answer.count : answer.current;
    return giveCount<M>(this.mode, this.#targets.locator(key, window)().label, count ?? 0n);
  }

  async compareAndSet(
    key: K,
    expected: CountOf<M> | undefined,
    value: CountOf<M>,
    options: ChangeCountOptions | undefined,
    window?: WindowOf,
  ): Promise<boolean> {
    const amount = takeCount(this.mode, 'value', value);
    const given = checkedOptions(options, changeOptionNames);
    const from =
      expected === undefined
        ? { counts: undefined, orNone: true }
        : exactly(takeCount(this.mode, 'expected', expected));
    const put = { key, amount, window, from, asked: expected };
    return (await this.#put('compareAndSet', put, given)).outcome === 'changed';
  }

  async delete(key: K, options: CallOptions | undefined, window?: WindowOf): Promise<void> {
    const given = checkedOptions(options, callOptionNames);
    const rows = this.#targets.all(key, window);
    const { deleteCount } = await deleting();
    for (const locate of rows) await deleteCount(locate, given);
  }

  /**
   * Adds `by`, or takes it away. Answers no count where there are shards, and where it `isTry` and the
   * caller's own bounds forbid the increment.
   */
  async incr(
    key: K,
    by: CountOf<M> | undefined,
    options: IncrOptions<M> | undefined,
    window?: WindowOf,
    down = false,
    isTry = false,
  ): Promise<CountOf<M> | undefined> {
    const given = by === undefined ? 1n : takeCount(this.mode, 'by', by);
    const amount = down ? -given : given;
    const asked = checkedOptions<IncrOptions<M>>(options, incrOptionNames);
    const { token, tokenTtlSeconds, signal } = asked;
    expirySeconds({ ttlSeconds: tokenTtlSeconds }, this.#store.clock);
    if (token === undefined && tokenTtlSeconds !== undefined) {
      throw new InvalidInputError('tokenTtlSeconds', tokenTtlSeconds, 'given with a token');
    }
    const bounds = boundsOf(this.mode, asked);
    const hasBounds = asked.min !== undefined || asked.max !== undefined;
    if (hasBounds || isTry) this.#shards?.refuse('bounds');
    const locate = this.#targets.locator(key, window);
    const add = (sum: bigint, until: AbortSignal | undefined): Promise<ChangeOutcome> =>
      applyChange({
        locate: this.#targets.pick(locate, token),
        change: {
          verb: 'add',
          amount: sum,
          from: startsFrom(sum, bounds),
          id: rememberedId(this.#options, token, 'add', sum, this.#store.random),
          renews: this.#options.ttlFrom === 'latest',
          isWhole: this.mode === 'bigint',
        },
        expiry: { ttlSeconds: this.#options.ttlSeconds },
        token,
        tokenTtlSeconds,
        signal: until,
      });
    const isAlone = token !== undefined || hasBounds || isTry;
    const outcome =
      isAlone || this.#options.coalesce !== true
        ? await add(amount, signal)
        : await this.#coalesced([locate().key, window?.()], amount, signal, add);
    if (outcome.outcome === 'changed') {
      return this.#shards === undefined
        ? giveCount<M>(this.mode, locate().label, outcome.count)
        : undefined;
    }
    const refused = { amount, current: outcome.current ?? 0n, asked, bounds };
    const { isBeyond, outOfBounds } = await refusing();
    // Nobody expects the limit of the numbers themselves: that is an error in any case.
    if (isTry && isBeyond(refused)) return undefined;
    const resetAtMs = window === undefined ? outcome.expiresAtMs : window().resetAtMs;
    throw outOfBounds(this.mode, locate().label, refused, resetAtMs);
  }

  async #coalesced(...given: Parameters<Coalescer['add']>): Promise<ChangeOutcome> {
    const { Coalescer: Gathering } = await coalescing();
    return (this.#coalescer ??= new Gathering()).add(...given);
  }

  /** Makes the count what is given, where it is in the range. */
  async #put(
    method: string,
    put: {
      readonly key: K;
      readonly amount: bigint;
      readonly window: WindowOf | undefined;
      readonly from?: CountRange;
      readonly asked?: CountOf<M> | undefined;
    },
    options: ChangeCountOptions & ExpiryOptions,
  ): Promise<ChangeOutcome> {
    this.#shards?.refuse(method);
    const { key, amount, window, from, asked } = put;
    const { expiresAtMs, token, signal, ttlSeconds = this.#options.ttlSeconds } = options;
    expirySeconds(options, this.#store.clock);
    const verb = [method, asked, options.ttlSeconds, expiresAtMs].join(' ');
    return applyChange({
      locate: this.#targets.locator(key, window),
      change: {
        verb: 'set',
        amount,
        from,
        id: rememberedId(this.#options, token, verb, amount, this.#store.random),
        // Only a plain set begins the life of a counter anew.
        renews: method === 'set' || this.#options.ttlFrom === 'latest',
        isWhole: this.mode === 'bigint',
      },
      expiry: expiresAtMs === undefined ? { ttlSeconds } : { expiresAtMs },
      signal,
    });
  }
}

/** The bounds of the caller, or those of the mode. */
function boundsOf<M extends CountMode>(mode: M, options: IncrOptions<M>): Bounds {
  const limit: bigint = countMax[mode];
  const min = options.min === undefined ? -limit : takeCount(mode, 'min', options.min);
  const max = options.max === undefined ? limit : takeCount(mode, 'max', options.max);
  if (min > max) throw new InvalidInputError('min', options.min, `at most max, which is ${max}`);
  return { min, max };
}

/** The counts from which an amount leads to one within the bounds. No counter is at 0. */
function startsFrom(amount: bigint, { min, max }: Bounds): CountRange {
  const counts = { min: withinDigits(min - amount), max: withinDigits(max - amount) };
  return { counts, orNone: counts.min <= 0n && counts.max >= 0n };
}

/**
 * A bound that DynamoDB can compare with: it keeps 38 significant digits. No count reaches 10^38,
 * so that nothing is let through.
 */
function withinDigits(bound: bigint): bigint {
  const beyond = countMax.bigint + 1n;
  return bound > beyond ? beyond : bound < -beyond ? -beyond : bound;
}
