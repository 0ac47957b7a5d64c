import { InvalidInputError, type Clock, type ExpiryOptions } from '@x/dynamo-core';
import { deleteFound, nodeModule, withServerClock } from '@x/dynamo-core/mechanism';
import { KeyValueTable } from '@x/dynamo-kv';

import { resolveOptions, type DynamoKeyvOptions } from './options.js';
import { storedValueCodec, type StoredValue } from './stored-value.js';

/** A value with its key, and the last millisecond of its life, or for how many it lives. */
export interface KeyvRow extends StoredValue {
  readonly key: string;
  readonly ttlMs?: number | undefined;
}

/** What is stored under a key, and when its row expires. */
type Entry = [key: string, stored: StoredValue, expiry: ExpiryOptions];

/** Whoever stored something reads it. */
const fresh = { consistent: true };
const rowsPerPage = 1_000;
/** The year 5138: what ends later than a row can say does not end. */
const forEverMs = 1e14 - 1;

/** What the stores of all versions of Keyv do: values with an end, by key. */
export class KeyvRows {
  readonly #kv: KeyValueTable<StoredValue>;
  readonly #clock: Clock;
  readonly #bound: (method: string) => (progress: { readonly scanned: number }) => void;

  constructor(options?: DynamoKeyvOptions) {
    const { table, bound } = resolveOptions(options);
    const timed = withServerClock(table);
    this.#kv = new KeyValueTable<StoredValue>({ ...timed, codec: storedValueCodec });
    this.#clock = timed.clock;
    this.#bound = bound;
  }

  async get(key: string): Promise<unknown> {
    return this.#living(await this.#kv.get(key, fresh))?.value;
  }

  async getMany(keys: readonly string[]): Promise<unknown[]> {
    const found = await this.#kv.getMany(keys, fresh);
    return found.map((stored) => this.#living(stored)?.value);
  }

  /** Stores a value; one whose end is past is not there, nor is what it would replace. */
  async set(row: KeyvRow): Promise<void> {
    const [key, stored, expiry] = this.#copied(row);
    if (this.#hasEnded(stored.endsAtMs)) await this.#kv.delete(key);
    else await this.#kv.set(key, stored, expiry);
  }

  /** Stores many, of which the last with a key stays. */
  async setMany(rows: readonly KeyvRow[]): Promise<void> {
    const last = new Map(rows.map((row) => [row.key, this.#copied(row)]));
    const ended: string[] = [];
    const living: Entry[] = [];
    for (const entry of last.values()) {
      if (this.#hasEnded(entry[1].endsAtMs)) ended.push(entry[0]);
      else living.push(entry);
    }
    await this.#kv.setMany(living);
    await this.#kv.deleteMany(ended);
  }

  /** Reads first: the answer to a deletion that is repeated says what its first send has left. */
  async delete(key: string): Promise<boolean> {
    const stored = this.#living(await this.#kv.get(key, fresh));
    await this.#kv.delete(key);
    return stored !== undefined;
  }

  /** Whether each was there: of several that are the same, the first one was. */
  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    const left = new Set(keys);
    const given = [...keys];
    const found = await this.#kv.getMany(given, fresh);
    const areThere = found.map((stored) => this.#living(stored) !== undefined);
    await this.#kv.deleteMany(given);
    return areThere.map((isThere, index) => left.delete(given[index] as string) && isThere);
  }

  /** Deletes what begins with a text. Scans. */
  async clear(prefix: string): Promise<void> {
    const found = this.#kv.ids({ ...fresh, prefix, onProgress: this.#bound('clear()') });
    await deleteFound(found, (keys) => this.#kv.deleteMany(keys));
  }

  /** The living values whose key begins with a text. Scans. */
  async *startingWith(
    prefix: string,
  ): AsyncGenerator<[key: string, value: unknown], void, undefined> {
    const keyContains = prefix === '' ? undefined : prefix;
    const options = { ...fresh, keyContains, onProgress: this.#bound('iterator()') };
    for await (const [key, stored] of this.#kv.streamAll(rowsPerPage, options)) {
      const living = key.startsWith(prefix) ? this.#living(stored) : undefined;
      if (living !== undefined) yield [key, living.value];
    }
  }

  /**
   * What is stored, and when its row expires, behind its last millisecond. Bytes belong to the caller, who
   * may change them while a request is under way. A life counts from when it is sent: the clock may be
   * corrected until then.
   */
  #copied({ key, value, endsAtMs = Infinity, ttlMs }: KeyvRow): Entry {
    const own = nodeModule('node:util').types.isUint8Array(value) ? value.slice() : value;
    const clock = this.#clock;
    const stored = {
      value: own,
      get endsAtMs() {
        return ttlMs === undefined ? endsAtMs : clock.now() + ttlMs;
      },
    };
    const endMs = checkedMs(ttlMs === undefined ? 'expires' : 'ttl', stored.endsAtMs);
    if (endMs >= forEverMs) return [key, { value: own }, {}];
    return [
      key,
      stored,
      ttlMs === undefined ? { expiresAtMs: endMs + 1 } : { ttlSeconds: (ttlMs + 1) / 1000 },
    ];
  }

  #living(stored: StoredValue | undefined): StoredValue | undefined {
    return this.#hasEnded(stored?.endsAtMs) ? undefined : stored;
  }

  #hasEnded(endsAtMs: number | undefined): boolean {
    return endsAtMs !== undefined && this.#clock.now() > endsAtMs;
  }
}

function checkedMs(field: string, ms: number): number {
  if (typeof ms === 'number' && !Number.isNaN(ms)) return ms;
  throw new InvalidInputError(field, ms, 'a number of milliseconds');
}
