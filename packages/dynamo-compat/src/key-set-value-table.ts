import { isDeepStrictEqual } from 'node:util';

import { KeyValueTable, type StreamProps } from './key-value-table.js';
import { refuseUnheard } from './unheard-methods.js';

/**
 * Sets of values by key, each in one row of a `KeyValueTable`.
 *
 * @deprecated in the original, too: `PartitionedKeyValueTable` has sets.
 */
export class KeySetValueTable<K, V> {
  readonly #toKey: (key: K) => string;
  readonly #values: KeyValueTable;
  readonly #includes: (values: V[], value: V) => boolean;

  /** Sends nothing. `includes` says whether a value is among others; by default by deep equality. */
  constructor(
    toKey: (key: K) => string,
    kvTable: KeyValueTable,
    includes: (values: V[], value: V) => boolean = includesEqual,
  ) {
    refuseUnheard('kvTable', Object(kvTable) as KeyValueTable, KeyValueTable, [
      'get',
      'set',
      'update',
      'delete',
    ]);
    this.#toKey = toKey;
    this.#values = kvTable;
    this.#includes = includes;
  }

  /** Adds a value that is not there. */
  async append(key: K, value: V): Promise<void> {
    await this.#values.update<V[]>(this.#toKey(key), (values = []) =>
      this.#includes(values, value) ? undefined : [...values, value],
    );
  }

  /** Removes a value; with `deleteOnEmpty`, the row of a set that is empty then. */
  async remove(
    key: K,
    value: V,
    { deleteOnEmpty = false }: { readonly deleteOnEmpty?: boolean | undefined } = {},
  ): Promise<void> {
    const id = this.#toKey(key);
    const left = await this.#values.update<V[]>(id, (values = []) => {
      const kept = values.filter((existing) => !this.#includes([existing], value));
      return kept.length === values.length ? undefined : kept;
    });
    if (deleteOnEmpty && left?.length === 0) await this.#values.delete(id);
  }

  /** Whether there is a set, an empty one included. */
  async exists(key: K): Promise<boolean> {
    return (await this.#values.get(this.#toKey(key))) !== undefined;
  }

  /** The whole set: `[]` where there is none. */
  async get(key: K): Promise<V[]> {
    return (await this.#values.get<V[]>(this.#toKey(key))) ?? [];
  }

  /** Stores a whole set. */
  async set(key: K, values: V[]): Promise<void> {
    await this.#values.set(this.#toKey(key), values);
  }

  /** All sets of the table, with their keys as texts. */
  streamAll(perPage: number, props?: StreamProps): AsyncGenerator<[K, V[]], void> {
    return this.#values.streamAll<V[]>(perPage, props) as AsyncGenerator<[never, V[]], void>;
  }
}

function includesEqual<V>(values: V[], value: V): boolean {
  return values.some((existing) => isDeepStrictEqual(existing, value));
}
