import { InvalidInputError, S, type Item } from '@x/dynamo-core';
import { batchWrite, checkInteger, pages, type OptionNames } from '@x/dynamo-core/mechanism';
import type { AttemptLimit } from '@x/dynamo-limited-attempt';

import {
  keyOf,
  openTable,
  sortKeyOf,
  storeOptionNames,
  type StoreOptions,
  type StoreTable,
} from './store-options.js';

/** What a store of hits takes. */
export interface HitStoreOptions extends StoreOptions {
  /**
   * How many rows of the table `resetAll()` may read, a whole number of at least 1: it scans.
   *
   * @default 100_000
   */
  readonly scanRowsMax?: number | undefined;
}

const hitStoreOptionNames: OptionNames<HitStoreOptions> = {
  ...storeOptionNames,
  scanRowsMax: true,
};

/** How often a client was seen in the window, and when that ends. */
export interface Hits {
  readonly totalHits: number;
  readonly resetTime: Date;
}

/** Hits go on past every limit: the framework compares. */
const hitsMax = 1_000_000_000;
/** What the frameworks count in where nothing is said. */
const windowMsDefault = 60_000;

/** Counts the hits of clients in windows that begin with their first one. */
export class HitStore {
  readonly #table: StoreTable;
  readonly #scanRowsMax: number;
  #limit: AttemptLimit = { attemptsMax: hitsMax, windowMs: windowMsDefault };
  /** Other processes count the same clients. */
  readonly localKeys = false;
  readonly prefix: string;

  constructor(options: HitStoreOptions | undefined) {
    this.#table = openTable(options, hitStoreOptionNames);
    this.#scanRowsMax = options?.scanRowsMax ?? 100_000;
    checkInteger('scanRowsMax', this.#scanRowsMax, 1);
    this.prefix = this.#table.prefix;
  }

  /** Learns the length of a window. Until then it is a minute. */
  init({ windowMs }: { readonly windowMs?: number }): void {
    if (windowMs !== undefined) this.#limit = { attemptsMax: hitsMax, windowMs };
  }

  async increment(client: string): Promise<Hits> {
    const { limiter } = this.#table;
    const { attempts, resetAtMs } = await limiter.record(keyOf(client, this.prefix), this.#limit);
    return { totalHits: attempts, resetTime: new Date(resetAtMs) };
  }

  async decrement(client: string): Promise<void> {
    await this.#table.limiter.refund(keyOf(client, this.prefix), this.#limit);
  }

  async resetKey(client: string): Promise<void> {
    await this.#table.limiter.clear(keyOf(client, this.prefix));
  }

  async get(client: string): Promise<Hits | undefined> {
    const { limiter, rows } = this.#table;
    const { attempts, resetAtMs } = await limiter.peek(keyOf(client, this.prefix), this.#limit);
    const isRunning = attempts > 0 || resetAtMs > rows.clock.now();
    return isRunning ? { totalHits: attempts, resetTime: new Date(resetAtMs) } : undefined;
  }

  /** Forgets all clients of this prefix: reads the whole table, and pays for every row in it. */
  async resetAll(): Promise<void> {
    const { rows } = this.#table;
    const { partitionKeyFieldName, sortKeyFieldName } = rows.mappings;
    const input = {
      TableName: rows.tableName,
      FilterExpression: '#sk = :sk',
      ProjectionExpression: '#pk, #sk',
      ExpressionAttributeNames: { '#pk': partitionKeyFieldName, '#sk': sortKeyFieldName },
      ExpressionAttributeValues: { ':sk': S(sortKeyOf(this.prefix)) },
    };
    let scanned = 0;
    for await (const { Items = [], ScannedCount = 0 } of pages(rows.transport, 'Scan', input)) {
      scanned += ScannedCount;
      await batchWrite(
        Items.map((key) => ({ key, label: labelOf(key, partitionKeyFieldName) })),
        rows,
      );
      if (scanned > this.#scanRowsMax) {
        const allowed = `at least the number of rows of the table: resetAll() has read ${scanned}`;
        throw new InvalidInputError('scanRowsMax', this.#scanRowsMax, allowed);
      }
    }
  }

  /** There is nothing to close: the client is the caller's. */
  shutdown(): void {}
}

function labelOf(key: Item, partitionKeyFieldName: string): string {
  return key[partitionKeyFieldName]?.S ?? '';
}
