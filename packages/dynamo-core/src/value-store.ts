import { batchGet, batchWrite } from './batches.js';
import { type CallerKey, ConflictError } from './errors.js';
import { send } from './send.js';
import type { AttributeValue, CallOptions, DynamoInput, Item } from './transport.js';
import { isSameData, isShort } from './attributes.js';
import {
  checkedComputation,
  getOrSetOptionNames,
  type ComputeContext,
  type GetOrSetOptions,
} from './get-or-set-options.js';
import {
  checkedOptions,
  expiryMs,
  expiryOptionNames,
  expirySeconds,
  type ExpiryOptions,
  callOptionNames,
  type BatchKey,
  checkFunction,
  checkInteger,
  listOf,
} from './input-checks.js';
import { checkRowSize, countValue, deleteValue, expectedValue } from './value-requests.js';
import {
  readOptionNames,
  writeOptionNames,
  type Entry,
  type ReadOptions,
  type WriteOptions,
  type ChangeOptions,
  changeOptionNames,
  type ValueStoreOptions,
  type ChangeTarget,
  type PreparedValue,
} from './value-options.js';
import { fromVersionToken, versionToken, checkUntouched } from './value-row.js';
import {
  writeNow,
  writeValue,
  type ValueTarget,
  isAbsent,
  isUnchanged,
  type Demand,
  valueRow,
  storedValue,
  getRow,
} from './write-value.js';
import { pause } from './backoff.js';
import { onFirstUse } from './on-first-use.js';

const computing = /* @__PURE__ */ onFirstUse(() => import('./get-or-set.js'));

/**
 * The mechanism that the value tables share: values in rows, with versions, expiry and optimistic
 * changes. What each method promises is said on the tables' own methods.
 */
export class ValueStore<K> {
  readonly #options: ValueStoreOptions<K>;

  constructor(options: ValueStoreOptions<K>) {
    this.#options = options;
  }

  /** The value, or `undefined`. One GetItem. */
  async get(key: K, options?: ReadOptions): Promise<unknown> {
    return (await this.getEntry(key, options))?.value;
  }

  /** The value with its version and expiry, or `undefined`. One GetItem. */
  async getEntry(key: K, options?: ReadOptions): Promise<Entry<unknown> | undefined> {
    const { callerKey, item } = await this.#read(key, options);
    return this.entryOf(callerKey, item);
  }

