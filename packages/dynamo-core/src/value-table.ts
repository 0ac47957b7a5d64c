import { readItem, onFirstUse } from './send.js';
import type { AttributeValue, CallOptions, Item } from './transport.js';
import { isShort } from './attributes.js';
import {
  type ComputeContext,
  type GetOrSetOptions,
  readOptionNames,
  writeOptionNames,
  type Entry,
  type ReadOptions,
  type WriteOptions,
  type ChangeOptions,
  changeOptionNames,
  type ValueKeys,
  type ValueStore,
  type PreparedValue,
} from './value-options.js';
import {
  checkedOptions,
  expirySeconds,
  type ExpiryOptions,
  callOptionNames,
  checkMethods,
  checkPositive,
  listOf,
  expiryMs,
  expiryOptionNames,
} from './input-checks.js';
import { locate, writeNow, writeValue, isAbsent, storedValue } from './write-value.js';
import type { Compute } from './get-or-set.js';
import type { CallerKey } from './errors.js';

const batching = /* @__PURE__ */ onFirstUse(() => import('./value-batches.js'));
const computing = /* @__PURE__ */ onFirstUse(() => import('./get-or-set.js'));
/** What few calls of a table need: changes, deletes, digests, sizes of large values. */
const seldom = /* @__PURE__ */ onFirstUse(() => import('./change-value.js'));

/**
 * Values by key, which `KeyValueTable` and `PartitionedKeyValueTable` are: in rows, with versions,
 * expiry and optimistic changes.
 */
export class ValueTable<Kind extends keyof ValueKeys<unknown>, V = unknown> {
  readonly #rows: ValueStore<ValueKeys<unknown>[Kind]>;

  constructor(rows: ValueStore<ValueKeys<unknown>[Kind]>) {
    checkMethods('codec', rows.codec, 'encode', 'decode');
    this.#rows = rows;
  }

  /**
   * The value of a key, or `undefined` when there is none. One GetItem: half a read unit for each
   * 4 KB, a whole one when consistent. Throws an `UnreadableRowError` for a row that the codec
   * cannot read.
   */
  async get<T extends V = V>(
    key: ValueKeys<T>[Kind],
    options?: ReadOptions,
  ): Promise<T | undefined> {
    return (await this.getEntry<T>(key, options))?.value;
  }

