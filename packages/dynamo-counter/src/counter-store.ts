import {
  InvalidInputError,
  type CallOptions,
  type ExpiryOptions,
  type Item,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  batchGet,
  callOptionNames,
  checkOneOf,
  checkedOptions,
  expirySeconds,
  readOptionNames,
  type BatchKey,
  type Connection,
  type TokenId,
} from '@x/dynamo-core/mechanism';

import { applyChange, type ChangeOutcome } from './apply-change.js';
import { changeId } from './change-id.js';
import { Coalescer } from './coalescer.js';
import {
  countMax,
  giveCount,
  takeCount,
  type Count,
  type CountMode,
  type CountOf,
} from './count-mode.js';
import {
  changeOptionNames,
  incrOptionNames,
  setOptionNames,
  type ChangeCountOptions,
  type CounterOptions,
  type IncrOptions,
  type SetCountOptions,
} from './counter-options.js';
import { liveCount, type CounterAddress } from './counter-row.js';
import { deleteCount } from './delete-count.js';
import { CounterOutOfBoundsError } from './errors.js';
import { countAttributes, getCount, type CountRange } from './requests.js';
import type { CounterTarget } from './send-change.js';
import { Shards } from './shards.js';

/** Where the counters are. */
export interface CounterStoreOptions<K>
  extends Connection, Omit<CounterAddress, keyof BatchKey | 'kind'> {
  /** Checks a key of the caller, with what a window or a shard adds to it, and says where its row is. */
  readonly address: (key: K, suffix: string, shard: string) => BatchKey;
  /** Where the row of a token with this name is kept for a counter. */
  readonly markerAddress: (key: K, name: string) => BatchKey;
}

/** A window of time. */
export interface CountWindow {
  /** What its key ends with. */
  readonly suffix: string;
  /** When the next one begins, in milliseconds since 1970. */
  readonly resetAtMs: number;
  /** When its row may be removed, in whole seconds since 1970. */
  readonly endsAt: number;
}

/** Gives the window of the time that the clock shows, or of a given moment. */
export type WindowOf = () => CountWindow;

type Locate = (shard?: number) => CounterTarget;

/**
 * The mechanism that the counters share. What each method promises is said on the counters' own
 * methods.
 */
export class CounterStore<K, M extends CountMode> {
  readonly mode: M;
  readonly #store: CounterStoreOptions<K>;
  readonly #options: CounterOptions<M, number | undefined>;
  readonly #shards: Shards | undefined;
  readonly #coalescer: Coalescer | undefined;

  constructor(store: CounterStoreOptions<K>, options: CounterOptions<M, number | undefined>) {
    const { ttlFrom = 'first', ttlSeconds, shards, coalesce = false } = options;
    const mode: CountMode = options.mode ?? 'number';
    checkOneOf('mode', mode, ['number', 'bigint']);
    checkOneOf('ttlFrom', ttlFrom, ['first', 'latest']);
    if (typeof coalesce !== 'boolean') {
      throw new InvalidInputError('coalesce', coalesce, 'true or false');
    }
    expirySeconds({ ttlSeconds }, store.clock);
    this.#store = store;
    this.#options = { ...options };
    this.#shards = shards === undefined ? undefined : new Shards(shards, ttlSeconds);
    this.#coalescer = coalesce ? new Coalescer() : undefined;
    this.mode = mode as M;
  }

