import type { Item } from './attribute-value.js';
import { batchGet, batchWrite, type BatchKey } from './batches.js';
import { changeValue, type ChangeOptions } from './change-value.js';
import type { Clock } from './clock.js';
import type { Codec } from './codec.js';
import { writeConditionally } from './conditional-write.js';
import type { CallerKey } from './errors.js';
import type { ExpiryOptions } from './expiry.js';
import { expirySeconds } from './expiry.js';
import { checkItemSize } from './item-size.js';
import type { Random } from './random.js';
import type { CallOptions, DynamoTransport } from './transport.js';
import {
  countValue,
  deleteRow,
  getRow,
  isAbsent,
  isUnchanged,
  removeValue,
  setValue,
  valueRow,
  type RowAddress,
  type RowCondition,
  type RowOwner,
  type ValueWrite,
} from './value-requests.js';
import {
  checkOwner,
  fromVersionToken,
  nextVersion,
  storedValue,
  versionToken,
  wroteRow,
  type ValueAttributes,
} from './value-row.js';

/** How a value is read. */
export interface ReadOptions extends CallOptions {
  /**
   * Sees every write that was acknowledged before, at twice the price.
   *
   * @default false
   */
  readonly consistent?: boolean | undefined;
}

/** How a value is written. */
export interface WriteOptions extends CallOptions, ExpiryOptions {}

/** A value with what is known about it. */
export interface Entry<V> {
  readonly value: V;
  /** Opaque. Changes with each write; pass it to `setIfVersion`. */
  readonly version: string;
  /** In whole seconds since 1970; `undefined` when the value does not expire. */
  readonly expiresAt: number | undefined;
}

/** The rows of a table that hold values, and what it takes. */
export interface ValueRowsOptions<K> {
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly names: ValueAttributes;
  /** Attributes of others that may share a row with a value and outlive it. */
  readonly sharedWith: readonly string[];
  readonly codec: Codec;
  readonly clock: Clock;
  readonly random: Random;
  /** Whose rows they are, where the table is shared between namespaces. */
  readonly owner?: RowOwner;
  /** Checks a key of the caller and says where its row is. */
  readonly address: (key: K) => BatchKey;
}

type CalledRow = RowAddress & Required<BatchKey>;

/**
 * The mechanism that the value tables share: values in rows, with versions, expiry and optimistic
 * changes. What each method promises is said on the tables' own methods.
 */
export class ValueRows<K> {
  readonly #options: ValueRowsOptions<K>;

  constructor(options: ValueRowsOptions<K>) {
    this.#options = options;
  }

  /** The value, or `undefined`. One GetItem. */
  async get(key: K, options: ReadOptions = {}): Promise<unknown> {
    return (await this.getEntry(key, options))?.value;
  }

  /** The value with its version and expiry, or `undefined`. One GetItem. */
  async getEntry(key: K, options: ReadOptions = {}): Promise<Entry<unknown> | undefined> {
    const { callerKey, item } = await this.#read(key, options);
    return this.entryOf(callerKey, item);
  }

