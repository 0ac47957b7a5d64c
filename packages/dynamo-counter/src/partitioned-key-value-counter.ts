import type { CallOptions, CompoundKey, ReadOptions } from '@x/dynamo-core';
import {
  partitionedRowsOptionNames,
  rowsOf,
  type PartitionedRowsOptions,
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
import { counterAttributes, idRegisters } from './counter-row.js';
import { CounterStore } from './counter-store.js';

/** Where a counter is kept and how it counts. */
export interface PartitionedKeyValueCounterOptions<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
>
  extends PartitionedRowsOptions, CounterOptions<M, N> {}

/**
 * Counters on the `partitioned_keys` table, beside a value of the same key and without touching it;
 * only the expiry is one for both.
 *
 * @example
 * ```ts
 * import { PartitionedKeyValueCounter, dynamoTableName } from '@x/dynamo-counter';
 *
 * const counter = new PartitionedKeyValueCounter({
 *   tableName: dynamoTableName('partitioned_keys'),
 * });
 * await counter.incr({ partition: 'user-123', namespace: 'stats', sort: 'logins' });
 * ```
 */
export class PartitionedKeyValueCounter<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
> {
  readonly #store: CounterStore<CompoundKey, M>;

  /** Checks the options. Sends nothing. */
  constructor(options: PartitionedKeyValueCounterOptions<M, N> = {}) {
    const own = [...Object.values(counterAttributes), ...idRegisters];
    const rows = rowsOf<PartitionedKeyValueCounterOptions<M, N>>(options, own, {
      ...partitionedRowsOptionNames,
      ...counterOptionNames,
    });
    this.#store = new CounterStore(
      {
        ...rows,
        address: (key: CompoundKey, _window: string, shard: string) => {
          const at = rows.address(key);
          if (shard === '') return at;
          return rows.address({ ...at.callerKey, partition: at.callerKey.partition + shard });
        },
        // A table of numbers has a place for it in a partition of its own alone.
        markerAddress: ({ partition, namespace }: CompoundKey, marker: string) =>
          rows.mappings.sortKeyFieldAWSType === 'N'
            ? rows.address({ partition: marker, namespace: '', sort: '0' })
            : rows.address({ partition, namespace, sort: marker }),
        dataName: rows.mappings.dataFieldName,
        versionName: rows.mappings.md5,
      },
      options,
    );
  }

  /**
   * The count of a key; `undefined` where there is no counter, or an expired one. May miss the
   * latest changes unless `consistent`.
   *
   * Sends one GetItem: half a read unit, one if `consistent`. Throws an `UnsafeCountError` for a
   * count past 2^53 - 1 unless the mode is `'bigint'`.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * await counter.get({ partition: 'user-123', namespace: 'stats', sort: 'logins' });
   * ```
   */
  async get(key: CompoundKey, options?: ReadOptions): Promise<CountOf<M> | undefined> {
    return this.#store.reads.get(key, options);
  }

  /**
   * Adds to a counter, once, and answers with a count that includes it: `KeyValueCounter.incr`,
   * with its promises, requests and errors.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * await counter.incr({ partition: 'user-123', namespace: 'stats', sort: 'points' }, 10); // 10
   * ```
   */
  async incr(
    key: CompoundKey,
    by?: CountOf<M>,
    options?: IncrOptions<M>,
  ): Promise<CountAfter<M, N>> {
    return (await this.#store.incr(key, by, options)) as CountAfter<M, N>;
  }

  /**
   * Takes away from a counter: `incr` with the amount negated.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * await counter.decr({ partition: 'user-123', namespace: 'stats', sort: 'points' }, 3); // -3
   * ```
   */
  async decr(
    key: CompoundKey,
    by?: CountOf<M>,
    options?: IncrOptions<M>,
  ): Promise<CountAfter<M, N>> {
    return (await this.#store.incr(key, by, options, undefined, true)) as CountAfter<M, N>;
  }

  /**
   * Adds to a counter if that keeps it from `min` to `max`, else answers `undefined`:
   * `KeyValueCounter.tryIncr`.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * const credits = { partition: 'user-123', namespace: 'stats', sort: 'credits' };
   * if ((await counter.tryIncr(credits, -1, { min: 0 })) === undefined) console.log('none left');
   * ```
   */
  async tryIncr(
    key: CompoundKey,
    by: CountOf<M>,
    options: IncrOptions<M>,
  ): Promise<CountOf<M> | undefined> {
    return this.#store.incr(key, by, options, undefined, false, true);
  }

  /**
   * Sets a counter to a value, once: `KeyValueCounter.set`.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * await counter.set({ partition: 'user-123', namespace: 'stats', sort: 'points' }, 0);
   * ```
   */
  async set(key: CompoundKey, value: CountOf<M>, options?: SetCountOptions): Promise<void> {
    await this.#store.set(key, value, options);
  }

  /**
   * Makes a count at least `n`, and answers what it is then: `KeyValueCounter.max`.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * await counter.max({ partition: 'user-123', namespace: 'stats', sort: 'best' }, 40); // 40
   * ```
   */
  async max(key: CompoundKey, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>> {
    return this.#store.bound(key, 'max', n, options);
  }

  /**
   * Makes a count at most `n`, and answers what it is then: `KeyValueCounter.min`.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * await counter.min({ partition: 'user-123', namespace: 'stats', sort: 'fastest' }, 12); // 12
   * ```
   */
  async min(key: CompoundKey, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>> {
    return this.#store.bound(key, 'min', n, options);
  }

  /**
   * Sets a counter to a value if it is what is expected: `KeyValueCounter.compareAndSet`.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * const level = { partition: 'user-123', namespace: 'stats', sort: 'level' };
   * await counter.compareAndSet(level, undefined, 1); // true
   * ```
   */
  async compareAndSet(
    key: CompoundKey,
    expected: CountOf<M> | undefined,
    value: CountOf<M>,
    options?: ChangeCountOptions,
  ): Promise<boolean> {
    return this.#store.compareAndSet(key, expected, value, options);
  }

  /**
   * Removes a counter with all that it remembers, not a value of the same key:
   * `KeyValueCounter.delete`, with what it says about repeats.
   *
   * @example
   * ```ts
   * import { PartitionedKeyValueCounter } from '@x/dynamo-counter';
   *
   * const counter = new PartitionedKeyValueCounter();
   * await counter.delete({ partition: 'user-123', namespace: 'stats', sort: 'points' });
   * ```
   */
  async delete(key: CompoundKey, options?: CallOptions): Promise<void> {
    await this.#store.delete(key, options);
  }
}
