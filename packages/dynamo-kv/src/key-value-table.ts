import {
  InvalidInputError,
  jsonCodec,
  keysTable,
  type CallOptions,
  type Codec,
  type Entry,
  type ExpiryOptions,
  type ReadOptions,
  type WriteOptions,
} from '@x/dynamo-core';
import {
  checkedOptions,
  checkNamespace,
  connect,
  connectionOptionNames,
  keyAddress,
  iterationOf,
  onFirstUse,
  listOf,
  keyRowMappings,
  resolveMappings,
  ValueStore,
  type BatchOptions,
  type ChangeOptions,
  type ClearProgress,
  type ComputeContext,
  type GetOrSetOptions,
} from '@x/dynamo-core/mechanism';

import {
  clearOptions,
  idsOptions,
  listOptions,
  streamOptions,
  namespaceName,
  tableOptionNames,
  type BatchEntry,
  type ClearOptions,
  type IdsOptions,
  type KeyValueList,
  type KeyValueTableOptions,
  type ListOptions,
  type StreamOptions,
} from './options.js';
import type { ScannerSetup } from './scanner.js';

const keys = /* @__PURE__ */ onFirstUse(() => import('./keys.js'));
const listing = /* @__PURE__ */ onFirstUse(() => import('./listing.js'));
const streaming = /* @__PURE__ */ onFirstUse(() => import('./streaming.js'));

/**
 * Values by id, in one table for many namespaces: for de-duplication, flags and settings, caches,
 * small documents. What belongs to a user or an account and is read together belongs in a
 * partitioned table instead: this one can only be listed by a scan.
 *
 * Reads are eventually consistent unless asked otherwise. An expired value counts as absent. All
 * writes are safe when the SDK repeats them after a lost response.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { dynamoTableName, KeyValueTable } from '@x/dynamo-kv';
 *
 * const kv = new KeyValueTable({
 *   dynamo: new DynamoDBClient(),
 *   namespace: 'events',
 *   tableName: dynamoTableName('keys'),
 * });
 * await kv.set('user-123', { action: 'login' });
 * const event = await kv.get<{ action: string }>('user-123');
 * ```
 */