  /** The row as it is, or `undefined`. */
  async getItem(key: K, options: ReadOptions = {}): Promise<Item | undefined> {
    return (await this.#read(key, options)).item;
  }

  /** The values of many keys, aligned with them; `undefined` for absent ones. */
  async getMany(
    keys: readonly K[],
    { consistent, signal }: ReadOptions = {},
  ): Promise<(Entry<unknown> | undefined)[]> {
    const rows = keys.map((key) => this.#locate(key));
    const items = await batchGet(rows, { ...this.#options, consistent, signal });
    const call = {};
    return Promise.all(
      rows.map(({ callerKey }, index) => this.entryOf(callerKey, items[index], call)),
    );
  }

  /** Whether there is a value. It is not sent. */
  async has(key: K, { consistent = false, signal }: ReadOptions = {}): Promise<boolean> {
    const { transport, clock } = this.#options;
    const input = countValue(this.#locate(key), clock.now(), consistent);
    return ((await transport.call('Query', input, { signal })).Count ?? 0) > 0;
  }

  /** Stores a value, whatever was there. One UpdateItem. */
  async set(key: K, value: unknown, { signal, ...expiry }: WriteOptions = {}): Promise<void> {
    const { row, write } = await this.#prepare(key, value, expiry);
    await this.#write(row, write, undefined, signal);
  }

  /** Stores many values, each as a row of its own that replaces what was there. */
  async setMany(
    entries: readonly (readonly [K, unknown])[],
    { signal, ...expiry }: WriteOptions = {},
  ): Promise<void> {
    const changes = await Promise.all(
      entries.map(async ([key, value]) => {
        const { row, write } = await this.#prepare(key, value, expiry);
        return { ...row, put: valueRow(row, write) };
      }),
    );
    await batchWrite(changes, { ...this.#options, signal });
  }

  /** Stores a value where there is none; says whether it did. One conditional UpdateItem. */
  async setIfAbsent(
    key: K,
    value: unknown,
    { signal, ...expiry }: WriteOptions = {},
  ): Promise<boolean> {
    const { row, write } = await this.#prepare(key, value, expiry);
    return this.#write(row, write, isAbsent(this.#options.clock.now()), signal);
  }

  /** Answers with the new version token, or `undefined` when the row is not of that version. */
  async setIfVersion(
    key: K,
    value: unknown,
    version: string,
    { signal, ...expiry }: WriteOptions = {},
  ): Promise<string | undefined> {
    const expected = fromVersionToken('version', version);
    const { row, write } = await this.#prepare(key, value, expiry, expected.version);
    const condition = isUnchanged(expected, this.#options.clock.now());
    const isSet = await this.#write(row, write, condition, signal);
    return isSet ? versionToken(write) : undefined;
  }

  /** The optimistic change of `changeValue`, on the row of this key. */
  async update(
    key: K,
    change: (current: unknown) => unknown,
    options: ChangeOptions = {},
  ): Promise<unknown> {
    return changeValue({ ...this.#options, ...this.#locate(key) }, change, options);
  }

  /** Removes the value. What shares its row stays. */
  async delete(key: K, { signal }: CallOptions = {}): Promise<void> {
    const { transport, sharedWith } = this.#options;
    const row = this.#locate(key);
    const whole = deleteRow(row, sharedWith);
    const { outcome } = await writeConditionally(transport, 'DeleteItem', whole, { signal });
    if (outcome === 'refused') {
      await writeConditionally(transport, 'UpdateItem', removeValue(row), { signal });
    }
  }

  /** Deletes many rows whole. */
  async deleteMany(keys: readonly K[], { signal }: CallOptions = {}): Promise<void> {
    await batchWrite(keys.map(this.#options.address), { ...this.#options, signal });
  }

  /** The value in a row that was read; `call` stands for all that is decoded together. */
  async entryOf(
    key: CallerKey,
    item: Item | undefined,
    call?: object,
  ): Promise<Entry<unknown> | undefined> {
    const stored = storedValue(item, this.#options, this.#options.clock.now());
    if (stored === undefined) return undefined;
    const value = await this.#options.codec.decode(stored.data, key, call);
    return { value, version: versionToken(stored), expiresAt: stored.expiresAt };
  }

  async #read(
    key: K,
    { consistent = false, signal }: ReadOptions,
  ): Promise<{ callerKey: CallerKey; item: Item | undefined }> {
    const row = this.#locate(key);
    const output = await this.#options.transport.call('GetItem', getRow(row, consistent), {
      signal,
    });
    return { callerKey: row.callerKey, item: output.Item };
  }

  #locate(key: K): CalledRow {
    const { tableName, names, owner } = this.#options;
    const row = this.#options.address(key);
    return { tableName, names, owner, callerKey: row.label, ...row };
  }

  /** Encodes a value and refuses a row that would be too large. */
  async #prepare(
    key: K,
    value: unknown,
    expiry: ExpiryOptions,
    previousVersion?: string,
  ): Promise<{ row: CalledRow; write: ValueWrite }> {
    const { codec, clock, random } = this.#options;
    const row = this.#locate(key);
    const expiresAt = expirySeconds(expiry, clock);
    const data = await codec.encode(value, row.callerKey);
    const write = { data, version: nextVersion(random.id(), previousVersion), expiresAt };
    checkItemSize(row.callerKey, valueRow(row, write));
    return { row, write };
  }

  /** Whether the row has been written; `false` when it does not meet the condition. */
  async #write(
    row: CalledRow,
    write: ValueWrite,
    condition: RowCondition | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { transport } = this.#options;
    const input = setValue(row, write, condition);
    const [id = ''] = write.version.split('.');
    const result = await writeConditionally(transport, 'UpdateItem', input, {
      isMine: (item) => wroteRow(item, id, row.names),
      mustExist: condition?.demandsRow === true ? undefined : row.key,
      signal,
    });
    if (result.outcome === 'refused') checkOwner(row.callerKey, result.item, row.owner);
    return result.outcome !== 'refused';
  }
}
