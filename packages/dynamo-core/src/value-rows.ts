import type { Item } from './attribute-value.js';
import { batchGet, batchWrite, type BatchKey } from './batches.js';
import { changeValue, type ChangeOptions } from './change-value.js';
import type { Clock } from './clock.js';
import type { Codec } from './codec.js';
import {
  writeConditionally,
  type ConditionalOutcome,
  type ConditionalWriteOptions,
} from './conditional-write.js';
import type { ExpiryOptions } from './expiry.js';
import { expirySeconds } from './expiry.js';
import { checkItemSize } from './item-size.js';
import type { Random } from './random.js';
import type { CallOptions, DynamoTransport } from './transport.js';
import {
  deleteRow,
  getRow,
  isAbsent,
  isUnchanged,
  removeValue,
  setValue,
  valueRow,
  type RowAddress,
  type RowCondition,
  type ValueWrite,
} from './value-requests.js';
import {
  fromVersionToken,
  nextVersion,
  storedValue,
  versionToken,
  wroteRow,
  type ValueAttributes,
} from './value-row.js';

export interface ReadOptions extends CallOptions {
  /**
   * Sees every write that was acknowledged before, at twice the price.
   *
   * @default false
   */
  readonly consistent?: boolean | undefined;
}

export interface WriteOptions extends CallOptions, ExpiryOptions {}

/** A value with what is known about it. */
export interface Entry<V> {
  readonly value: V;
  /** Opaque. Changes with each write; pass it to `setIfVersion`. */
  readonly version: string;
  /** In whole seconds since 1970; `undefined` when the value does not expire. */
  readonly expiresAt: number | undefined;
}

export interface ValueRowsOptions<K> {
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly names: ValueAttributes;
  /** Attributes of others that may share a row with a value and outlive it. */
  readonly sharedWith: readonly string[];
  readonly codec: Codec;
  readonly clock: Clock;
  readonly random: Random;
  /** Checks a key of the caller and says where its row is. */
  readonly address: (key: K) => BatchKey;
  /** Further attributes that are kept with each value. */
  readonly beside?: Item;
}

/**
 * The mechanism that the value tables share: values in rows, with versions, expiry and optimistic
 * changes. What each method promises is said on the tables' own methods.
 */
export class ValueRows<K> {
  readonly #options: ValueRowsOptions<K>;

  constructor(options: ValueRowsOptions<K>) {
    this.#options = options;
  }

  async get(key: K, options: ReadOptions = {}): Promise<unknown> {
    return (await this.getEntry(key, options))?.value;
  }

