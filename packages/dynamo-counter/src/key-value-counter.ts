import {
  keysTable,
  type CallOptions,
  type Clock,
  type ConnectionOptions,
  type GivenMappings,
  type ReadOptions,
} from '@x/dynamo-core';
import {
  checkedOptions,
  checkNamespace,
  connect,
  connectionOptionNames,
  keyAddress,
  renamed,
  resolveMappings,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import type { CountMode, CountOf } from './requests.js';
import {
  counterOptionNames,
  type ChangeCountOptions,
  type CountAfter,
  type CounterOptions,
  type IncrOptions,
  type SetCountOptions,
} from './counter-options.js';
import { counterAttributes } from './counter-row.js';
import { CounterStore } from './counter-store.js';
import type { KeyCount } from './key-count.js';
import { WindowedCounter, type WindowedOptions } from './windowed-counter.js';

/** Where a counter is kept and how it counts. */
export interface KeyValueCounterOptions<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
>
  extends ConnectionOptions, CounterOptions<M, N> {
  /**
   * Keeps the ids of one counter apart from those of others in the same table: the key of a row is
   * `<namespace>.<id>`, or just the id with `''`.
   *
   * @default 'global'
   */
  readonly namespace?: string | undefined;
  /**
   * Attribute names that differ from the usual ones (`key`, `data`, `version`, `expiresAt`), as a
   * `KeyValueTable` on the same table has them.
   */
  readonly mappings?: GivenMappings<keyof typeof mappingsDefault> | undefined;
}

const mappingsDefault = {
  partitionKeyFieldName: 'key',
  dataFieldName: 'data',
  md5: 'version',
  ttlFieldName: 'expiresAt',
};

const optionNames: OptionNames<KeyValueCounterOptions> = {
  ...connectionOptionNames,
  ...counterOptionNames,
  namespace: true,
  mappings: true,
};

/**
 * Counters on the `keys` table that count each change once, also when a response is lost and the
 * SDK repeats the request.
 *
 * A counter shares its row with a value of the same namespace and id, while the row does not
 * expire: neither touches the other. A row that expires holds one thing.
 *
 * @example
 * ```ts
 * import { KeyValueCounter, dynamoTableName } from '@x/dynamo-counter';
 *
 * const counter = new KeyValueCounter({
 *   namespace: 'api-calls',
 *   tableName: dynamoTableName('keys'),
 * });
 * const newCount = await counter.incr('endpoint-login');
 * ```
 */
export class KeyValueCounter<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
> {
  /** What counts are in JavaScript. */
  readonly mode: M;
  readonly #store: CounterStore<string, M>;
  readonly #clock: Clock;

  /** Checks the options. Sends nothing. */
  constructor(options?: KeyValueCounterOptions<M, N>) {
    const given = checkedOptions<KeyValueCounterOptions<M, N>>(options, optionNames);
    const { namespace = 'global' } = given;
    checkNamespace(namespace);
    const names = resolveMappings(mappingsDefault, given.mappings, ['change']);
    const connection = connect(given, keysTable.name);
    const transport = renamed(connection.transport, connection.tableName, {
      key: names.partitionKeyFieldName,
      data: names.dataFieldName,
      version: names.md5,
      expiresAt: names.ttlFieldName,
    });
    this.#clock = connection.clock;
    this.#store = new CounterStore(
      {
        ...connection,
        transport,
        address: (id: string, suffix: string, shard: string) => {
          const row = keyAddress(namespace, id);
          const more = suffix + shard;
          return more === '' ? row : keyAddress(namespace, id + more);
        },
        markerAddress: (_id: string, marker: string) => keyAddress(namespace, marker),
        owner: { name: counterAttributes.namespace, value: namespace },
        dataName: 'data',
        versionName: 'version',
      },
      given,
    );
    this.mode = this.#store.mode;
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
  async incr(id: string, by?: CountOf<M>, options?: IncrOptions<M>): Promise<CountAfter<M, N>> {
    return (await this.#store.incr(id, by, options)) as CountAfter<M, N>;
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
  async decr(id: string, by?: CountOf<M>, options?: IncrOptions<M>): Promise<CountAfter<M, N>> {
    return (await this.#store.incr(id, by, options, undefined, true)) as CountAfter<M, N>;
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
    id: string,
    by: CountOf<M>,
    options: IncrOptions<M>,
  ): Promise<CountOf<M> | undefined> {
    return this.#store.incr(id, by, options, undefined, false, true);
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
  async get(id: string, options?: ReadOptions): Promise<CountOf<M> | undefined>;
  async get<K extends string>(
    ids: readonly K[],
    options?: ReadOptions,
  ): Promise<KeyCount<K, CountOf<M>>[]>;
  async get(
    asked: string | readonly string[],
    options?: ReadOptions,
  ): Promise<CountOf<M> | undefined | KeyCount<string, CountOf<M>>[]> {
    return this.#store.reads.of(asked, options);
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
  async set(id: string, value: CountOf<M>, options?: SetCountOptions): Promise<void> {
    await this.#store.set(id, value, options);
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
  async max(id: string, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>> {
    return this.#store.bound(id, 'max', n, options);
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
  async min(id: string, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>> {
    return this.#store.bound(id, 'min', n, options);
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
    id: string,
    expected: CountOf<M> | undefined,
    value: CountOf<M>,
    options?: ChangeCountOptions,
  ): Promise<boolean> {
    return this.#store.compareAndSet(id, expected, value, options);
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
  async delete(id: string, options?: CallOptions): Promise<void> {
    await this.#store.delete(id, options);
  }

  /**
   * Counters of the same ids that start over with each window of time, such as each minute. Sends
   * nothing. Windows are aligned with the clock: those of an hour begin at full hours UTC.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perMinute = new KeyValueCounter({ namespace: 'calls' }).windowed({ windowMs: 60_000 });
   * await perMinute.incr('login'); // 1, and again 1 in the next minute
   * ```
   */
  windowed(options: WindowedOptions): WindowedCounter<M, N> {
    return new WindowedCounter(this.#store, this.#clock, options);
  }
}
