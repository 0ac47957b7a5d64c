import {
  InvalidInputError,
  jsonCodec,
  keysTable,
  type Codec,
  type ExpiryOptions,
  type ReadOptions,
  type WriteOptions,
} from '@x/dynamo-core';
import {
  checkedOptions,
  checkString,
  within,
  connect,
  connectionOptionNames,
  iterationOf,
  keyAddress,
  keyRowMappings,
  listOf,
  onFirstUse,
  readMany,
  resolveMappings,
  ValueTable,
  writeMany,
  type ClearProgress,
} from '@x/dynamo-core/mechanism';

import {
  namespaceName,
  scanOptionNames,
  type BatchEntry,
  type ClearOptions,
  type IdsOptions,
  type KeyValueList,
  type KeyValueTableOptions,
  type ListOptions,
  type StreamOptions,
} from './options.js';
import type { NamespaceRows } from './requests.js';

const listing = /* @__PURE__ */ onFirstUse(() => import('./listing.js'));

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
export class KeyValueTable<V = unknown> extends ValueTable<'id', V> {
  readonly #rows: NamespaceRows;

  /** Checks the options and sends nothing. Throws an `InvalidInputError` for a bad one. */
  constructor(options?: KeyValueTableOptions<V>) {
    const names = {
      ...connectionOptionNames,
      namespace: checkString,
      codec: true,
      mappings: true,
    } as const;
    const given = checkedOptions(options, names);
    const { namespace = 'global', codec = jsonCodec as Codec<V> } = given;
    const connection = connect(given, keysTable.name);
    const mappings = resolveMappings(keyRowMappings, given.mappings);
    const { partitionKeyFieldName: keyName, dataFieldName, md5, ttlFieldName } = mappings;
    const rows = {
      ...connection,
      names: { data: dataFieldName, version: md5, expiresAt: ttlFieldName },
      codec,
      owner: { name: namespaceName, value: namespace },
      address: (id: string) => keyAddress(namespace, id, keyName),
      keyName,
      namespace,
    };
    super(rows);
    this.#rows = rows;
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
    const entries = await readMany(this.#rows, ids, options);
    return entries.map((entry) => entry?.value as T | undefined);
  }

  /** Like `getMany`, but absent ids are left out. */
  async getBatch<T extends V = V>(ids: readonly string[], options?: ReadOptions): Promise<T[]> {
    return (await this.getMany<T>(ids, options)).filter((value) => value !== undefined);
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
    await writeMany(this.#rows, rows, options);
  }

  /** The same as `setMany`. */
  async setBatch<T extends V = V>(
    entries: readonly BatchEntry<V, T>[],
    options?: WriteOptions,
  ): Promise<void> {
    await this.setMany(entries, options);
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
    const given = checkedOptions(options, { onProgress: 'function', signal: true });
    const { clearNamespace } = await listing();
    return clearNamespace(this.#rows, given);
  }

  /**
   * The ids of the namespace, or those with a prefix, in no particular order, without their values.
   * Scans, each sent when the ids before were taken: DynamoDB bills every row that is read, as for
   * `listAll`, but sends keys alone.
   */
  ids(options?: IdsOptions): AsyncGenerator<string, void, undefined> {
    const given = checkedOptions(options, {
      prefix: checkString,
      consistent: 'boolean',
      signal: true,
      onProgress: 'function',
    });
    return iterationOf(async () => {
      const { listIds } = await listing();
      return listIds(this.#rows, given);
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
    const names = { ...scanOptionNames, pageItem: true, limit: within(1) } as const;
    const given = checkedOptions(options, names);
    const { listPage } = await listing();
    return (await listPage(this.#rows, given)) as KeyValueList<[K, T]>;
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
    const given = checkedOptions(options, {
      ...scanOptionNames,
      minimumDelayBetween: true,
      segments: within(1, 1_000_000),
    });
    return iterationOf(async () => {
      const { streamItems } = await listing();
      return streamItems(this.#rows, perPage, given) as AsyncIterable<[string, T]>;
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
