import {
  batchGet,
  checkInteger,
  checkOneOf,
  expirySeconds,
  InvalidInputError,
  writeConditionally,
  type BatchKey,
  type CallOptions,
  type Connection,
  type Item,
  type ReadOptions,
} from '@x/dynamo-core';

import { applyChange, type ChangeOutcome } from './apply-change.js';
import { countMax, giveCount, takeCount, type CountMode, type CountOf } from './count-mode.js';
import type { CounterOptions, IncrOptions, SetCountOptions } from './counter-options.js';
import { liveCount, setSizeFor } from './counter-row.js';
import type { CounterTarget } from './counter-target.js';
import { CounterOutOfBoundsError } from './errors.js';
import { markerId, operationId } from './operation-id.js';
import {
  deleteCounter,
  getCounter,
  removeCounter,
  type CounterChange,
  type Marker,
} from './requests.js';

/** Where the counters are. */
export interface CounterRowsOptions<K> extends Connection {
  /** Checks a key of the caller and says where its row is. */
  readonly address: (key: K) => BatchKey;
  /** Where the marker with this id is kept for a counter. */
  readonly markerAddress: (key: K, id: string) => BatchKey;
  /** The namespace that the rows belong to, where keys of two namespaces can meet. */
  readonly owner?: string;
  /** The attributes of a value that may share the row of a counter, the value itself first. */
  readonly valueNames: readonly string[];
}