export class KeyValueTable<V = unknown> {
  readonly #rows: ValueStore<string>;
  readonly #scans: ScannerSetup & BatchOptions;

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: KeyValueTableOptions<V>) {
    const names = { ...connectionOptionNames, ...tableOptionNames };
    const given = checkedOptions(options, names);
    const { namespace = 'global', codec = jsonCodec as Codec<V> } = given;
    checkNamespace(namespace);
    const connection = connect(given, keysTable.name);
    const mappings = resolveMappings(keyRowMappings, given.mappings);
    const { partitionKeyFieldName, dataFieldName: data, md5: version, ttlFieldName } = mappings;
    const rows = new ValueStore<string>({
      ...connection,
      names: { data, version, expiresAt: ttlFieldName },
      codec,
      owner: { name: namespaceName, value: namespace },
      address: (id) => keyAddress(namespace, id, partitionKeyFieldName),
    });
    this.#rows = rows;
    this.#scans = {
      ...connection,
      mappings,
      namespace,
      valueOf: async (id, item, call) => (await rows.entryOf(id, item, call))?.value,
    };
  }

  /**
   * The value of an id, or `undefined` when there is none. One GetItem: half a read unit for each
   * 4 KB, a whole one when consistent. Throws an `UnreadableRowError` for a row that the codec
   * cannot read.
   */
  async get<T extends V = V>(id: string, options?: ReadOptions): Promise<T | undefined> {
    return (await this.#rows.get(id, options)) as T | undefined;
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
   * console.log(rates?.eur);
   * ```
   */
  async getOrSet<T extends V = V>(
    id: string,
    compute: (context: ComputeContext) => T | undefined | Promise<T | undefined>,
    options: GetOrSetOptions,
  ): Promise<T | undefined> {
    return (await this.#rows.getOrSet(id, compute, options)) as T | undefined;
  }

  /** Like `get`, with the version, for `setIfVersion`, and the expiry. */
  async getEntry<T extends V = V>(
    id: string,
    options?: ReadOptions,
  ): Promise<Entry<T> | undefined> {
    return (await this.#rows.getEntry(id, options)) as Entry<T> | undefined;
  }

  /**
   * Whether an id has a value. One Query that counts, so that a large value is not sent; it costs
   * what `get` costs.
   */
  async has(id: string, options?: ReadOptions): Promise<boolean> {
    return this.#rows.has(id, options);
  }

  /** The same as `has`, as partitioned tables call it. */
  async exists(id: string, options?: ReadOptions): Promise<boolean> {
    return this.#rows.has(id, options);
  }

  /**
   * The values of many ids, aligned with them; `undefined` for absent ones. One BatchGetItem for each
   * 100 distinct ids, none for no ids. Throws a `BatchIncompleteError` when DynamoDB keeps leaving
   * some out.
   */
  async getMany<T extends V = V>(
    ids: readonly string[],
    options?: ReadOptions,
  ): Promise<(T | undefined)[]> {
    const entries = await this.#rows.getMany(ids, options);
    return entries.map((entry) => entry?.value as T | undefined);
  }

  /** Like `getMany`, but absent ids are left out. */
  async getBatch<T extends V = V>(ids: readonly string[], options?: ReadOptions): Promise<T[]> {
    const entries = await this.#rows.getMany(ids, options);
    return entries.flatMap((entry) => (entry === undefined ? [] : [entry.value as T]));
  }

  /**
   * Stores a value in place of what was there, with the expiry that is given or none. One UpdateItem: a
   * write unit for each KB of the row; two where the row held something else that has expired. A
   * repeat after a lost response changes nothing while fewer than eight other writes came between.
   *
   * Throws before sending: an `InvalidInputError` for what the codec cannot bring back, an
   * `ItemTooLargeError` over 400 KB. A counter of the same id stays, unless one of the two expires:
   * then, and when the key is a row of another namespace (`a` + `b.c` and `a.b` + `c` are one key),
   * a `KeyCollisionError` says so, and nothing is written.
   */
  async set<T extends V = V>(id: string, value: T, options?: WriteOptions): Promise<void> {
    await this.#rows.set(id, value, options);
  }

  /**
   * Stores many values: `[id, value]`, or `[id, value, { ttlSeconds }]` for an expiry that goes before
   * that of the call; an id alone is stored as its own value. Of several for one id the last one wins.
   * One BatchWriteItem for each 25 ids, none for no entries; not a transaction.
   *
   * A batch cannot carry conditions, so that each row is replaced whole: a counter of the same id,
   * or a row of another namespace with the same key, is lost, and what the row remembered is
   * forgotten. Use `set` where that can be.
   */
  async setMany<T extends V = V>(
    entries: readonly BatchEntry<V, T>[],
    options?: WriteOptions,
  ): Promise<void> {
    const all: readonly (string | readonly [string, unknown, ExpiryOptions?])[] = entries;
    const rows = listOf('entries', all).map((entry) => {
      if (typeof entry === 'string') return [entry, entry] as const;
      checkEntry(entry);
      return entry;
    });
    await this.#rows.setMany(rows, options);
  }

  /** The same as `setMany`. */
  async setBatch<T extends V = V>(
    entries: readonly BatchEntry<V, T>[],
    options?: WriteOptions,
  ): Promise<void> {
    await this.setMany(entries, options);
  }

  /**
   * Stores a value if there is none (or only an expired one), and says whether it did. Otherwise as
   * `set`: exact after a lost response while fewer than eight other writes, and no `delete`, came
   * between.
   */
  async setIfNotExists<T extends V = V>(
    id: string,
    value: T,
    options?: WriteOptions,
  ): Promise<boolean> {
    return this.#rows.setIfAbsent(id, value, options);
  }

  /**
   * Stores a value if the row is still of the version that `getEntry` returned. The expiry is kept
   * unless one is given. Answers with the new version, or with `undefined` when the value was changed
   * or deleted, or has expired. One UpdateItem; a consistent GetItem more for a row that the original
   * wrote, whose version is a digest of its data.
   */
  async setIfVersion<T extends V = V>(
    id: string,
    value: T,
    version: string,
    options?: WriteOptions,
  ): Promise<string | undefined> {
    return this.#rows.setIfVersion(id, value, version, options);
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
  async update<T extends V = V>(
    id: string,
    change: (current: T | undefined) => T | undefined | Promise<T | undefined>,
    options?: ChangeOptions,
  ): Promise<T | undefined> {
    const untyped = change as (current: unknown) => unknown;
    return (await this.#rows.update(id, untyped, options)) as T | undefined;
  }

  /**
   * Deletes a value and what its row remembers, and says whether there was one: an expired one is
   * none. One DeleteItem; a second request (UpdateItem) where a counter has the same id, which stays, or
   * where somebody computes the value (`getOrSet`), whose result is not stored then. Of several callers at most one gets `true`; none may, where a response was lost and the SDK
   * repeated the request.
   */
  async delete(id: string, options?: CallOptions): Promise<boolean> {
    return this.#rows.delete(id, options);
  }

  /**
   * Deletes the rows of many ids. One BatchWriteItem for each 25 distinct ids. As in `setMany`,
   * whole rows go: use `delete` where a counter has the same id.
   */
  async deleteMany(ids: readonly string[], options?: CallOptions): Promise<void> {
    await this.#rows.deleteMany(ids, options);
  }

  /** The same as `deleteMany`. */
  async deleteBatch(ids: readonly string[], options?: CallOptions): Promise<void> {
    await this.#rows.deleteMany(ids, options);
  }

  /**
   * Deletes all values that the namespace had when it was called, expired and unreadable ones too, and
   * says how many rows. As in `deleteMany`, whole rows go. The namespace `a.b` stays when `a` is
   * cleared; rows of the original do not say whose they are, and go with each namespace that their key
   * begins with.
   *
   * Scans, which bill every row of the table, and one BatchWriteItem for each 25 ids, four at a time.
   * After an error or an abort some rows are deleted: call it again.
   */
  async clear(options?: ClearOptions): Promise<ClearProgress> {
    const given = clearOptions(options);
    const { clearNamespace } = await keys();
    return clearNamespace(this.#scans, given);
  }

  /**
   * The ids of the namespace, or those with a prefix, in no particular order, without their values.
   * Scans, each sent when the ids before were taken: DynamoDB bills every row that is read, as for
   * `listAll`, but sends keys alone.
   */
  ids(options?: IdsOptions): AsyncGenerator<string, void, undefined> {
    const given = idsOptions(options);
    return iterationOf(async () => {
      const { listIds } = await keys();
      return listIds(this.#scans, given);
    });
  }

  /**
   * One page of the namespace: `[id, value]` pairs in no particular order. A page holds `limit`
   * items unless it is the last one.
   *
   * Sends Scans until the page is full. DynamoDB bills every row that is read, of all namespaces in
   * the table: this is for small tables, tools and repairs.
   */
  async listAll<K extends string = string, T extends V = V>(
    options?: ListOptions,
  ): Promise<KeyValueList<[K, T]>> {
    const given = listOptions(options);
    const { listPage } = await listing();
    return (await listPage(this.#scans, given)) as KeyValueList<[K, T]>;
  }

  /**
   * All items of the namespace as they are found, `perPage` rows read per request. One Scan after
   * the other and segment, each sent only when the page before was taken; leaving the loop early
   * aborts what is under way. Costs as `listAll`.
   */
  streamAll<T extends V = V>(
    perPage: number,
    options?: StreamOptions,
  ): AsyncGenerator<[string, T], void, undefined> {
    const given = streamOptions(options);
    return iterationOf(async () => {
      const { streamItems } = await streaming();
      return streamItems(this.#scans, perPage, given) as AsyncIterable<[string, T]>;
    });
  }
}

function checkEntry(entry: unknown): void {
  if (!Array.isArray(entry)) {
    throw new InvalidInputError('an entry', entry, 'a list: [id, value, expiry?]', {
      isData: true,
    });
  }
}
