import type { Item, ReadOptions } from '@x/dynamo-core';
import { batchGet, checkedOptions, readOptionNames, send } from '@x/dynamo-core/mechanism';

import { keyCounts, type KeyCount } from './key-count.js';
import { liveCount } from './live-count.js';
import {
  countAttributes,
  getCount,
  giveCount,
  type Count,
  type CountMode,
  type CountOf,
} from './requests.js';
import type { CounterTarget } from './send-change.js';
import {
  Shards,
  type CounterStoreOptions,
  type CounterTargets,
  type WindowOf,
} from './apply-change.js';

/** Reads counts, summed over their shards. */
export class CountReads<K, M extends CountMode> {
  readonly #store: CounterStoreOptions<K>;
  readonly #targets: CounterTargets<K>;
  readonly #mode: M;

  constructor(store: CounterStoreOptions<K>, targets: CounterTargets<K>, mode: M) {
    this.#store = store;
    this.#targets = targets;
    this.#mode = mode;
  }

  /** Of one id or of many. */
  async of(
    asked: K | readonly K[],
    options: ReadOptions | undefined,
    window?: WindowOf,
  ): Promise<CountOf<M> | undefined | KeyCount<K, CountOf<M>>[]> {
    if (!Array.isArray(asked)) return this.get(asked as K, options, window);
    const ids = [...(asked as readonly K[])];
    return keyCounts(ids, await this.getMany(ids, options, window));
  }

  async get(
    key: K,
    options: ReadOptions | undefined,
    window?: WindowOf,
  ): Promise<CountOf<M> | undefined> {
    const [locate, second] = this.#targets.all(key, window);
    if (!locate || second) return (await this.getMany([key], options, window))[0];
    const { consistent = false, signal } = checkedOptions(options, readOptionNames);
    const input = () => getCount(locate(), consistent);
    const { Item } = await send(this.#store.transport, 'GetItem', input, { signal });
    const target = locate();
    return this.#give(target, this.#liveCount(target, Item));
  }

  /** The counts of many counters, aligned with the keys. */
  async getMany(
    keys: readonly K[],
    options: ReadOptions | undefined,
    window?: WindowOf,
  ): Promise<(CountOf<M> | undefined)[]> {
    const { consistent, signal } = checkedOptions(options, readOptionNames);
    const at = window?.();
    const perKey = keys.map((key) =>
      this.#targets.all(key, at && (() => at)).map((locate) => locate()),
    );
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

  #liveCount(target: CounterTarget, item: Item | undefined): Count | undefined {
    return liveCount(item, target, this.#store.clock.now());
  }

  #give(target: CounterTarget, count: Count | undefined): CountOf<M> | undefined {
    return count === undefined ? undefined : giveCount<M>(this.#mode, target.label, count);
  }
}
