import {
  InvalidInputError,
  jsonCodec,
  type CompoundKey,
  type PartitionedTable,
  type ReadOptions,
  type WriteOptions,
} from '@x/dynamo-core';
import {
  listOf,
  checkedOptions,
  checkFunction,
  checkString,
  checkToken,
  iterationOf,
  onFirstUse,
  partitionedRows,
  partitionedRowsOptionNames,
  readMany,
  readOptionNames,
  ValueTable,
  writeMany,
  type ClearProgress,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import {
  entriesOptions,
  idsOptionNames,
  rangeOptions,
  type BatchItem,
  type ClearOptions,
  type EntriesOptions,
  type PartitionEntry,
  type PartitionedKeyValueTableOptions,
  type RangeOptions,
  type KeyOf,
  type RawRow,
  type IdsOptions,
} from './options.js';
import type { TableRows } from './requests.js';
import {
  callSet,
  elementsOf,
  type ElementArguments,
  type ReplaceArguments,
  type SetArguments,
  type WhereArguments,
} from './sets.js';
import { copyOf, idsOf } from './copied-writes.js';
import type { TransactionWrite, TransactOptions } from './transaction.js';

const clearing = /* @__PURE__ */ onFirstUse(() => import('./listing.js'));
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
export class PartitionedKeyValueTable extends ValueTable<'compound'> implements PartitionedTable {
  /** Where the rows are, for the primitives that keep rows of their own in the same table. */
  readonly rows: PartitionedHandle;
  readonly #rows: TableRows;

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: PartitionedKeyValueTableOptions) {
    const optionNames = { ...partitionedRowsOptionNames, codec: true } as const;
    const { codec = jsonCodec, ...given } = checkedOptions(options, optionNames);
    const handle = partitionedRows(given);
    const { dataFieldName: data, md5: version, ttlFieldName: expiresAt } = handle.mappings;
    const rows = { ...handle, codec, names: { data, version, expiresAt }, hasCounts: true };
    super(rows);
    checkHooks(this);
    this.rows = handle;
    this.#rows = rows;
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
    const entries = await readMany(this.#rows, keys, options);
    return entries.map((entry) => entry?.value) as { -readonly [I in keyof T]: T[I] | undefined };
  }

  /** Like `getMany`, but absent keys are left out, as the `getBatch` of `KeyValueTable` does. */
  async getBatch<const T extends readonly unknown[]>(
    keys: { readonly [I in keyof T]: KeyOf<T[I]> },
    options?: ReadOptions,
  ): Promise<T[number][]> {
    return (await this.getMany<T>(keys, options)).filter((value) => value !== undefined);
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
    await writeMany(this.#rows, entries, options);
  }

  /** The same as `setMany`. */
  async setBatch<const T extends readonly unknown[]>(
    items: { readonly [I in keyof T]: BatchItem<T[I]> },
    options?: WriteOptions,
  ): Promise<void> {
    await this.setMany(items, options);
  }

  /**
   * Deletes all rows that a partition had when it was called, of each kind: limits and do-once
   * keep theirs in the same partitions, unless a `namespace` is given (`a` takes `a.b` too). Rows that
   * are added meanwhile may stay. One consistent Query for each MB of rows, one BatchWriteItem for each 25
   * keys, four at a time. After an error or an abort some rows are deleted: call it again.
   */
  async clear(partition: string, options?: ClearOptions): Promise<ClearProgress> {
    const names = { namespace: checkString, onProgress: 'function', signal: true } as const;
    const given = checkedOptions(options, names);
    const { clearPartition } = await clearing();
    return clearPartition(this.#rows, partition, given);
  }

  /**
   * All rows of a partition as stored texts, in the order of their keys, an array for each page
   * that is not empty. A value that is not stored as text comes as the JSON of what the codec reads;
   * rows that hold neither a value nor a count (attempts, claims) are left out.
   * One Query for each MB, sent when the page before was taken.
   */
  listAll(partition: string, options?: ReadOptions): AsyncGenerator<RawRow[], void> {
    const given = checkedOptions(options, readOptionNames);
    return iterationOf(async () => (await listing()).listRaw(this.#rows, partition, given));
  }

  /**
   * The values of a partition, or of a part of it, in the order of their keys. One Query for each
   * MB that is read, sent when the entries before were taken. With a `limit`, no more rows are read
   * for a request than that.
   */
  entries<V>(partition: string, options?: EntriesOptions): AsyncGenerator<PartitionEntry<V>, void> {
    const given = entriesOptions(options);
    return iterationOf(async () => (await listing()).listEntries<V>(this.#rows, partition, given));
  }

  /**
   * The keys of the values of a partition, of a namespace of it or with a prefix, in their order: each
   * one is a key for `get`. Costs as `entries`, but values are not sent.
   */
  ids(partition: string, options?: IdsOptions): AsyncGenerator<CompoundKey, void> {
    const given = checkedOptions(options, idsOptionNames);
    return iterationOf(async () => (await listing()).listIds(this.#rows, partition, given));
  }

  /** How many values `entries` would list. It costs the same, but they are not sent. */
  async count(partition: string, options?: RangeOptions): Promise<number> {
    const given = rangeOptions(options);
    const { countEntries } = await listing();
    return countEntries(this.#rows, partition, given);
  }

  /**
   * Adds elements to a set, each once, and says whether any was new. Two requests as `update`; one
   * when all are there, which writes nothing and keeps the expiry.
   *
   * No element is ever lost or comes back by a race. When the response is lost and the row then
   * changes hands (eight other writes, a `delete`), the answer may be `false`.
   */
  async addToSet<E>(...[key, data, equality, options]: SetArguments<E>): Promise<boolean> {
    return callSet(this.#rows, 'add', { key, elements: elementsOf(data), equality, options });
  }

  /** Removes elements from a set, and says whether any was there. Requests as `addToSet`. */
  async removeFromSet<E>(...[key, data, equality, options]: SetArguments<E>): Promise<boolean> {
    return callSet(this.#rows, 'remove', { key, elements: elementsOf(data), equality, options });
  }

  /** Removes the elements for which `predicate` is true. Otherwise as `removeFromSet`. */
  async removeFromSetByKey<E>(...[key, predicate, options]: WhereArguments<E>): Promise<boolean> {
    checkFunction('predicate', predicate);
    return callSet(this.#rows, 'removeWhere', { key, predicate, options });
  }

  /**
   * Replaces the elements for which `predicate` is true, and those that equal `data`, by `data`, at the
   * end of the set. Adds it when there are none; `false` when there is no set at all.
   */
  async updateInSet<E>(...[key, data, predicate, options]: ReplaceArguments<E>): Promise<boolean> {
    return callSet(this.#rows, 'replace', { key, elements: [data], predicate, options });
  }

  /** Whether an element is in a set. One GetItem. */
  async existsInSet<E>(...[key, data, equality, options]: ElementArguments<E>): Promise<boolean> {
    return callSet(this.#rows, 'has', { key, elements: [data], equality, options });
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
      Promise.all(given.map((write) => copyOf(this.#rows, write))),
      idsOf(this.#rows, token, given),
      transacting(),
    ]);
    await transact(this.#rows, copies, ids, { token, signal });
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