/** An increment as it is asked for, and when the counter ends if the increment begins it. */
export interface Increment<M extends CountMode> extends IncrOptions<M> {
  readonly by: CountOf<M> | undefined;
  /** Whether `by` is taken away. */
  readonly down?: boolean;
  /** In whole seconds since 1970. @default as the counter's options say */
  readonly endsAt?: number;
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
    const { changesRemembered = 1, ttlFrom = 'first' } = options;
    const mode: CountMode = options.mode ?? 'number';
    checkOneOf('mode', mode, ['number', 'bigint']);
    checkInteger('changesRemembered', changesRemembered, 1, changesRememberedMax);
    checkOneOf('ttlFrom', ttlFrom, ['first', 'latest']);
    expirySeconds({ ttlSeconds: options.ttlSeconds }, rows.clock);
    this.#rows = rows;
    this.#options = options;
    this.mode = mode as M;
  }

  async incr(key: K, increment: Increment<M>): Promise<CountOf<M>> {
    const { target, outcome, by, bounds } = await this.#add(key, increment);
    if (outcome.changed) return this.#give(target.label, outcome.count);
    throw this.#outOfBounds(target.label, outcome.current, by, bounds);
  }

  /** Answers `undefined` when the caller's own bounds forbid the increment. */
  async tryIncr(key: K, increment: Increment<M>): Promise<CountOf<M> | undefined> {
    const { target, outcome, by, bounds } = await this.#add(key, increment);
    if (outcome.changed) return this.#give(target.label, outcome.count);
    const count = outcome.current + by;
    const { min, max } = increment;
    if ((count > bounds.max && max !== undefined) || (count < bounds.min && min !== undefined)) {
      return undefined;
    }
    // Nobody expects the limit of the numbers themselves.
    throw this.#outOfBounds(target.label, outcome.current, by, bounds);
  }

  async set(key: K, value: CountOf<M>, options: SetCountOptions = {}): Promise<void> {
    const amount = takeCount(this.mode, 'value', value);
    const given = expirySeconds(options, this.#rows.clock);
    const change: CounterChange = {
      verb: 'set',
      amount,
      from: { min: 0n, max: 0n },
      id: this.#id(options.token),
      expiresAt: given ?? this.#endsAt(),
      renews: true,
    };
    await applyChange(this.#target(key), change, { signal: options.signal });
  }

  async get(key: K, { consistent = false, signal }: ReadOptions): Promise<CountOf<M> | undefined> {
    const target = this.#target(key);
    const input = getCounter(target, consistent);
    const { Item } = await this.#rows.transport.call('GetItem', input, { signal });
    return this.#giveLive(target, Item);
  }

  /** The counts of many counters, aligned with the keys. */
  async getMany(
    keys: readonly K[],
    { consistent, signal }: ReadOptions,
  ): Promise<(CountOf<M> | undefined)[]> {
    const addresses = keys.map((key) => this.#rows.address(key));
    const items = await batchGet(addresses, { ...this.#rows, consistent, signal });
    return addresses.map((row, index) => this.#giveLive(row, items[index]));
  }

  async delete(key: K, { signal }: CallOptions): Promise<void> {
    const { transport } = this.#rows;
    const target = this.#target(key);
    const alone = deleteCounter(target);
    const { outcome } = await writeConditionally(transport, 'DeleteItem', alone, { signal });
    if (outcome === 'refused') {
      await writeConditionally(transport, 'UpdateItem', removeCounter(target), { signal });
    }
  }

  async #add(key: K, { down = false, endsAt, ...options }: Increment<M>): Promise<Added> {
    const amount = options.by === undefined ? 1n : takeCount(this.mode, 'by', options.by);
    const by = down ? -amount : amount;
    const bounds = this.#bounds(options);
    const target = this.#target(key);
    const marker = this.#marker(key, target, options);
    const change: CounterChange = {
      verb: 'add',
      amount: by,
      from: { min: withinDigits(bounds.min - by), max: withinDigits(bounds.max - by) },
      id: marker === undefined ? this.#id(options.token) : undefined,
      expiresAt: endsAt ?? this.#endsAt(),
      renews: endsAt === undefined && this.#options.ttlFrom === 'latest',
    };
    const outcome = await applyChange(target, change, { marker, signal: options.signal });
    return { target, outcome, by, bounds };
  }

  #target(key: K): CounterTarget {
    const { transport, tableName, clock, random, owner, valueNames } = this.#rows;
    const { changesRemembered } = this.#options;
    const row = { ...this.#rows.address(key), owner };
    // A set that is turned when it is full is still known while the next one fills.
    const setSize = changesRemembered === undefined ? setSizeFor(row) : changesRemembered + 1;
    return { transport, tableName, clock, random, valueNames, ...row, setSize };
  }

  #id(token: string | undefined): string | undefined {
    if (this.#options.exactlyOnce !== false) return operationId(token, this.#rows.random);
    if (token === undefined) return undefined;
    throw new InvalidInputError('token', token, 'left out where exactlyOnce is false');
  }

  #marker(
    key: K,
    { label }: CounterTarget,
    { token, tokenTtlSeconds }: IncrOptions<M>,
  ): Marker | undefined {
    const expiresAt = expirySeconds({ ttlSeconds: tokenTtlSeconds }, this.#rows.clock);
    if (expiresAt === undefined) return undefined;
    if (token === undefined)
      throw new InvalidInputError('token', token, 'given with tokenTtlSeconds');
    const row = this.#rows.markerAddress(key, markerId(label, token));
    return { tableName: this.#rows.tableName, key: row.key, expiresAt };
  }

  #endsAt(): number | undefined {
    return expirySeconds({ ttlSeconds: this.#options.ttlSeconds }, this.#rows.clock);
  }

  #bounds(options: IncrOptions<M>): Bounds {
    const limit: bigint = countMax[this.mode];
    const min = options.min === undefined ? -limit : takeCount(this.mode, 'min', options.min);
    const max = options.max === undefined ? limit : takeCount(this.mode, 'max', options.max);
    if (min > max) throw new InvalidInputError('min', options.min, `at most max, which is ${max}`);
    return { min, max };
  }

  #outOfBounds(label: string, current: bigint, by: bigint, { min, max }: Bounds): Error {
    const give = (count: bigint): CountOf<M> => this.#give(label, count);
    return new CounterOutOfBoundsError(label, {
      current: give(current),
      by: give(by),
      min: give(min),
      max: give(max),
    });
  }

  #giveLive({ key, label }: BatchKey, item: Item | undefined): CountOf<M> | undefined {
    const { owner, clock } = this.#rows;
    const count = liveCount(item, { key, label, owner }, clock.now());
    return count === undefined ? undefined : this.#give(label, count);
  }

  #give(label: string, count: bigint): CountOf<M> {
    return giveCount<M>(this.mode, label, count);
  }
}

interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

interface Added {
  readonly target: CounterTarget;
  readonly outcome: ChangeOutcome;
  readonly by: bigint;
  readonly bounds: Bounds;
}

const changesRememberedMax = 1000;

/**
 * A bound that DynamoDB can compare with: it keeps 38 significant digits. No count reaches 10^38,
 * so that nothing is let through.
 */
function withinDigits(bound: bigint): bigint {
  const beyond = countMax.bigint + 1n;
  return bound > beyond ? beyond : bound < -beyond ? -beyond : bound;
}