  /** Like `get`, with the version, for `setIfVersion`, and the expiry. */
  async getEntry<T extends V = V>(
    key: ValueKeys<T>[Kind],
    options?: ReadOptions,
  ): Promise<Entry<T> | undefined> {
    return (await readEntry(this.#rows, key, options)) as Entry<T> | undefined;
  }

  /**
   * The value, or what `compute` makes of it where there is none or it is not fresh any more: once for
   * all processes while the lease of that computation runs. The others wait for it, or get the stale
   * value for `staleSeconds` after `ttlSeconds`.
   *
   * One GetItem where the value is fresh; two UpdateItems more for who computes, the claim and the
   * store. Waiting sends a consistent GetItem after random pauses of up to four
   * seconds.
   *
   * - It is stored only while the claim is the own one and nobody has written or deleted the value
   *   since; the caller gets what it computed all the same.
   * - `undefined` is not stored. An error reaches its caller and frees the claim: another computes.
   * - A process that dies keeps the others waiting until its lease ends.
   * - A value that another method has stored is fresh until it expires.
   *
   * @example
   * ```ts
   * import { KeyValueTable } from '@x/dynamo-kv';
   *
   * const kv = new KeyValueTable({ tableName: 'my-keys' });
   * const rates = await kv.getOrSet('rates', async ({ signal }) => ({ eur: 1, late: signal.aborted }), {
   *   ttlSeconds: 60,
   *   staleSeconds: 300,
   * });
   * console.log(rates.eur);
   * ```
   */
  getOrSet<T extends V = V>(
    key: ValueKeys<T>[Kind],
    compute: (context: ComputeContext) => T | Promise<T>,
    options: GetOrSetOptions,
  ): Promise<T>;
  getOrSet<T extends V = V>(
    key: ValueKeys<T>[Kind],
    compute: (context: ComputeContext) => T | undefined | Promise<T | undefined>,
    options: GetOrSetOptions,
  ): Promise<T | undefined>;
  async getOrSet(key: never, compute: Compute, options: GetOrSetOptions): Promise<unknown> {
    const names = {
      ttlSeconds: true,
      staleSeconds: true,
      leaseMs: checkPositive,
      signal: true,
    } as const;
    const given = checkedOptions(options, names);
    const target = locate(this.#rows, key);
    return (await computing()).getOrSet(target, compute, given);
  }

  /**
   * Whether a key has a value; in a partitioned table, or a counter of its own. One Query that counts,
   * so that a large value is not sent; it costs what `get` costs.
   */
  async has(key: ValueKeys<unknown>[Kind], options?: ReadOptions): Promise<boolean> {
    const { consistent = false, signal } = checkedOptions(options, readOptionNames);
    const row = locate(this.#rows, key);
    const { isThere } = await seldom();
    return isThere(row, consistent, { signal });
  }

  /** The same as `has`. */
  async exists(key: ValueKeys<unknown>[Kind], options?: ReadOptions): Promise<boolean> {
    return this.has(key, options);
  }

  /**
   * Stores a value in place of what was there, with the expiry that is given or none. One UpdateItem: a
   * write unit for each KB of the row; two where the row held something else that has expired. A
   * repeat after a lost response changes nothing while fewer than eight other writes came between.
   *
   * Throws before sending: an `InvalidInputError` for what the codec cannot bring back, an
   * `ItemTooLargeError` over 400 KB. A counter of the same key stays, unless one of the two expires:
   * then, and when the key is a row of another namespace (the namespace `a` with the id `b.c`, and
   * `a.b` with `c`, are one key), a `KeyCollisionError` says so, and nothing is written.
   */
  async set<T extends V = V>(
    key: ValueKeys<T>[Kind],
    value: NoInfer<T>,
    options?: WriteOptions,
  ): Promise<void> {
    const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
    const { target, write } = await prepare(this.#rows, key, value, expiry);
    await writeValue(target, write, undefined, { signal });
  }

  /**
   * Stores a value if there is none (or only an expired one), and says whether it did. Otherwise as
   * `set`: exact after a lost response while fewer than eight other writes, and no `delete`, came
   * between.
   */
  async setIfNotExists<T extends V = V>(
    key: ValueKeys<T>[Kind],
    value: NoInfer<T>,
    options?: WriteOptions,
  ): Promise<boolean> {
    const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
    const { target, write } = await prepare(this.#rows, key, value, expiry);
    return (await writeValue(target, write, isAbsent, { signal })).isSet;
  }

  /**
   * Stores a value if the row is still of the version that `getEntry` returned. The expiry is kept
   * unless one is given. Answers with the new version, or with `undefined` when the value was changed
   * or deleted, or has expired. One UpdateItem; a consistent GetItem more for a row that the original
   * wrote, whose version is a digest of its data.
   */
  async setIfVersion<T extends V = V>(
    key: ValueKeys<T>[Kind],
    value: NoInfer<T>,
    version: string,
    options?: WriteOptions,
  ): Promise<string | undefined> {
    const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
    const prepared = await prepare(this.#rows, key, value, expiry);
    const { setIfVersion } = await seldom();
    return setIfVersion(prepared, version, { signal });
  }

  /**
   * Changes a value by a function of it, and answers with what is stored then. The function gets
   * `undefined` when there is none, may be called again after a concurrent change, and leaves the
   * value as it is by returning `undefined` (having changed it in place is an `InvalidInputError`).
   * The expiry is kept unless one is given.
   *
   * One consistent GetItem and one UpdateItem; no UpdateItem when nothing changes; more after
   * conflicts. A repeat after a lost response recognises itself while fewer than eight other writes,
   * and no `delete`, came between. Throws a `ConflictError` after `attemptsMax`.
   */
  update<T extends V = V>(
    key: ValueKeys<T>[Kind],
    change: (current: T | undefined) => T | Promise<T>,
    options?: ChangeOptions,
  ): Promise<T>;
  update<T extends V = V>(
    key: ValueKeys<T>[Kind],
    change: (current: T | undefined) => T | undefined | Promise<T | undefined>,
    options?: ChangeOptions,
  ): Promise<T | undefined>;
  async update(key: never, change: (current: never) => unknown, options?: ChangeOptions) {
    const given = checkedOptions(options, changeOptionNames);
    const target = locate(this.#rows, key);
    const { changeValue } = await seldom();
    return changeValue(target, change as (current: unknown) => unknown, given);
  }

  /**
   * Deletes a value and what its row remembers, and says whether there was one: an expired one is
   * none. One DeleteItem; a second request (UpdateItem) where a counter has the same key, which stays,
   * or where somebody computes the value (`getOrSet`), whose result is not stored then. Of several
   * callers at most one gets `true`; none may, where a response was lost and the SDK repeated the
   * request.
   */
  async delete(key: ValueKeys<unknown>[Kind], options?: CallOptions): Promise<boolean> {
    const { signal } = checkedOptions(options, callOptionNames);
    const row = locate(this.#rows, key);
    const { deleteValue } = await seldom();
    return deleteValue(row, { signal });
  }

  /**
   * Deletes the rows of many keys. One BatchWriteItem for each 25 distinct keys. As in `setMany`,
   * whole rows go: use `delete` where a counter has the same key.
   */
  async deleteMany(
    keys: readonly ValueKeys<unknown>[Kind][],
    options?: CallOptions,
  ): Promise<void> {
    const { signal } = checkedOptions(options, callOptionNames);
    const rows = listOf('keys', keys).map(this.#rows.address);
    const { deleteRows } = await batching();
    await deleteRows(rows, { ...this.#rows, signal });
  }

  /** The same as `deleteMany`. */
  async deleteBatch(
    keys: readonly ValueKeys<unknown>[Kind][],
    options?: CallOptions,
  ): Promise<void> {
    await this.deleteMany(keys, options);
  }
}

/** The value of a key with what is known about it, or `undefined`. */
export async function readEntry<K>(
  rows: ValueStore<K>,
  key: K,
  options?: ReadOptions,
): Promise<Entry<unknown> | undefined> {
  const { consistent = false, signal } = checkedOptions(options, readOptionNames);
  const row = locate(rows, key);
  const item = await readItem(row, consistent, { signal });
  return entryOf(rows, row.callerKey, item);
}

/** Encodes a value and refuses a row that would be too large. A promise where the codec gives one. */
export function prepare<K>(
  rows: ValueStore<K>,
  key: K,
  value: unknown,
  expiry: ExpiryOptions,
): PreparedValue | Promise<PreparedValue> {
  const target = locate(rows, key);
  // Before the value is encoded: a bad expiry is refused first.
  expirySeconds(expiry, target.clock);
  const take = (data: AttributeValue): PreparedValue | Promise<PreparedValue> => {
    const write = { data, version: rows.random.id(), expiry };
    const prepared = { target, write };
    return isShort(data) ? prepared : checkedSize(prepared);
  };
  const data = rows.codec.encode(value, target.callerKey);
  return 'then' in data ? data.then(take) : take(data);
}

async function checkedSize(prepared: PreparedValue): Promise<PreparedValue> {
  const { target, write } = prepared;
  const { checkRowSize } = await seldom();
  checkRowSize(target, writeNow(target, write));
  return prepared;
}

/** The value in a row that was read; `call` stands for all that is decoded together. */
export async function entryOf(
  rows: Omit<ValueStore<never>, 'address'>,
  key: CallerKey,
  item: Item | undefined,
  call?: object,
): Promise<Entry<unknown> | undefined> {
  const stored = storedValue(item, rows, rows.clock.now());
  if (stored === undefined) return undefined;
  const value = await rows.codec.decode(stored.data, key, call);
  // A row of the original has no version, but the digest of its data.
  const version =
    stored.version === undefined ? (await seldom()).versionToken(stored) : `id:${stored.version}`;
  return { value, version, expiresAtMs: expiryMs(stored.expiresAt) };
}

/** The values of many keys, aligned with them; `undefined` for absent ones. */
export async function readMany<K>(
  rows: ValueStore<K>,
  keys: readonly K[],
  options?: ReadOptions,
): Promise<(Entry<unknown> | undefined)[]> {
  const given = checkedOptions(options, readOptionNames);
  const asked = listOf('keys', keys).map((key) => locate(rows, key));
  const { readRows } = await batching();
  return readRows(rows, asked, given);
}

/**
 * Stores many values, each as a row of its own that replaces what was there. The expiry of an entry
 * goes before that of the call.
 */
export async function writeMany<K>(
  rows: ValueStore<K>,
  entries: readonly (readonly [key: K, value: unknown, expiry?: ExpiryOptions])[],
  options?: WriteOptions,
): Promise<void> {
  const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
  // Kept until it is sent is what was encoded: the caller may change the values, and a bad one is
  // refused before anything is sent.
  const values = await Promise.all(
    entries.map(async ([key, value, end]) => {
      const own = checkedOptions(end, expiryOptionNames);
      return prepare(rows, key, value, Object.keys(own).length > 0 ? own : expiry);
    }),
  );
  const { writeRows } = await batching();
  await writeRows(rows, values, { signal });
}
