import type { BatchKey, Connection } from '@x/dynamo-core/mechanism';

import type { CounterAddress } from './counter-row.js';
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

/** Gives the row of a counter, or of one of its shards. */
export type Locate = (shard?: number) => CounterTarget;

/** The rows of counters: of their windows, and of their shards. */
export class CounterTargets<K> {
  readonly #store: CounterStoreOptions<K>;
  readonly #shards: Shards | undefined;

  constructor(store: CounterStoreOptions<K>, shards: Shards | undefined) {
    this.#store = store;
    this.#shards = shards;
  }

  /** Checks the key each time, and takes the window of the moment. */
  locator(key: K, window?: WindowOf): Locate {
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
  pick(locate: Locate, token: string | undefined): () => CounterTarget {
    if (this.#shards === undefined) return locate;
    const shard = this.#shards.pick(token, this.#store.random);
    return () => locate(shard);
  }

  /** All rows of a counter. */
  all(key: K, window: WindowOf | undefined): CounterTarget[] {
    const locate = this.locator(key, window);
    return this.#shards === undefined ? [locate()] : this.#shards.all((shard) => locate(shard));
  }
}