  /** The row as it is, or `undefined`. */
  async getItem(key: K, options?: ReadOptions): Promise<Item | undefined> {
    return (await this.#read(key, options)).item;
  }

  /** The values of many keys, aligned with them; `undefined` for absent ones. */
  async getMany(
    keys: readonly K[],
    options?: ReadOptions,
  ): Promise<(Entry<unknown> | undefined)[]> {
    const { consistent, signal } = checkedOptions(options, readOptionNames);
    const rows = listOf('keys', keys).map((key) => this.#locate(key));
    const items = await batchGet(rows, { ...this.#options, consistent, signal });
    const call = {};
    return Promise.all(
      rows.map(({ callerKey }, index) => this.entryOf(callerKey, items[index], call)),
    );
  }

  /** Whether there is a value. It is not sent. */
  async has(key: K, options?: ReadOptions): Promise<boolean> {
    const { consistent = false, signal } = checkedOptions(options, readOptionNames);
    const { transport, clock } = this.#options;
    const row = this.#locate(key);
    const input = (): DynamoInput<'Query'> => countValue(row, clock.now(), consistent);
    return ((await send(transport, 'Query', input, { signal })).Count ?? 0) > 0;
  }

  /** Stores a value in place of what was there. One UpdateItem. */
  async set(key: K, value: unknown, options?: WriteOptions): Promise<void> {
    const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
    const { target, write } = await this.#prepare(key, value, expiry);
    await writeValue(target, write, undefined, { signal });
  }

  /**
   * Stores many values, each as a row of its own that replaces what was there. The expiry of an entry
   * goes before that of the call.
   */
  async setMany(
    entries: readonly (readonly [key: K, value: unknown, expiry?: ExpiryOptions])[],
    options?: WriteOptions,
  ): Promise<void> {
    const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
    // Kept until it is sent is what was encoded: the caller may change the values, and a bad one is
    // refused before anything is sent.
    const changes = await Promise.all(
      entries.map(async ([key, value, own]) => {
        const { ttlSeconds, expiresAtMs } = checkedOptions(own, expiryOptionNames);
        const hasOwn = ttlSeconds !== undefined || expiresAtMs !== undefined;
        const end = hasOwn ? { ttlSeconds, expiresAtMs } : expiry;
        const prepared = this.#prepare(key, value, end);
        const { target, write } = 'then' in prepared ? await prepared : prepared;
        const { key: row, label, callerKey } = target;
        return { key: row, label, callerKey, put: () => valueRow(target, writeNow(target, write)) };
      }),
    );
    await batchWrite(changes, { ...this.#options, signal });
  }

  /** Stores a value where there is none; says whether it did. One conditional UpdateItem. */
  async setIfAbsent(key: K, value: unknown, options?: WriteOptions): Promise<boolean> {
    const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
    const { target, write } = await this.#prepare(key, value, expiry);
    return (await writeValue(target, write, isAbsent, { signal })).isSet;
  }

  /** Answers with the new version token, or `undefined` when the row is not of that version. */
  async setIfVersion(
    key: K,
    value: unknown,
    version: string,
    options?: WriteOptions,
  ): Promise<string | undefined> {
    const { signal, ...expiry } = checkedOptions(options, writeOptionNames);
    fromVersionToken('version', version);
    const { target, write } = await this.#prepare(key, value, expiry);
    const expected = await expectedValue(target, version, { signal });
    const demand: Demand = (nowMs) => isUnchanged(expected, nowMs);
    const kept = { ...write, keepsExpiry: true, mayBeMissing: true };
    const { isSet } = await writeValue(target, kept, demand, { signal });
    return isSet ? versionToken(write) : undefined;
  }

  /** The optimistic change of `changeValue`, on the row of this key. */
  async update(
    key: K,
    change: (current: unknown) => unknown,
    options?: ChangeOptions,
  ): Promise<unknown> {
    const { codec, random } = this.#options;
    return changeValue({ codec, random, ...this.#locate(key) }, change, options);
  }

  /** The value, or what is computed, once for all processes. */
  async getOrSet(
    key: K,
    compute: (context: ComputeContext) => unknown,
    options: GetOrSetOptions,
  ): Promise<unknown> {
    const given = checkedOptions(options, getOrSetOptionNames);
    const target = { ...this.#options, ...this.#locate(key) };
    const computation = checkedComputation(compute, given, target.clock);
    const { getOrSet } = await computing();
    return getOrSet(target, compute, computation);
  }

  /** Removes the value, and says whether there was one. What shares its row stays. */
  async delete(key: K, options?: CallOptions): Promise<boolean> {
    const { signal } = checkedOptions(options, callOptionNames);
    return deleteValue(this.#locate(key), { signal });
  }

  /** Deletes many rows whole. */
  async deleteMany(keys: readonly K[], options?: CallOptions): Promise<void> {
    const { signal } = checkedOptions(options, callOptionNames);
    await batchWrite(listOf('keys', keys).map(this.#options.address), { ...this.#options, signal });
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
    return { value, version: versionToken(stored), expiresAtMs: expiryMs(stored.expiresAt) };
  }

  async #read(
    key: K,
    options: ReadOptions | undefined,
  ): Promise<{ callerKey: CallerKey; item: Item | undefined }> {
    const { consistent = false, signal } = checkedOptions(options, readOptionNames);
    const row = this.#locate(key);
    const { Item: item } = await row.transport.call('GetItem', getRow(row, consistent), { signal });
    return { callerKey: row.callerKey, item };
  }

  #locate(key: K): ValueTarget & BatchKey {
    const { transport, clock, tableName, names, owner } = this.#options;
    const row = this.#options.address(key);
    return { transport, clock, tableName, names, owner, callerKey: row.label, ...row };
  }

  /** Encodes a value and refuses a row that would be too large. A promise where the codec gives one. */
  #prepare(key: K, value: unknown, expiry: ExpiryOptions): PreparedValue | Promise<PreparedValue> {
    const { codec, random } = this.#options;
    const target = this.#locate(key);
    // Before the value is encoded: a bad expiry is refused first.
    expirySeconds(expiry, target.clock);
    const take = (data: AttributeValue): PreparedValue => {
      const write = { data, version: random.id(), expiry };
      if (!isShort(data)) checkRowSize(target, writeNow(target, write));
      return { target, write };
    };
    const data = codec.encode(value, target.callerKey);
    return 'then' in data ? data.then(take) : take(data);
  }
}

const attemptsMaxDefault = 50;

/** Two hundred clients on one row send 7 requests for each change; a half of each pause, 10. */
const backoff = { firstMs: 100, maxMs: 2_000 };

/**
 * Changes a value by a function of it, with optimistic concurrency: read, compute, write if it is
 * still what was read, else again. A retry computes from the row that the failed condition returned;
 * after every second conflict the change steps back, each time up to four times as long, with full
 * jitter, and reads again.
 *
 * Two requests without a conflict (a consistent read and a write); one when the change is a no-op:
 * `change` returned `undefined`, or what is stored already. A change without an expiry of its own
 * keeps the one of the value. Throws a `ConflictError` after `attemptsMax` conflicts.
 */
export async function changeValue(
  target: ChangeTarget,
  change: (current: unknown) => unknown,
  options?: ChangeOptions,
): Promise<unknown> {
  checkFunction('change', change);
  const given = checkedOptions(options, changeOptionNames);
  const { attemptsMax = attemptsMaxDefault, signal, ...expiry } = given;
  checkInteger('attemptsMax', attemptsMax, 1);
  expirySeconds(expiry, target.clock);
  const read = () => target.transport.call('GetItem', getRow(target, true), { signal });
  let item = (await read()).Item;
  for (let attempt = 1; ; attempt++) {
    const result = await tryChange(target, item, change, expiry, signal);
    if (result.done) return result.value;
    if (attempt >= attemptsMax) throw new ConflictError(target.callerKey, attempt);
    if (attempt % 2 === 1) {
      // The existing row is as fresh as a read could be: use it at once.
      item = result.item;
    } else {
      await pause(attempt, backoff, { ...target, signal });
      item = (await read()).Item;
    }
  }
}

type Attempt =
  | { readonly done: true; readonly value: unknown }
  | { readonly done: false; readonly item: Item | undefined };

async function tryChange(
  target: ChangeTarget,
  item: Item | undefined,
  change: (current: unknown) => unknown,
  expiry: ExpiryOptions,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const { codec, clock, random, callerKey } = target;
  const stored = storedValue(item, target, clock.now());
  const current = stored && (await codec.decode(stored.data, callerKey));
  const value = await change(current);
  if (value === undefined) {
    await checkUntouched(target, stored, current);
    return { done: true, value: current };
  }

  const data = await codec.encode(value, callerKey);
  const given = expirySeconds(expiry, clock);
  if (isSameData(data, stored?.data) && (given ?? stored?.expiresAt) === stored?.expiresAt)
    return { done: true, value: current };

  const keepsExpiry = stored !== undefined && given === undefined;
  const write = { data, version: random.id(), expiry, keepsExpiry };
  if (!isShort(data)) checkRowSize(target, { ...write, expiresAt: given });
  const demand: Demand = (nowMs) =>
    stored === undefined ? isAbsent(nowMs) : isUnchanged(stored, nowMs);
  const written = await writeValue(target, write, demand, { signal });
  if (!written.isSet) return { done: false, item: written.item };
  return { done: true, value: await codec.decode(data, callerKey) };
}
