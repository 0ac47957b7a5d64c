import { numberOf, type AttributeValue, type Item } from '@x/dynamo-core';

import { stateOf, suffixed, type SeenRow } from './attempt-row.js';
import type { ResolvedLimit } from './limits.js';

/** Keeps what was used last, in two generations: the older one goes as a whole. */
export class Generations<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  readonly #keysMax: number;
  readonly #youngMax: number;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
    this.#youngMax = Math.max(1, Math.floor(keysMax / 2));
  }

  get(key: string): T | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: T): void {
    if (this.#keysMax === 0) return;
    if (this.#young.size >= this.#youngMax && !this.#young.has(key)) {
      this.#old = this.#keysMax === 1 ? new Map() : this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    this.#old.delete(key);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

/** A row as this process saw it last. */
export interface RecentRow {
  readonly row: SeenRow;
  /** In monotonic time. */
  readonly seenAtMs: number;
}

/**
 * What this process saw last of the rows that it used last. A hint only: it chooses the request that
 * is likely to succeed, and every request is safe whatever the row has become. A row is kept as one
 * short text, because there may be 100,000 of them.
 */
export class RecentRows {
  readonly #texts: Generations<string>;
  /** The lists of algorithms that rows were seen with: a text says which. */
  readonly #lists: string[] = [];
  #releases = 0;

  constructor(keysMax: number) {
    this.#texts = new Generations(keysMax);
  }

  /** How many times attempts were given back in this process. */
  get releases(): number {
    return this.#releases;
  }

  /** The row as it was seen with limits of these algorithms. */
  get(key: Item, limits: readonly ResolvedLimit[]): RecentRow | undefined {
    const text = this.#texts.get(idOf(key));
    if (text === undefined) return undefined;
    const [list, seenAt, newest, isFull, expiresAt, blocked = '', ...states] = text.split(' ');
    if (list !== this.#listOf(limits)) return undefined;
    const item: Item = blocked === '0' ? {} : { blockedUntil: { N: blocked } };
    for (const { algorithm, suffix } of limits) {
      const own = states.splice(0, algorithm.attributes.length);
      if (own[0] === '-') continue;
      const state: Item = {};
      algorithm.attributes.forEach((name, index) => (state[name] = decoded(own[index] ?? '')));
      Object.assign(item, suffixed(state, suffix));
    }
    return {
      row: { item, newest, isFull: isFull === '1', expiresAt: Number(expiresAt) },
      seenAtMs: Number(seenAt),
    };
  }

  /**
   * Remembers a row that a request found; forgets the key when there is none. What a request found
   * that began before attempts were given back is not kept: it may be older than that.
   */
  found(
    key: Item,
    limits: readonly ResolvedLimit[],
    seen: RecentRow | undefined,
    releasesBefore: number,
  ): void {
    const row = releasesBefore === this.#releases ? seen?.row : undefined;
    if (seen === undefined || row?.newest === undefined || row.original || row.replaced) {
      this.#texts.delete(idOf(key));
      return;
    }
    const states = limits.flatMap((limit) => {
      const state = stateOf(row.item, limit);
      return limit.algorithm.attributes.map((name) => encoded(state?.[name]));
    });
    const text = [
      this.#listOf(limits),
      Math.floor(seen.seenAtMs),
      row.newest,
      row.isFull ? 1 : 0,
      row.expiresAt ?? 0,
      numberOf(row.item, 'blockedUntil') ?? 0,
      ...states,
    ].join(' ');
    this.#texts.set(idOf(key), text);
  }

  /** Forgets the row of a key: attempts of it were given back, or all of them. */
  released(key: Item): void {
    this.#releases += 1;
    this.#texts.delete(idOf(key));
  }

  #listOf(limits: readonly ResolvedLimit[]): string {
    const names = limits.map(({ algorithm }) => algorithm.name).join(',');
    const at = this.#lists.indexOf(names);
    return String(at === -1 ? this.#lists.push(names) - 1 : at);
  }
}

/** A key as a text of its own; two keys never share one. */
export function idOf(key: Item): string {
  return Object.values(key)
    .map((value) => value.S ?? value.N)
    .join('\0');
}

/** Digits, `'` and a string, or times as their differences: never with a blank. */
function encoded(value: AttributeValue | undefined): string {
  if (value?.S !== undefined) return `'${value.S}`;
  if (value?.L === undefined) return value?.N ?? '-';
  let before = 0;
  const steps = value.L.map(({ N: digits }) => {
    const step = (Number(digits) - before).toString(36);
    before = Number(digits);
    return step;
  });
  return `[${steps.join(',')}`;
}

function decoded(text: string): AttributeValue {
  if (text.startsWith("'")) return { S: text.slice(1) };
  if (!text.startsWith('[')) return { N: text };
  let time = 0;
  const steps = text === '[' ? [] : text.slice(1).split(',');
  return { L: steps.map((step) => ({ N: String((time += Number.parseInt(step, 36))) })) };
}
