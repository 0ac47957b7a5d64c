import { InvalidInputError, type CallOptions, type ReadOptions } from '@x/dynamo-core';
import {
  callOptionNames,
  checkedOptions,
  expirySeconds,
  onFirstUse,
  readOptionNames,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import { applyChange, locator, ownKey, type ChangeOutcome } from './apply-change.js';
import type { Coalescer } from './coalescer.js';
import {
  changeOptionNames,
  incrOptionNames,
  keyCounts,
  setOptionNames,
  type ChangeCountOptions,
  type CountAfter,
  type CounterOptions,
  type IncrOptions,
  type KeyCount,
  type SetCountOptions,
  type WindowAt,
} from './counter-options.js';
import type { CounterTable, Locate, WindowOf } from './counter-row.js';
import {
  countMax,
  exactly,
  startsFrom,
  takeCount,
  boundsOf,
  type Count,
  type CountMode,
  type CountOf,
  type CountRange,
} from './requests.js';

const coalescing = /* @__PURE__ */ onFirstUse(() => import('./coalescer.js'));
const rowsOf = /* @__PURE__ */ onFirstUse(() => import('./count-rows.js'));
const refusing = /* @__PURE__ */ onFirstUse(() => import('./refused-change.js'));

/** Says which window a call is for: that of a given moment, or of the time that it is then. */
export type Windows = (at: number | undefined, isChange?: boolean) => WindowOf;

/**
 * What all counters do with keys of any kind: `KeyValueCounter`, `PartitionedKeyValueCounter` and
 * `WindowedCounter` are counters. `At` are options that each of their methods takes besides.
 */
export class Counter<
  K,
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
  At = unknown,
  SetOptions extends ChangeCountOptions = SetCountOptions,
> {
  /** What counts are in JavaScript. */
  readonly mode: M;
  readonly #table: CounterTable<K>;
  readonly #options: CounterOptions<M, number | undefined>;
  readonly #windows: Windows | undefined;
  #coalescer: Coalescer | undefined;

  /** Checks the options. Sends nothing. */
  constructor(table: CounterTable<K>, options: CounterOptions<M, N>, windows?: Windows) {
    const { ttlSeconds, shards } = options;
    const mode: CountMode = options.mode ?? 'number';
    expirySeconds({ ttlSeconds }, table.clock);
    if (shards !== undefined && ttlSeconds !== undefined) {
      const allowed = 'left out with shards (use windowed())';
      throw new InvalidInputError('ttlSeconds', ttlSeconds, allowed);
    }
    this.mode = mode as M;
    this.#table = table;
    this.#options = { ...options };
    this.#windows = windows;
  }

  /**
   * Adds to a counter, once, and answers with a count that includes it. A counter that does not
   * exist, or has expired, starts at 0.
   *
   * Sends one UpdateItem (ADD, unless the row remembers this change or is out of bounds): one write
   * unit. An expired counter starts over with one UpdateItem more. With `tokenTtlSeconds`: one
   * TransactWriteItems of two rows (four write units) and a consistent read.
   *
   * A repeat of its request counts nothing while fewer than 16 other changes of the counter came
   * between; `delete`, batches and the expiry of the row forget.
   *
   * Calls whose response arrived get distinct counts (for a `by` other than 0). A call that had to
   * be recovered, because a response was lost or its `token` was counted before, gets what the row
   * held then: its own increment and perhaps later ones (the new count, if the counter has expired
   * or was deleted in between). A crash leaves the increment made or not made; repeat it with the
   * same `token`.
   *
   * Throws a `CounterOutOfBoundsError` when the count would leave `min` and `max` or the range of
   * the mode, a `KeyCollisionError` when the row belongs to another namespace (`a` + `b.c` has the
   * key of `a.b` + `c`) or an expiry would end two things, a `TokenReusedError` for a token of
   * another change, and an `InvalidInputError` for anything but a whole number. 0 is allowed: it
   * makes the counter or answers with its count. A negative `by` counts down.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'orders' });
   * await counter.incr('today'); // 1
   * await counter.incr('today', 5); // 6
   * await counter.incr('today', 1, { token: 'message-17' }); // 7
   * await counter.incr('today', 1, { token: 'message-17' }); // still 7
   * ```
   */
  async incr(key: K, by?: CountOf<M>, options?: IncrOptions<M> & At): Promise<CountAfter<M, N>> {
    return (await this.#add(key, by, options)) as CountAfter<M, N>;
  }

  /**
   * Takes away from a counter: `incr` with the amount negated, in every respect. `min` and `max`
   * are bounds of the count that it leads to.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'stock' });
   * await counter.decr('apples', 2); // -2
   * ```
   */
  async decr(key: K, by?: CountOf<M>, options?: IncrOptions<M> & At): Promise<CountAfter<M, N>> {
    return (await this.#add(key, by, options, { isTaken: true })) as CountAfter<M, N>;
  }

  /**
   * Adds to a counter if that keeps it from `min` to `max`, both included, and answers with the new
   * count; `undefined` when it would not, and nothing was changed. `incr` with the same bounds
   * throws a `CounterOutOfBoundsError` instead, which carries the `current` count.
   *
   * The check and the increment are one request, so that parallel callers never pass a bound. Sends
   * and costs what `incr` does; a refusal costs one write unit too. A repeat after a lost response
   * is recognised before the bounds are looked at. A refusal leaves nothing in the row: an earlier
   * attempt of the same call that is stuck in the network can still be applied later.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'seats' });
   * const seat = await counter.tryIncr('flight-7', 1, { max: 180 });
   * if (seat === undefined) console.log('sold out');
   * ```
   */
  async tryIncr(
    key: K,
    by: CountOf<M>,
    options: IncrOptions<M> & At,
  ): Promise<CountOf<M> | undefined> {
    return this.#add(key, by, options, { isTry: true });
  }

  /**
   * The count of an id, or `undefined` where there is no counter. Of many ids: one entry for each, in
   * their order, with duplicates, and without a `count` where there is no counter. May miss the latest
   * changes unless `consistent`.
   *
   * For one id, sends one GetItem of the count alone. For many, one BatchGetItem for each 100 distinct ids, four at a time, and repeats what comes back
   * unprocessed; nothing for no ids. Half a read unit a row, one if `consistent`. Throws a
   * `BatchIncompleteError` when DynamoDB keeps leaving rows out, and an `UnsafeCountError` for a
   * count past 2^53 - 1 unless the mode is `'bigint'`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'visits' });
   * await counter.incr('home', 42);
   * await counter.get('home'); // 42
   * await counter.get(['home', 'nowhere']); // [{ id: 'home', count: 42 }, { id: 'nowhere' }]
   * ```
   */
  async get(key: K, options?: ReadOptions & At): Promise<CountOf<M> | undefined>;
  async get<I extends K>(
    keys: readonly I[],
    options?: ReadOptions & At,
  ): Promise<KeyCount<I, CountOf<M>>[]>;
  async get(
    asked: K | readonly K[],
    options?: ReadOptions & At,
  ): Promise<CountOf<M> | undefined | KeyCount<K, CountOf<M>>[]> {
    const { at, ...given } = this.#checked<ReadOptions>(options, readOptionNames);
    const window = this.#windows?.(at);
    const isList = Array.isArray(asked);
    const keys = ((isList ? asked : [asked]) as readonly K[]).map(ownKey);
    // One moment for all rows that are read together.
    const isBatch = isList || this.#options.shards !== undefined;
    const now = isBatch ? window?.() : undefined;
    const rows = keys.map((key) => this.#rows(key, now === undefined ? window : () => now));
    const { readCounts } = await rowsOf();
    const counts = await readCounts(this.#table, this.mode, rows, given, isBatch);
    return isList ? keyCounts(keys, counts) : counts[0];
  }

  /**
   * Sets a counter to a value, once: a repeat after a lost response does not undo what was counted
   * since. The expiry is set as the options say, else as the counter's `ttlSeconds` says, else it
   * stays. This is also the reset that survives repeats: `set(id, 0)`.
   *
   * Sends and costs what `incr` does. Concurrent callers: the last one wins.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'invoices' });
   * await counter.set('number', 1_000);
   * await counter.incr('number'); // 1001
   * ```
   */
  async set(key: K, value: CountOf<M>, options?: SetOptions & At): Promise<void> {
    // A window has an end of its own.
    const names = this.#windows === undefined ? setOptionNames : changeOptionNames;
    const given = this.#checked<SetCountOptions>(options, names);
    await this.#put('set', key, takeCount(this.mode, 'value', value), given);
  }

  /**
   * Makes a count at least `n`, once, and answers what it is then. An absent counter becomes `n`. One
   * UpdateItem: one write unit, also where the count is higher already.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'records' });
   * await counter.max('players', 40); // 40
   * await counter.max('players', 12); // 40
   * ```
   */
  async max(key: K, n: CountOf<M>, options?: ChangeCountOptions & At): Promise<CountOf<M>> {
    return this.#bound('max', key, n, options);
  }

  /**
   * Makes a count at most `n`, once, and answers what it is then: `max` the other way round.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'records' });
   * await counter.min('seconds', 12); // 12
   * ```
   */
  async min(key: K, n: CountOf<M>, options?: ChangeCountOptions & At): Promise<CountOf<M>> {
    return this.#bound('min', key, n, options);
  }

  /**
   * Sets a counter to a value if it is what is expected, `undefined` for absent, and says whether it
   * did. One UpdateItem, and a consistent GetItem where a count is expected and there is no row. A repeat after a lost response is recognised, as that of an increment.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'leaders' });
   * await counter.compareAndSet('term', undefined, 1); // true
   * await counter.compareAndSet('term', 7, 8); // false
   * ```
   */
  async compareAndSet(
    key: K,
    expected: CountOf<M> | undefined,
    value: CountOf<M>,
    options?: ChangeCountOptions & At,
  ): Promise<boolean> {
    const { mode } = this;
    const amount = takeCount(mode, 'value', value);
    const from =
      expected === undefined
        ? { counts: undefined, orNone: true }
        : exactly(takeCount(mode, 'expected', expected));
    const given = this.#checked<ChangeCountOptions>(options, changeOptionNames);
    const { outcome } = await this.#put('compareAndSet', key, amount, given, from, expected);
    return outcome === 'changed';
  }

  /**
   * Removes a counter with all that it remembers. A value of the same id stays.
   *
   * Sends one DeleteItem (if the row holds no value), and one UpdateItem more if it does: a write
   * unit each. A delete leaves nothing that a repeat could know it by: when its response is lost,
   * its repeat also removes what was counted in between, and the repeat of an increment that was
   * under way counts anew. Use `set(id, 0)` where that matters.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'visits' });
   * await counter.delete('home');
   * ```
   */
  async delete(key: K, options?: CallOptions & At): Promise<void> {
    const { at, signal } = this.#checked<CallOptions>(options, callOptionNames);
    const rows = this.#rows(key, this.#windows?.(at));
    const { deleteCount } = await rowsOf();
    for (const locate of rows) await deleteCount(locate, { signal });
  }

  /** The options of a call, and the moment that it gives where there are windows. */
  #checked<O extends object>(
    options: O | undefined,
    names: Partial<OptionNames<NoInfer<O>>>,
  ): O & WindowAt {
    const known = this.#windows === undefined ? names : { ...names, at: true };
    return checkedOptions<O & WindowAt>(options, known as OptionNames<O & WindowAt>);
  }

  /** The rows of a counter: each says where it is when it is asked. */
  #rows(key: K, window: WindowOf | undefined): Locate[] {
    const locate = locator(this.#table, key, window);
    const { shards = 1 } = this.#options;
    return Array.from({ length: shards }, (_, shard) => () => locate(shard));
  }

  /** Adds `by`, or takes it away. Answers no count where there are shards, and where a try is refused. */
  async #add(
    key: K,
    by: CountOf<M> | undefined,
    options: IncrOptions<M> | undefined,
    { isTaken = false, isTry = false } = {},
  ): Promise<CountOf<M> | undefined> {
    const { mode } = this;
    const given = by === undefined ? 1n : takeCount(mode, 'by', by);
    const amount = isTaken ? -given : given;
    const asked = this.#checked(options, incrOptionNames);
    const { token, tokenTtlSeconds, signal } = asked;
    if (token === undefined && tokenTtlSeconds !== undefined) {
      const message = 'tokenTtlSeconds needs a token';
      throw new InvalidInputError('tokenTtlSeconds', tokenTtlSeconds, '', { message });
    }
    const bounds = boundsOf(mode, asked);
    const isBounded = isTry || asked.min !== undefined || asked.max !== undefined;
    const { shards, coalesce, ttlSeconds } = this.#options;
    if (isBounded) this.#refuseShards('bounds');
    const window = this.#windows?.(asked.at, true);
    const locate = locator(this.#table, key, window);
    const add = (sums: readonly bigint[], until?: AbortSignal): Promise<ChangeOutcome> =>
      applyChange(this.#table, this.#options, {
        locate,
        verb: 'add',
        usedFor: 'add',
        amount: sums.at(-1) as bigint,
        from: startsFrom(sums, bounds),
        expiry: { ttlSeconds },
        token,
        tokenTtlSeconds,
        signal: until,
      });
    const isSmall = BigInt.asIntN(32, amount) === amount;
    const outcome =
      coalesce && isSmall && !isBounded && token === undefined
        ? await this.#coalesced([locate(0).key, window?.()], amount, signal, add)
        : await add([amount], signal);
    if (outcome.outcome === 'changed') {
      return shards === undefined ? this.#given(outcome.displayKey, outcome.count) : undefined;
    }
    const { outOfBounds } = await refusing();
    const error = outOfBounds(mode, outcome, { amount, bounds, asked, isTry });
    if (error === undefined) return undefined;
    throw error;
  }

  async #coalesced(...given: Parameters<Coalescer['add']>): Promise<ChangeOutcome> {
    const { Coalescer: Gathering } = await coalescing();
    return (this.#coalescer ??= new Gathering()).add(...given);
  }

  /** Sets the count to `amount` unless it is more (`'max'`) or less (`'min'`). Answers what it is then. */
  async #bound(
    side: 'max' | 'min',
    key: K,
    n: CountOf<M>,
    options: ChangeCountOptions | undefined,
  ): Promise<CountOf<M>> {
    const amount = takeCount(this.mode, 'n', n);
    const { bigint: limit } = countMax;
    const counts = side === 'max' ? { min: -limit, max: amount } : { min: amount, max: limit };
    const given = this.#checked(options, changeOptionNames);
    const answer = await this.#put(side, key, amount, given, { counts, orNone: true });
    const count = answer.outcome === 'changed' ? answer.count : answer.current;
    return this.#given(answer.displayKey, count ?? 0n);
  }

  /** A count in the type of the mode. */
  async #given(displayKey: string, count: Count): Promise<CountOf<M>> {
    const { mode } = this;
    const given = mode === 'number' ? Number(count) : count;
    if (typeof given === 'bigint' || Number.isSafeInteger(given)) return given as CountOf<M>;
    // A fraction, or what cannot be given.
    return (await rowsOf()).giveCount(mode, displayKey, count);
  }

  /** Makes the count what is given, where it is in the range. */
  async #put(
    method: string,
    key: K,
    amount: bigint,
    options: SetCountOptions & WindowAt,
    from?: CountRange,
    expected?: CountOf<M>,
  ): Promise<ChangeOutcome> {
    this.#refuseShards(method);
    const { at, token, signal, expiresAtMs } = options;
    const { ttlSeconds = expiresAtMs === undefined ? this.#options.ttlSeconds : undefined } =
      options;
    return applyChange(this.#table, this.#options, {
      locate: locator(this.#table, key, this.#windows?.(at, true)),
      verb: 'set',
      usedFor: [method, expected, options.ttlSeconds, expiresAtMs].join(' '),
      amount,
      from,
      // Only a plain set begins the life of a counter anew.
      renews: method === 'set',
      expiry: { ttlSeconds, expiresAtMs },
      token,
      signal,
    });
  }

  /** Throws where there are shards for what takes one look at the whole count. */
  #refuseShards(what: string): void {
    const { shards } = this.#options;
    if (shards === undefined) return;
    throw new InvalidInputError('shards', shards, `left out: a sum of rows has no ${what}`);
  }
}