  async getEntry(key: K, options: ReadOptions = {}): Promise<Entry<unknown> | undefined> {
    const { label, item } = await this.#read(key, options);
    return this.entryOf(label, item);
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
    const addresses = keys.map(this.#options.address);
    const items = await batchGet(addresses, { ...this.#options, consistent, signal });
    return Promise.all(
      items.map((item, index) => this.entryOf((addresses[index] as BatchKey).label, item)),
    );
  }

  async set(key: K, value: unknown, options: WriteOptions = {}): Promise<void> {
    const { address, write } = await this.#prepare(key, value, this.#options.random.id(), options);
    await this.#options.transport.call('UpdateItem', setValue(address, write), options);
  }

  /** Stores many values, each as a row of its own that replaces what was there. */
  async setMany(
    entries: readonly (readonly [K, unknown])[],
    options: WriteOptions = {},
  ): Promise<void> {
    const prepared = await Promise.all(
      entries.map(([key, value]) =>
        this.#prepare(key, value, this.#options.random.id(), options),
      ),
    );
    const changes = prepared.map(({ address: { key }, label, item }) => ({ key, label, put: item }));
    await batchWrite(changes, { ...this.#options, signal: options.signal });
  }

  async setIfAbsent(key: K, value: unknown, options: WriteOptions = {}): Promise<boolean> {
    const id = this.#options.random.id();
    const { address, write } = await this.#prepare(key, value, id, options);
    const condition = isAbsent(this.#options.clock.now());
    const { outcome } = await this.#writeIf(address, write, condition, id, {
      ...options,
      // There may be a value only where there is a row.
      mustExist: address.key,
    });
    return outcome !== 'refused';
  }

  /** Answers with the new version token, or `undefined` when the row is not of that version. */
  async setIfVersion(
    key: K,
    value: unknown,
    version: string,
    options: WriteOptions = {},
  ): Promise<string | undefined> {
    const expected = fromVersionToken('version', version);
    const id = this.#options.random.id();
    const { address, write } = await this.#prepare(key, value, id, options, expected.version);
    const condition = isUnchanged(expected, this.#options.clock.now());
    const { outcome } = await this.#writeIf(address, write, condition, id, options);
    return outcome === 'refused' ? undefined : versionToken({ ...write, expiresAt: undefined });
  }

  /** The optimistic change of `changeValue`, on the row of this key. */
  async update(
    key: K,
    change: (current: unknown) => unknown,
    options: ChangeOptions = {},
  ): Promise<unknown> {
    const { label, key: rowKey } = this.#options.address(key);
    return changeValue(
      { ...this.#options, key: rowKey, label, beside: this.#options.beside ?? {} },
      change,
      options,
    );
  }

  /** Removes the value. What shares its row stays. */
  async delete(key: K, options: CallOptions = {}): Promise<void> {
    const { transport, sharedWith, beside = {} } = this.#options;
    const address = this.#address(this.#options.address(key));
    const alone = deleteRow(address, sharedWith);
    const { outcome } = await writeConditionally(transport, 'DeleteItem', alone, options);
    if (outcome === 'refused') {
      await transport.call('UpdateItem', removeValue(address, beside), options);
    }
  }

  /** Deletes many rows whole. */
  async deleteMany(keys: readonly K[], { signal }: CallOptions = {}): Promise<void> {
    const changes = keys.map(this.#options.address).map(({ key, label }) => ({ key, label }));
    await batchWrite(changes, { ...this.#options, signal });
  }

  /** The value in a row that was read. */
  async entryOf(label: string, item: Item | undefined): Promise<Entry<unknown> | undefined> {
    const stored = storedValue(item, this.#options.names, this.#options.clock.now());
    if (stored === undefined) return undefined;
    const value = await this.#options.codec.decode(stored.data, label);
    return { value, version: versionToken(stored), expiresAt: stored.expiresAt };
  }

  async #read(
    key: K,
    { consistent = false, signal }: ReadOptions,
  ): Promise<{ label: string; item: Item | undefined }> {
    const row = this.#options.address(key);
    const input = getRow(this.#address(row), consistent);
    const output = await this.#options.transport.call('GetItem', input, { signal });
    return { label: row.label, item: output.Item };
  }

  #address({ key }: BatchKey): RowAddress {
    const { tableName, names } = this.#options;
    return { tableName, key, names };
  }

  /** Encodes a value and refuses a row that would be too large. */
  async #prepare(
    key: K,
    value: unknown,
    id: string,
    expiry: ExpiryOptions,
    previousVersion?: string,
  ): Promise<{ address: RowAddress; write: ValueWrite; label: string; item: Item }> {
    const { codec, clock, beside = {} } = this.#options;
    const row = this.#options.address(key);
    const address = this.#address(row);
    const expiresAt = expirySeconds(expiry, clock);
    const data = await codec.encode(value, row.label);
    const write = { data, version: nextVersion(id, previousVersion), expiresAt, beside };
    const item = valueRow(address, write);
    checkItemSize(row.label, item);
    return { address, write, label: row.label, item };
  }

  async #writeIf(
    address: RowAddress,
    write: ValueWrite,
    condition: RowCondition,
    id: string,
    { signal, mustExist }: ConditionalWriteOptions,
  ): Promise<ConditionalOutcome> {
    const input = setValue(address, write, condition);
    return writeConditionally(this.#options.transport, 'UpdateItem', input, {
      isMine: (item) => wroteRow(item, id, address.names),
      mustExist,
      signal,
    });
  }
}
