import { S } from '@x/dynamo-core';
import { batchWrite, pages, scanBound, type OptionNames, within } from '@x/dynamo-core/mechanism';
import type { AttemptLimit } from '@x/dynamo-limited-attempt';

import {
  hitsMax,
  keyOf,
  openTable,
  sortKeyOf,
  storeOptionNames,
  windowOf,
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
  scanRowsMax: within(1),
};

/** How often a client was seen in the window, and when that ends. */
export interface Hits {
  readonly totalHits: number;
  readonly resetTime: Date;
}

/** What the frameworks count in where nothing is said. */
const windowMsDefault = 60_000;

/** Counts the hits of clients in windows that begin with their first one. */
export class HitStore {
  readonly #table: StoreTable;
  readonly #bound: ReturnType<typeof scanBound>;
  #limit: AttemptLimit = { attemptsMax: hitsMax, windowMs: windowMsDefault };
  /** Other processes count the same clients. */
  readonly localKeys = false;
  readonly prefix: string;

  constructor(options: HitStoreOptions | undefined) {
    const { given, ...table } = openTable(options, hitStoreOptionNames);
    this.#table = table;
    this.#bound = scanBound(given.scanRowsMax ?? 100_000);
    this.prefix = table.prefix;
  }

  /** Learns the length of a window. Until then it is a minute. */
  init({ windowMs }: { readonly windowMs?: number }): void {
    if (windowMs === undefined) return;
    // A number is kept to what limiters take; another thing is refused with the first hit.
    this.#limit = { attemptsMax: hitsMax, windowMs: windowMs >= 0 ? windowOf(windowMs) : windowMs };
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
      ConsistentRead: true,
      FilterExpression: '#sk = :sk',
      ProjectionExpression: '#pk, #sk',
      ExpressionAttributeNames: { '#pk': partitionKeyFieldName, '#sk': sortKeyFieldName },
      ExpressionAttributeValues: { ':sk': S(sortKeyOf(this.prefix)) },
    };
    const bound = this.#bound('resetAll()');
    let scanned = 0;
    for await (const { Items = [], ScannedCount = 0 } of pages(rows.transport, 'Scan', input)) {
      scanned += ScannedCount;
      bound({ scanned });
      await batchWrite(
        Items.map((key) => ({ key, displayKey: key[partitionKeyFieldName]?.S ?? '' })),
        rows,
      );
    }
  }

  /** There is nothing to close: the client is the caller's. */
  shutdown(): void {}
}
