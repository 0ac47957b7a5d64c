import { KeyvRows } from './keyv-rows.js';
import type { DynamoKeyvOptions } from './options.js';

/** What Keyv 6 hands over with `setMany`. */
export interface Keyv6Entry {
  readonly key: string;
  readonly value: unknown;
  /** The last millisecond of its life, in milliseconds since 1970. */
  readonly expires?: number | undefined;
}

/** What a store can do, as Keyv 6 asks for it. */
export interface StoreCapabilities {
  readonly compatible: true;
  readonly store: 'keyvStorage';
  /** `set` and `setMany` take the moment of the end. */
  readonly expires: true;
  readonly methods: Readonly<
    Record<string, { readonly exists: boolean; readonly methodType: string }>
  >;
}

const methods = [
  'get',
  'getMany',
  'has',
  'hasMany',
  'set',
  'setMany',
  'delete',
  'deleteMany',
  'clear',
  'iterator',
];

/**
 * A store for Keyv 6 in DynamoDB, a row for each key. The rows are those of the store
 * for Keyv 5.
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
 * import { DynamoKeyv } from '@x/dynamo-keyv/v6';
 * import { Keyv } from 'keyv';
 *
 * const keyv = new Keyv({ store: new DynamoKeyv({ tableName: 'my-keys' }), namespace: 'users' });
 * await keyv.set('ann', { plan: 'pro' }, 60_000);
 * console.log(await keyv.get('ann'));
 * ```
 */
export class DynamoKeyv {
  /** The namespace of the Keyv, which sets it: keys begin with it. */
  namespace: string | undefined;
  readonly #rows: KeyvRows;

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: DynamoKeyvOptions) {
    this.#rows = new KeyvRows(options);
  }

  /** What Keyv asks a store for: this one takes the moment of the end. */
  get capabilities(): StoreCapabilities {
    const isThere = { exists: true, methodType: 'async' };
    return {
      compatible: true,
      store: 'keyvStorage',
      expires: true,
      methods: {
        ...Object.fromEntries(methods.map((name) => [name, isThere])),
        disconnect: { exists: false, methodType: 'none' },
      },
    };
  }

  /** Part of the contract of a store. Errors are thrown, and so there is no event. */
  on(_event: string, _listener: (...values: unknown[]) => void): this {
    return this;
  }

  /** What Keyv stored under a key, or `undefined`. One GetItem. */
  async get<T>(key: string): Promise<T | undefined> {
    return (await this.#rows.get(this.#prefix + key)) as T | undefined;
  }

  /** The same of many keys, in their order. A BatchGetItem for each 100. */
  async getMany<T>(keys: readonly string[]): Promise<(T | undefined)[]> {
    return (await this.#rows.getMany(this.#all(keys))) as (T | undefined)[];
  }

  /** Stores a value, until `expires` where it is given. One UpdateItem. */
  async set(key: string, value: unknown, expires?: number): Promise<boolean> {
    await this.#rows.set({ key: this.#prefix + key, value, endsAtMs: expires });
    return true;
  }

  /** Stores many values, each until its own `expires`. A BatchWriteItem for each 25. */
  async setMany(entries: readonly Keyv6Entry[]): Promise<boolean[]> {
    const all = entries.map(() => true);
    await this.#rows.setMany(
      entries.map(({ key, value, expires }) => ({
        key: this.#prefix + key,
        value,
        endsAtMs: expires,
      })),
    );
    return all;
  }

  /** Whether a key has a value. One GetItem. */
  async has(key: string): Promise<boolean> {
    return (await this.#rows.get(this.#prefix + key)) !== undefined;
  }

  /** The same of many keys, in their order. A BatchGetItem for each 100. */
  async hasMany(keys: readonly string[]): Promise<boolean[]> {
    return (await this.#rows.getMany(this.#all(keys))).map((value) => value !== undefined);
  }

  /** Deletes a key, and says whether it had a value. A GetItem and a DeleteItem. */
  async delete(key: string): Promise<boolean> {
    return this.#rows.delete(this.#prefix + key);
  }

  /** Deletes many keys, and says of each whether it had a value. A BatchGetItem for each 100, a BatchWriteItem for each 25. */
  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    return this.#rows.deleteMany(this.#all(keys));
  }

  /** Deletes the keys of the namespace; all of the store where Keyv has none. Scans the table. */
  async clear(): Promise<void> {
    await this.#rows.clear(this.#prefix);
  }

  /** The keys of the namespace, without it, and what is stored under them. Scans the table. */
  async *iterator(): AsyncGenerator<[key: string, value: unknown], void, undefined> {
    const prefix = this.#prefix;
    for await (const [key, value] of this.#rows.startingWith(prefix)) {
      yield [key.slice(prefix.length), value];
    }
  }

  get #prefix(): string {
    return this.namespace === undefined || this.namespace === '' ? '' : `${this.namespace}:`;
  }

  #all(keys: readonly string[]): string[] {
    return keys.map((key) => this.#prefix + key);
  }
}
