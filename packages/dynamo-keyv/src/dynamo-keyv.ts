import { KeyvRows } from './keyv-rows.js';
import type { DynamoKeyvOptions } from './options.js';

/** What Keyv 5 hands over with `setMany`. */
export interface Keyv5Entry {
  readonly key: string;
  readonly value: unknown;
  /** In milliseconds. */
  readonly ttl?: number | undefined;
}

/**
 * A store for Keyv 5 in DynamoDB, a row for each key. For Keyv 6, import it from
 * `@x/dynamo-keyv/v6`; the rows are the same.
 *
 * `get` and `has` are one consistent GetItem each, `set` is one UpdateItem; `getMany` and `hasMany` are a
 * BatchGetItem for each 100 keys, `setMany` is a BatchWriteItem for each 25. `delete` and `deleteMany` say what was
 * there, and so they read it first. `clear` and `iterator` scan the table, up to `scanRowsMax` rows. A `set`
 * whose response is lost and that is repeated does not undo what came after it.
 *
 * A value ends with its TTL, to the millisecond, whether or not Time to Live has removed the row; without a
 * TTL it never ends. Errors are thrown: Keyv emits them, or throws them on, as `throwOnErrors` says. Nothing is sent
 * before the first call, and there is nothing to disconnect.
 *
 * @example
 * ```ts
 * import { DynamoKeyv } from '@x/dynamo-keyv';
 * import { Keyv } from 'keyv';
 *
 * const keyv = new Keyv({ store: new DynamoKeyv({ tableName: 'my-keys' }), namespace: 'users' });
 * await keyv.set('ann', { plan: 'pro' }, 60_000);
 * console.log(await keyv.get('ann'));
 * ```
 */
export class DynamoKeyv {
  /** Set by Keyv, whose keys begin with it: what `clear` and `iterator` are about. */
  namespace: string | undefined;
  /** Keyv 5 iterates over the dialects alone that it knows by name. */
  readonly opts: Record<string, unknown> = { dialect: 'redis', url: '' };
  readonly #rows: KeyvRows;

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: DynamoKeyvOptions) {
    this.#rows = new KeyvRows(options);
  }

  /** Part of the contract of a store. Errors are thrown, and so there is no event. */
  on(_event: string, _listener: (...values: unknown[]) => void): this {
    return this;
  }

  /** What Keyv stored under a key, or `undefined`. One GetItem. */
  async get<T>(key: string): Promise<T | undefined> {
    return (await this.#rows.get(key)) as T | undefined;
  }

  /** The same of many keys, in their order. A BatchGetItem for each 100. */
  async getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    return (await this.#rows.getMany(keys)) as (T | undefined)[];
  }

  /** Stores a value, for `ttl` milliseconds where it is given. One UpdateItem. */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.#rows.set({ key, value, ttlMs: ttl });
    return true;
  }

  /** Stores many values, each with a `ttl` of its own. A BatchWriteItem for each 25. */
  async setMany(entries: readonly Keyv5Entry[]): Promise<boolean[]> {
    const all = entries.map(() => true);
    await this.#rows.setMany(entries.map(({ key, value, ttl }) => ({ key, value, ttlMs: ttl })));
    return all;
  }

  /** Whether a key has a value. One GetItem. */
  async has(key: string): Promise<boolean> {
    return (await this.#rows.get(key)) !== undefined;
  }

  /** The same of many keys, in their order. A BatchGetItem for each 100. */
  async hasMany(keys: readonly string[]): Promise<boolean[]> {
    return (await this.#rows.getMany(keys)).map((value) => value !== undefined);
  }

  /** Deletes a key, and says whether it had a value. A GetItem and a DeleteItem. */
  async delete(key: string): Promise<boolean> {
    return this.#rows.delete(key);
  }

  /** Deletes many keys, and says whether each had a value. A BatchGetItem for each 100, a BatchWriteItem for each 25. */
  async deleteMany(keys: readonly string[]): Promise<boolean> {
    return (await this.#rows.deleteMany(keys)).every(Boolean);
  }

  /** Deletes the keys of the namespace; all of the store where Keyv has none. Scans the table. */
  async clear(): Promise<void> {
    await this.#rows.clear(prefixOf(this.namespace));
  }

  /** The keys of a namespace, with it, and what is stored under them. Scans the table. */
  iterator(namespace?: string): AsyncGenerator<[key: string, value: unknown], void, undefined> {
    return this.#rows.startingWith(prefixOf(namespace));
  }
}

function prefixOf(namespace: string | undefined): string {
  return namespace === undefined || namespace === '' ? '' : `${namespace}:`;
}
