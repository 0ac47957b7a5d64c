import type { Item } from '@x/dynamo-core';

/** A row as it was seen last. */
export interface RecentRow {
  /** Without what can be long: context and data. */
  readonly item: Item;
  /** In monotonic time. */
  readonly seenAtMs: number;
}

/**
 * What this process saw last of the rows that it used last. A hint only: it chooses the request
 * that is likely to succeed, and every request is safe whatever the row has become.
 */
export class RecentRows {
  readonly #rows = new Map<string, RecentRow>();
  readonly #keysMax: number;
  #releases = 0;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** How many times attempts were given back in this process. */
  get releases(): number {
    return this.#releases;
  }

  get(key: Item): RecentRow | undefined {
    return this.#rows.get(JSON.stringify(key));
  }

  /**
   * Remembers a row that a request found; forgets the key when there is none. What a request found
   * that began before attempts were given back is not kept: it may be older than that.
   */
  found(key: Item, row: RecentRow | undefined, releasesBefore: number): void {
    this.#set(key, releasesBefore === this.#releases ? row : undefined);
  }

  /** Remembers what is left of a row when attempts of it were given back. */
  released(key: Item, row: RecentRow | undefined): void {
    this.#releases += 1;
    this.#set(key, row);
  }

  #set(key: Item, row: RecentRow | undefined): void {
    const id = JSON.stringify(key);
    // Put at the end: the first one is the one that was not used for longest.
    this.#rows.delete(id);
    if (row === undefined || this.#keysMax === 0) return;
    this.#rows.set(id, row);
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > this.#keysMax && oldest !== undefined) this.#rows.delete(oldest);
  }
}