  /** Adds `by`, or takes it away. Answers no count where there are shards. */
  async incr(
    key: K,
    by: CountOf<M> | undefined,
    options: IncrOptions<M> | undefined,
    window?: WindowOf,
    down?: boolean,
  ): Promise<CountOf<M>> {
    return (await this.#add(key, by, options, window, down, false)) as CountOf<M>;
  }

  /** Answers `undefined` when the caller's own bounds forbid the increment. */
  async tryIncr(
    key: K,
    by: CountOf<M>,
    options: IncrOptions<M> | undefined,
    window?: WindowOf,
  ): Promise<CountOf<M> | undefined> {
    return this.#add(key, by, options, window, false, true);
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
    return giveCount<M>(this.mode, this.#locator(key, window)().label, count ?? 0n);
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
    let counts: CountRange['counts'];
    if (expected !== undefined) {
      const count = takeCount(this.mode, 'expected', expected);
      counts = { min: count, max: count };
    }
    const from = { counts, orNone: expected === undefined };
    const put = { key, amount, window, from, asked: expected };
    return (await this.#put('compareAndSet', put, given)).outcome === 'changed';
  }

  async get(
    key: K,
    options: ReadOptions | undefined,
    window?: WindowOf,
  ): Promise<CountOf<M> | undefined> {
    if (this.#shards !== undefined) return (await this.getMany([key], options, window))[0];
    const { consistent = false, signal } = checkedOptions(options, readOptionNames);
    const target = this.#locator(key, window)();
    const input = getCount(target, consistent);
    const { Item } = await target.transport.call('GetItem', input, { signal });
    return this.#give(target, this.#liveCount(target, Item));
  }

  /** The counts of many counters, aligned with the keys. */
  async getMany(
    keys: readonly K[],
    options: ReadOptions | undefined,
    window?: WindowOf,
  ): Promise<(CountOf<M> | undefined)[]> {
    const { consistent, signal } = checkedOptions(options, readOptionNames);
    const perKey = keys.map((key) => this.#targets(key, window));
    const items = await batchGet(perKey.flat(), {
      ...this.#store,
      attributes: countAttributes,
      consistent,
      signal,
    });
    let next = 0;
    return perKey.map((targets) => {
      const counts = targets.map((target) => this.#liveCount(target, items[next++]));
      const [first] = targets;
      return first && this.#give(first, Shards.sum(counts));
    });
  }

  async delete(key: K, options: CallOptions | undefined, window?: WindowOf): Promise<void> {
    const given = checkedOptions(options, callOptionNames);
    for (const target of this.#targets(key, window)) await deleteCount(target, given);
  }

  async #add(
    key: K,
    by: CountOf<M> | undefined,
    options: IncrOptions<M> | undefined,
    window: WindowOf | undefined,
    down = false,
    isTry: boolean,
  ): Promise<CountOf<M> | undefined> {
    const given = by === undefined ? 1n : takeCount(this.mode, 'by', by);
    const amount = down ? -given : given;
    const asked = checkedOptions<IncrOptions<M>>(options, incrOptionNames);
    const { token, tokenTtlSeconds, signal } = asked;
    expirySeconds({ ttlSeconds: tokenTtlSeconds }, this.#store.clock);
    if (token === undefined && tokenTtlSeconds !== undefined) {
      throw new InvalidInputError('tokenTtlSeconds', tokenTtlSeconds, 'given with a token');
    }
    const bounds = this.#bounds(asked);
    const hasBounds = asked.min !== undefined || asked.max !== undefined;
    if (hasBounds || isTry) this.#shards?.refuse('bounds');
    const locate = this.#locator(key, window);
    const add = (sum: bigint, until: AbortSignal | undefined): Promise<ChangeOutcome> =>
      applyChange({
        locate: this.#pick(locate, token),
        change: {
          verb: 'add',
          amount: sum,
          from: startsFrom(sum, bounds),
          id: this.#id(token, 'add', sum),
          renews: this.#options.ttlFrom === 'latest',
        },
        expiry: { ttlSeconds: this.#options.ttlSeconds },
        token,
        tokenTtlSeconds,
        signal: until,
      });
    const isAlone = token !== undefined || hasBounds || isTry;
    const outcome =
      this.#coalescer === undefined || isAlone
        ? await add(amount, signal)
        : await this.#coalescer.add(locate().key, amount, signal, add);
    if (outcome.outcome === 'changed') {
      return this.#shards === undefined ? this.#give(locate(), outcome.count) : undefined;
    }
    const { current = 0n, expiresAtMs } = outcome;
    const isAbove = asked.max !== undefined && current > bounds.max - amount;
    const isBelow = asked.min !== undefined && current < bounds.min - amount;
    // Nobody expects the limit of the numbers themselves: that is an error in any case.
    if (isTry && (isAbove || isBelow)) return undefined;
    const { label } = locate();
    const give = (count: Count): CountOf<M> => giveCount<M>(this.mode, label, count);
    throw new CounterOutOfBoundsError(label, {
      current: give(current),
      by: give(amount),
      min: give(bounds.min),
      max: give(bounds.max),
      resetAtMs: window === undefined ? expiresAtMs : window().resetAtMs,
    });
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
    const verb = method === 'compareAndSet' ? `${method} ${asked}` : method;
    return applyChange({
      locate: this.#locator(key, window),
      change: {
        verb: 'set',
        amount,
        from,
        id: this.#id(token, verb, amount),
        // Only a plain set begins the life of a counter anew.
        renews: method === 'set' || this.#options.ttlFrom === 'latest',
      },
      expiry: expiresAtMs === undefined ? { ttlSeconds } : { expiresAtMs },
      signal,
    });
  }

  #locator(key: K, window?: WindowOf): Locate {
    // A compound key is an object, which the caller may change after the call.
    const own = typeof key === 'object' ? { ...key } : key;
    const store = this.#store;
    return (shard = 0) => {
      const { suffix = '', endsAt } = window?.() ?? {};
      const ofShard = Shards.suffix(shard);
      const plain = store.address(own, suffix, '');
      return {
        ...store,
        ...(ofShard === '' ? plain : store.address(own, suffix, ofShard)),
        markerKey: plain.key,
        kind: window === undefined ? Shards.kind(shard) : 'window',
        endsAt,
        markerAt: (name) => store.markerAddress(own, name),
      };
    };
  }

  /** The row that a change goes to: one for all of its tries. */
  #pick(locate: Locate, token: string | undefined): () => CounterTarget {
    if (this.#shards === undefined) return locate;
    const shard = this.#shards.pick(token, this.#store.random);
    return () => locate(shard);
  }

  /** All rows of a counter. */
  #targets(key: K, window: WindowOf | undefined): CounterTarget[] {
    const locate = this.#locator(key, window);
    return this.#shards === undefined ? [locate()] : this.#shards.all((shard) => locate(shard));
  }

  #id(token: string | undefined, verb: string, amount: bigint): TokenId | undefined {
    if (this.#options.exactlyOnce !== false) {
      return changeId(token, verb, amount, this.#store.random);
    }
    if (token === undefined) return undefined;
    throw new InvalidInputError('token', token, 'left out where exactlyOnce is false');
  }

  #bounds(options: IncrOptions<M>): { readonly min: bigint; readonly max: bigint } {
    const limit: bigint = countMax[this.mode];
    const min = options.min === undefined ? -limit : takeCount(this.mode, 'min', options.min);
    const max = options.max === undefined ? limit : takeCount(this.mode, 'max', options.max);
    if (min > max) throw new InvalidInputError('min', options.min, `at most max, which is ${max}`);
    return { min, max };
  }

  #liveCount(target: CounterTarget, item: Item | undefined): Count | undefined {
    return liveCount(item, target, this.#store.clock.now());
  }

  #give(target: CounterTarget, count: Count): CountOf<M>;
  #give(target: CounterTarget, count: Count | undefined): CountOf<M> | undefined;
  #give(target: CounterTarget, count: Count | undefined): CountOf<M> | undefined {
    return count === undefined ? undefined : giveCount<M>(this.mode, target.label, count);
  }
}

/** The counts from which an amount leads to one within the bounds. No counter is at 0. */
function startsFrom(amount: bigint, { min, max }: { min: bigint; max: bigint }): CountRange {
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
