import type { CallOptions, ReadOptions } from '@x/dynamo-core';
import { checkFunction, checkMethods } from '@x/dynamo-core/mechanism';

import type { CountMode, CountOf } from './requests.js';
import {
  keyCounts,
  type ChangeCountOptions,
  type IncrOptions,
  type KeyCount,
} from './counter-options.js';

/**
 * What a scoped counter needs of a counter. A `KeyValueCounter` has it. `A` is what a change answers:
 * the count, and nothing where there are shards.
 */
export interface CountsById<
  M extends CountMode = 'number',
  A extends CountOf<M> | undefined = CountOf<M>,
> {
  readonly mode: M;
  incr(id: string, by?: CountOf<M>, options?: IncrOptions<M>): Promise<A>;
  decr(id: string, by?: CountOf<M>, options?: IncrOptions<M>): Promise<A>;
  max(id: string, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>>;
  min(id: string, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>>;
  get(id: string, options?: ReadOptions): Promise<CountOf<M> | undefined>;
  get(ids: readonly string[], options?: ReadOptions): Promise<KeyCount<string, CountOf<M>>[]>;
  delete(id: string, options?: CallOptions): Promise<void>;
}

/**
 * A counter whose keys are of a type of the user's own, such as a user id or an object: `toId` says
 * which id of the underlying counter stands for a key.
 *
 * @example
 * ```ts
 * import { KeyValueCounter, KeyValueScopedCounter } from '@x/dynamo-counter';
 *
 * const counter = new KeyValueCounter({ namespace: 'logins' });
 * const scopedCounter = new KeyValueScopedCounter((userId: string) => `user-${userId}`, counter);
 * await scopedCounter.incr('user-123', 5);
 * await scopedCounter.current('user-123'); // 5
 * ```
 */
export class KeyValueScopedCounter<
  K,
  M extends CountMode = 'number',
  A extends CountOf<M> | undefined = CountOf<M>,
> {
  readonly #toId: (key: K) => string;
  readonly #counter: CountsById<M, A>;

  /** Sends nothing. */
  constructor(toId: (key: K) => string, counter: CountsById<M, A>) {
    checkFunction('toId', toId);
    checkMethods('counter', counter, 'incr');
    this.#toId = toId;
    this.#counter = counter;
  }

  /**
   * Adds to the counter of a key: `KeyValueCounter.incr`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter, KeyValueScopedCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'logins' });
   * const logins = new KeyValueScopedCounter((userId: number) => `user-${userId}`, counter);
   * await logins.incr(123); // 1
   * ```
   */
  async incr(key: K, by?: CountOf<M>, options?: IncrOptions<M>): Promise<A> {
    return this.#counter.incr(this.#toId(key), by, options);
  }

  /** Another name of `incr`. */
  async inc(key: K, by?: CountOf<M>, options?: IncrOptions<M>): Promise<A> {
    return this.incr(key, by, options);
  }

  /**
   * Takes away from the counter of a key: `KeyValueCounter.decr`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter, KeyValueScopedCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'credits' });
   * const credits = new KeyValueScopedCounter((userId: number) => `user-${userId}`, counter);
   * await credits.decr(123, 2); // -2
   * ```
   */
  async decr(key: K, by?: CountOf<M>, options?: IncrOptions<M>): Promise<A> {
    return this.#counter.decr(this.#toId(key), by, options);
  }

  /** Makes the count of a key at least `n`, and answers what it is then: `KeyValueCounter.max`. */
  async max(key: K, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>> {
    return this.#counter.max(this.#toId(key), n, options);
  }

  /** Makes the count of a key at most `n`, and answers what it is then: `KeyValueCounter.min`. */
  async min(key: K, n: CountOf<M>, options?: ChangeCountOptions): Promise<CountOf<M>> {
    return this.#counter.min(this.#toId(key), n, options);
  }

  /**
   * The count of a key; 0 where there is no counter. May miss the latest changes unless
   * `consistent`. Sends one GetItem, as `KeyValueCounter.get` does.
   *
   * @example
   * ```ts
   * import { KeyValueCounter, KeyValueScopedCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'logins' });
   * const logins = new KeyValueScopedCounter((userId: number) => `user-${userId}`, counter);
   * await logins.current(456); // 0
   * ```
   */
  async current(key: K, options?: ReadOptions): Promise<CountOf<M>> {
    const count = await this.#counter.get(this.#toId(key), options);
    return count ?? ((this.#counter.mode === 'bigint' ? 0n : 0) as CountOf<M>);
  }

  /**
   * The count of a key, `undefined` where there is no counter, or those of a list of keys:
   * `KeyValueCounter.get`, with the keys as ids. A key that is an array itself is a list here: ask for
   * `[key]`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter, KeyValueScopedCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'logins' });
   * const logins = new KeyValueScopedCounter((userId: number) => `user-${userId}`, counter);
   * await logins.get([123, 456]); // [{ id: 123, count: 1 }, { id: 456 }]
   * ```
   */
  async get(keys: readonly K[], options?: ReadOptions): Promise<KeyCount<K, CountOf<M>>[]>;
  async get(key: K, options?: ReadOptions): Promise<CountOf<M> | undefined>;
  async get(
    key: K | readonly K[],
    options?: ReadOptions,
  ): Promise<CountOf<M> | undefined | KeyCount<K, CountOf<M>>[]> {
    if (!Array.isArray(key)) return this.#counter.get(this.#toId(key as K), options);
    const asked = [...(key as readonly K[])];
    const entries = await this.#counter.get(
      asked.map((key) => this.#toId(key)),
      options,
    );
    return keyCounts(
      asked,
      entries.map(({ count }) => count),
    );
  }

  /**
   * Removes the counter of a key: `KeyValueCounter.delete`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter, KeyValueScopedCounter } from '@x/dynamo-counter';
   *
   * const counter = new KeyValueCounter({ namespace: 'logins' });
   * const logins = new KeyValueScopedCounter((userId: number) => `user-${userId}`, counter);
   * await logins.delete(123);
   * ```
   */
  async delete(key: K, options?: CallOptions): Promise<void> {
    await this.#counter.delete(this.#toId(key), options);
  }

  /** Another name of `delete`. */
  async reset(key: K, options?: CallOptions): Promise<void> {
    await this.delete(key, options);
  }
}
