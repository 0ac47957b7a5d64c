import {
  InvalidInputError,
  jsonCodec,
  type CallOptions,
  type CompoundKey,
  type Entry,
  type PartitionedTable,
  type ReadOptions,
  type WriteOptions,
} from '@x/dynamo-core';
import {
  listOf,
  checkedOptions,
  checkToken,
  iterationOf,
  onFirstUse,
  partitionedRows,
  partitionedRowsOptionNames,
  readOptionNames,
  ValueStore,
  type ChangeOptions,
  type ClearProgress,
  type ComputeContext,
  type GetOrSetOptions,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import {
  clearOptions,
  entriesOptions,
  idsOptions,
  rangeOptions,
  type BatchItem,
  type ChangeOf,
  type ClearOptions,
  type EntriesOptions,
  type PartitionEntry,
  type PartitionedKeyValueTableOptions,
  type RangeOptions,
  type KeyOf,
  type RawRow,
  type IdsOptions,
} from './options.js';
import { valueAttributes, type TableParts } from './parts.js';
import * as sets from './sets.js';
import { copyOf, idsOf } from './copied-writes.js';
import type { TransactionWrite, TransactOptions } from './transaction.js';

const clearing = /* @__PURE__ */ onFirstUse(() => import('./clearing.js'));
const listing = /* @__PURE__ */ onFirstUse(() => import('./listing.js'));
const transacting = /* @__PURE__ */ onFirstUse(() => import('./transact.js'));

/**
 * Values and sets by partition (a user, an account) and sort key: for what is read together.
 *
 * Reads are eventually consistent unless asked otherwise; changes of sets never are. An expired
 * value counts as absent. A write of a value recognises its repeat after a lost response while fewer
 * than eight others of the row came between; a repeated `delete` or batch acts anew. Bad input is an
 * `InvalidInputError` before anything is sent, a row that would pass 400 KB an `ItemTooLargeError`, a
 * value beside a counter that expires a `KeyCollisionError`, a row that the codec cannot read an
 * `UnreadableRowError`. Errors of the SDK pass through.
 *
 * @example
 * ```ts
 * const table = new PartitionedKeyValueTable({ dynamo: client });
 * const tags: CompoundKey<string, string[]> = { partition: 'u1', namespace: 'profile', sort: 'tags' };
 * await table.addToSet(tags, ['javascript', 'typescript']);
 * for await (const { key, value } of table.entries('u1', { namespace: 'profile' })) {
 *   console.log(key.sort, value); // tags [ 'javascript', 'typescript' ]
 * }
 * ```
 */
export class PartitionedKeyValueTable implements PartitionedTable {
  /** Where the rows are, for the primitives that keep rows of their own in the same table. */
  readonly rows: PartitionedHandle;
  readonly #parts: TableParts;

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: PartitionedKeyValueTableOptions) {
    checkHooks(this);
    const optionNames = { ...partitionedRowsOptionNames, codec: true } as const;
    const given = checkedOptions(options, optionNames);
    const { codec = jsonCodec } = given;
    const rows = partitionedRows(given);
    const names = valueAttributes(rows.mappings);
    const values = new ValueStore<CompoundKey>({ ...rows, names, codec });
    this.rows = rows;
    this.#parts = { rows, codec, values };
  }

  /**
   * The value of a key, or `undefined`. One GetItem: half a read unit for each 4 KB, a whole one
   * when consistent.
   */
  async get<V>(key: KeyOf<V>, options?: ReadOptions): Promise<V | undefined> {
    return (await this.#parts.values.get(key, options)) as V | undefined;
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
   * import { PartitionedKeyValueTable } from '@x/dynamo-partitioned';
   *
   * const table = new PartitionedKeyValueTable({ tableName: 'my-partitioned-keys' });
   * const key = { partition: 'shop-1', namespace: 'cache', sort: 'rates' };
   * const rates = await table.getOrSet(key, async ({ signal }) => ({ eur: 1, late: signal.aborted }), {
   *   ttlSeconds: 60,
   *   staleSeconds: 300,
   * });
   * console.log(rates?.eur);
   * ```
   */
  async getOrSet<V>(
    key: KeyOf<V>,
    compute: (context: ComputeContext) => V | undefined | Promise<V | undefined>,
    options: GetOrSetOptions,
  ): Promise<V | undefined> {
    return (await this.#parts.values.getOrSet(key, compute, options)) as V | undefined;
  }

  /** Like `get`, with the version, for `setIfVersion`, and the expiry. */
  async getEntry<V>(key: KeyOf<V>, options?: ReadOptions): Promise<Entry<V> | undefined> {
    return (await this.#parts.values.getEntry(key, options)) as Entry<V> | undefined;
  }

  /**
   * The values of many keys, aligned with them; `undefined` for absent ones. One BatchGetItem for
   * each 100 distinct keys, none for no keys. Throws a `BatchIncompleteError` when DynamoDB keeps
   * leaving some out.
   */
  async getMany<const T extends readonly unknown[]>(
    keys: { readonly [I in keyof T]: KeyOf<T[I]> },
    options?: ReadOptions,
  ): Promise<{ -readonly [I in keyof T]: T[I] | undefined }> {
    const entries = await this.#parts.values.getMany(keys, options);
    return entries.map((entry) => entry?.value) as { -readonly [I in keyof T]: T[I] | undefined };
  }

  /** Like `getMany`, but absent keys are left out, as the `getBatch` of `KeyValueTable` does. */
  async getBatch<const T extends readonly unknown[]>(
    keys: { readonly [I in keyof T]: KeyOf<T[I]> },
    options?: ReadOptions,
  ): Promise<T[number][]> {
    const entries = await this.#parts.values.getMany(keys, options);
    return entries.flatMap((entry) => (entry === undefined ? [] : [entry.value as T[number]]));
  }

  /**
   * Whether a key has a value, or a counter of its own. One Query that counts, so that a large
   * value is not sent; it costs what `get` costs.
   */
  async exists(key: CompoundKey, options?: ReadOptions): Promise<boolean> {
    return this.#hasRow(key, options);
  }

  /** The same as `exists`, as `KeyValueTable` calls it. */
  async has(key: CompoundKey, options?: ReadOptions): Promise<boolean> {
    return this.#hasRow(key, options);
  }

  /**
   * Stores a value in place of what was there, with the expiry that is given or none. One UpdateItem: a
   * write unit for each KB of the row. A counter of the same key stays.
   */
  async set<V>(key: KeyOf<V>, data: NoInfer<V>, options?: WriteOptions): Promise<void> {
    await this.#parts.values.set(key, data, options);
  }

  /**
   * Stores many values; of several for one key the last one wins. `ttlSeconds` or `expiresAtMs` of an
   * item goes before that of the call. One BatchWriteItem for each 25 keys, none for no items; not a
   * transaction. Each row is replaced whole, and a counter of the same key is lost. Throws a
   * `BatchIncompleteError` when DynamoDB keeps leaving some out.
   */
  async setMany<const T extends readonly unknown[]>(
    items: { readonly [I in keyof T]: BatchItem<T[I]> },
    options?: WriteOptions,
  ): Promise<void> {
    const all: readonly BatchItem<unknown>[] = items;
    const entries = listOf('items', all).map((item) => {
      const { key, data, ...expiry } = Object(item) as BatchItem<unknown>;
      return [key, data, expiry] as const;
    });
    await this.#parts.values.setMany(entries, options);
  }

  /** The same as `setMany`. */
  async setBatch<const T extends readonly unknown[]>(
    items: { readonly [I in keyof T]: BatchItem<T[I]> },
    options?: WriteOptions,
  ): Promise<void> {
    await this.setMany(items, options);
  }

  /**
   * Stores a value if there is none (or only an expired one), and says whether it did. Exact when a
   * response was lost, also if up to seven other writes followed. One UpdateItem.
   */
  async setIfNotExists<V>(
    key: KeyOf<V>,
    data: NoInfer<V>,
    options?: WriteOptions,
  ): Promise<boolean> {
    return this.#parts.values.setIfAbsent(key, data, options);
  }

  /**
   * Stores a value if the row is still of the version that `getEntry` returned, and keeps its expiry
   * unless one is given. Answers with the new version, or with `undefined` when it was changed or
   * deleted, or has expired. One UpdateItem; a GetItem before it for a row of the original.
   */
  async setIfVersion<V>(
    key: KeyOf<V>,
    data: NoInfer<V>,
    version: string,
    options?: WriteOptions,
  ): Promise<string | undefined> {
    return this.#parts.values.setIfVersion(key, data, version, options);
  }

  /**
   * Changes a value by a function of it, and answers with what is stored then. The function gets
   * `undefined` when there is none, may be called again after a concurrent change, and leaves the
   * value as it is by returning `undefined`. The expiry is kept unless one is given.
   *
   * One consistent GetItem and one UpdateItem; no UpdateItem when nothing changes; more after
   * conflicts. Throws a `ConflictError`, which counts them, after `attemptsMax` attempts.
   */
  async update<V>(
    key: KeyOf<V>,
    change: ChangeOf<V>,
    options?: ChangeOptions,
  ): Promise<V | undefined> {
    const untyped = change as (current: unknown) => unknown;
    return (await this.#parts.values.update(key, untyped, options)) as V | undefined;
  }

  /**
   * Deletes a value, and says whether there was one: an expired one is none. One DeleteItem; an
   * UpdateItem more where a counter stays at the key, or where somebody computes the value (`getOrSet`), whose
   * result is not stored then. Of several callers at most one gets `true`; none
   * may, where a response was lost and the SDK repeated the request.
   */
  async delete(key: CompoundKey, options?: CallOptions): Promise<boolean> {
    return this.#parts.values.delete(key, options);
  }

  /** Deletes the whole rows of many keys. One BatchWriteItem for each 25 distinct ones. */
  async deleteMany(keys: readonly CompoundKey[], options?: CallOptions): Promise<void> {
    await this.#parts.values.deleteMany(keys, options);
  }

  /** The same as `deleteMany`. */
  async deleteBatch(keys: readonly CompoundKey[], options?: CallOptions): Promise<void> {
    await this.#parts.values.deleteMany(keys, options);
  }

  /**
   * Deletes all rows that a partition had when it was called, of each kind: limits and do-once
   * keep theirs in the same partitions, unless a `namespace` is given (`a` takes `a.b` too). Rows that
   * are added meanwhile may stay. One consistent Query for each MB of rows, one BatchWriteItem for each 25
   * keys, four at a time. After an error or an abort some rows are deleted: call it again.
   */
  async clear(partition: string, options?: ClearOptions): Promise<ClearProgress> {
    const given = clearOptions(options);
    const { clearPartition } = await clearing();
    return clearPartition(this.rows, partition, given);
  }

  /**
   * All rows of a partition as stored texts, in the order of their keys, an array for each page
   * that is not empty. A value that is not stored as text comes as the JSON of what the codec reads;
   * rows that hold neither a value nor a count (attempts, claims) are left out.
   * One Query for each MB, sent when the page before was taken.
   */
  listAll(partition: string, options?: ReadOptions): AsyncGenerator<RawRow[], void> {
    const given = checkedOptions(options, readOptionNames);
    return iterationOf(async () => (await listing()).listRaw(this.#parts, partition, given));
  }

  /**
   * The values of a partition, or of a part of it, in the order of their keys. One Query for each
   * MB that is read, sent when the entries before were taken. With a `limit`, no more rows are read
   * for a request than that.
   */
  entries<V>(partition: string, options?: EntriesOptions): AsyncGenerator<PartitionEntry<V>, void> {
    const given = entriesOptions(options);
    return iterationOf(async () => (await listing()).listEntries<V>(this.#parts, partition, given));
  }

  /**
   * The keys of the values of a partition, of a namespace of it or with a prefix, in their order: each
   * one is a key for `get`. Costs as `entries`, but values are not sent.
   */
  ids(partition: string, options?: IdsOptions): AsyncGenerator<CompoundKey, void> {
    const given = idsOptions(options);
    return iterationOf(async () => (await listing()).listIds(this.#parts, partition, given));
  }

  /** How many values `entries` would list. It costs the same, but they are not sent. */
  async count(partition: string, options?: RangeOptions): Promise<number> {
    const given = rangeOptions(options);
    const { countEntries } = await listing();
    return countEntries(this.#parts, partition, given);
  }

  /**
   * Adds elements to a set, each once, and says whether any was new. Two requests as `update`; one
   * when all are there, which writes nothing and keeps the expiry.
   *
   * No element is ever lost or comes back by a race. When the response is lost and the row then
   * changes hands (eight other writes, a `delete`), the answer may be `false`.
   */
  async addToSet<E>(...args: sets.SetArguments<E>): Promise<boolean> {
    return sets.add(this.#parts, ...args);
  }

  /** Removes elements from a set, and says whether any was there. Requests as `addToSet`. */
  async removeFromSet<E>(...args: sets.SetArguments<E>): Promise<boolean> {
    return sets.remove(this.#parts, ...args);
  }

  /** Removes the elements for which `predicate` is true. Otherwise as `removeFromSet`. */
  async removeFromSetByKey<E>(...args: sets.WhereArguments<E>): Promise<boolean> {
    return sets.removeWhere(this.#parts, ...args);
  }

  /**
   * Replaces the elements for which `predicate` is true (by default those that equal `data`) by
   * `data`, at the end of the set. Adds it when there are none; `false` when there is no set at all.
   */
  async updateInSet<E>(...args: sets.ReplaceArguments<E>): Promise<boolean> {
    return sets.replace(this.#parts, ...args);
  }

  /** Whether an element is in a set. One GetItem. */
  async existsInSet<E>(...args: sets.ElementArguments<E>): Promise<boolean> {
    return sets.has(this.#parts, ...args);
  }

  /**
   * Applies 1 to 100 writes made by `put`, `remove` and `check`, each of another key, all or none.
   * One TransactWriteItems, two write units for each KB; repeated when it only met another one.
   * When a condition fails, the SDK's `TransactionCanceledException` passes through:
   * `transactionCanceled` reads it. With a `token`, a repeat of the caller's own is recognised too,
   * and another list under it is a `TokenReusedError`; a list without puts then writes one more row.
   */
  async transact(writes: readonly TransactionWrite[], options?: TransactOptions): Promise<void> {
    const { token, signal } = checkedOptions(options, { token: true, signal: true });
    if (token !== undefined) checkToken(token);
    const given = listOf('writes', writes);
    // The ids come last: what cannot be stored is refused by its key.
    const [copies, ids, { transact }] = await Promise.all([
      Promise.all(given.map((write) => copyOf(this.#parts, write))),
      idsOf(this.#parts, token, given),
      transacting(),
    ]);
    await transact(this.#parts, copies, ids, { token, signal });
  }

  async #hasRow(key: CompoundKey, options: ReadOptions | undefined): Promise<boolean> {
    const given = checkedOptions(options, readOptionNames);
    const row = this.rows.address(key);
    const { hasRow } = await listing();
    return hasRow(this.rows, row, given);
  }
}

/** The original's subclasses name their attributes and keys by methods that nothing here calls. */
function checkHooks(table: object): void {
  for (const hook of ['mappings', 'sortKey', 'partitionKey']) {
    if (!(hook in table)) continue;
    const allowed = "left out: pass the names of attributes as the constructor's option `mappings`";
    throw new InvalidInputError(`the method ${hook}()`, 'of a subclass', allowed);
  }
}
