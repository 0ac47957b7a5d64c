import { InvalidInputError, type CallOptions, type Item, type ReadOptions } from '@x/dynamo-core';
import {
  batchGet,
  checkOneOf,
  expirySeconds,
  type BatchKey,
  type Connection,
  type TokenId,
} from '@x/dynamo-core/mechanism';

import { applyChange } from './apply-change.js';
import { changeId } from './change-id.js';
import {
  countMax,
  giveCount,
  takeCount,
  type Count,
  type CountMode,
  type CountOf,
} from './count-mode.js';
import type { CounterOptions, IncrOptions, SetCountOptions } from './counter-options.js';
import { liveCount, type CounterAddress } from './counter-row.js';
import { deleteCount } from './delete-count.js';
import { CounterOutOfBoundsError } from './errors.js';
import { getCounter, type CounterChange } from './requests.js';
import type { CounterTarget } from './send-change.js';

/** Where the counters are. */
export interface CounterRowsOptions<K>
  extends Connection, Omit<CounterAddress, keyof BatchKey | 'kind'> {
  /** Checks a key of the caller, with what a window adds to it, and says where its row is. */
  readonly address: (key: K, suffix: string) => BatchKey;
  /** Where the row of a token with this name is kept for a counter. */
  readonly markerAddress: (key: K, name: string) => BatchKey;
}

/** A window of time. */
export interface CountWindow {
  /** What its key ends with. */
  readonly suffix: string;
  /** When its row may be removed, in whole seconds since 1970. */
  readonly endsAt: number;
}

/** An increment as it is asked for. */
export interface Increment<M extends CountMode> extends IncrOptions<M> {
  readonly by: CountOf<M> | undefined;
  /** Whether `by` is taken away. */
  readonly down?: boolean;
  /** The window of the time that the clock shows. @default a counter without windows */
  readonly window?: () => CountWindow;
}

/**
 * The mechanism that the counters share. What each method promises is said on the counters' own
 * methods.
 */
export class CounterRows<K, M extends CountMode> {
  readonly mode: M;
  readonly #rows: CounterRowsOptions<K>;
  readonly #options: CounterOptions<M>;

  constructor(rows: CounterRowsOptions<K>, options: CounterOptions<M>) {
    const { ttlFrom = 'first' } = options;
    const mode: CountMode = options.mode ?? 'number';
    checkOneOf('mode', mode, ['number', 'bigint']);
    checkOneOf('ttlFrom', ttlFrom, ['first', 'latest']);
    expirySeconds({ ttlSeconds: options.ttlSeconds }, rows.clock);
    this.#rows = rows;
    this.#options = { ...options };
    this.mode = mode as M;
  }

  async incr(key: K, increment: Increment<M>): Promise<CountOf<M>> {
    // Only a try is refused without an error.
    return (await this.#add(key, increment, false)) as CountOf<M>;
  }

  /** Answers `undefined` when the caller's own bounds forbid the increment. */
  async tryIncr(key: K, increment: Increment<M>): Promise<CountOf<M> | undefined> {
    return this.#add(key, increment, true);
  }

  async set(key: K, value: CountOf<M>, options: SetCountOptions = {}): Promise<void> {
    const amount = takeCount(this.mode, 'value', value);
    const { expiresAtMs } = options;
    expirySeconds(options, this.#rows.clock);
    const { ttlSeconds = this.#options.ttlSeconds, token, signal } = options;
    const id = this.#id(token, 'set', amount);
    await applyChange({
      locate: this.#locator(key),
      change: { verb: 'set', amount, from: { min: 0n, max: 0n }, id, renews: true },
      expiry: expiresAtMs === undefined ? { ttlSeconds } : { expiresAtMs },
      signal,
    });
  }

  async get(key: K, { consistent = false, signal }: ReadOptions): Promise<CountOf<M> | undefined> {
    const target = this.#locator(key)();
    const input = getCounter(target, consistent);
    const { Item } = await target.transport.call('GetItem', input, { signal });
    return this.#giveLive(target, Item);
  }

  /** The counts of many counters, aligned with the keys. */
  async getMany(
    keys: readonly K[],
    { consistent, signal }: ReadOptions,
    window?: () => CountWindow,
  ): Promise<(CountOf<M> | undefined)[]> {
    const targets = keys.map((key) => this.#locator(key, window)());
    const items = await batchGet(targets, { ...this.#rows, consistent, signal });
    return targets.map((target, index) => this.#giveLive(target, items[index]));
  }

  async delete(key: K, options: CallOptions): Promise<void> {
    await deleteCount(this.#locator(key)(), options);
  }

  async #add(
    key: K,
    { by, down = false, window, ...options }: Increment<M>,
    isTry: boolean,
  ): Promise<CountOf<M> | undefined> {
    const given = by === undefined ? 1n : takeCount(this.mode, 'by', by);
    const amount = down ? -given : given;
    const { min, max } = this.#bounds(options);
    const { token, tokenTtlSeconds, signal } = options;
    const locate = this.#locator(key, window);
    const change: CounterChange = {
      verb: 'add',
      amount,
      from: { min: withinDigits(min - amount), max: withinDigits(max - amount) },
      id: this.#id(token, 'add', amount),
      renews: this.#options.ttlFrom === 'latest',
    };
    expirySeconds({ ttlSeconds: tokenTtlSeconds }, this.#rows.clock);
    if (token === undefined && tokenTtlSeconds !== undefined) {
      throw new InvalidInputError('token', token, 'given with tokenTtlSeconds');
    }
    const expiry = { ttlSeconds: this.#options.ttlSeconds };
    const outcome = await applyChange({ locate, change, expiry, token, tokenTtlSeconds, signal });
    const { label } = locate();
    const give = (count: Count): CountOf<M> => giveCount<M>(this.mode, label, count);
    if (outcome.changed) return give(outcome.count);
    const { current } = outcome;
    const isAbove = options.max !== undefined && current > max - amount;
    const isBelow = options.min !== undefined && current < min - amount;
    // Nobody expects the limit of the numbers themselves: that is an error in any case.
    if (isTry && (isAbove || isBelow)) return undefined;
    const bounds = { current: give(current), by: give(amount), min: give(min), max: give(max) };
    throw new CounterOutOfBoundsError(label, bounds);
  }

  #locator(key: K, window?: () => CountWindow): () => CounterTarget {
    // A compound key is an object, which the caller may change after the call.
    const own = typeof key === 'object' ? { ...key } : key;
    const rows = this.#rows;
    return () => {
      const { suffix = '', endsAt } = window?.() ?? {};
      return {
        ...rows,
        ...rows.address(own, suffix),
        kind: window && 'window',
        endsAt,
        markerAt: (name) => rows.markerAddress(own, name),
      };
    };
  }

  #id(token: string | undefined, verb: 'add' | 'set', amount: bigint): TokenId | undefined {
    if (this.#options.exactlyOnce !== false) {
      return changeId(token, verb, amount, this.#rows.random);
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

  #giveLive(target: CounterTarget, item: Item | undefined): CountOf<M> | undefined {
    const count = liveCount(item, target, this.#rows.clock.now());
    return count === undefined ? undefined : giveCount<M>(this.mode, target.label, count);
  }
}

/**
 * A bound that DynamoDB can compare with: it keeps 38 significant digits. No count reaches 10^38,
 * so that nothing is let through.
 */
function withinDigits(bound: bigint): bigint {
  const beyond = countMax.bigint + 1n;
  return bound > beyond ? beyond : bound < -beyond ? -beyond : bound;
}
