import type { AttributeValue, Clock, Item } from '@x/dynamo-core';

import type { KeyCall, KnownRow } from './attempt-row.js';
import type { ResolvedLimit } from './limits.js';
import type { AttemptResult, LimiterOptions } from './options.js';
import { rowWith } from './requests.js';
import { blockOf, statusOf } from './status.js';

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

/**
 * What this process saw last of the rows that it used last: to choose the request that is likely to
 * succeed (every request is safe for each state of the row), and for the shield. A row is kept as
 * one short text, because there may be 100,000 of them.
 */
export class RowMemory {
  readonly #clock: Clock;
  readonly #maskMs: number;
  readonly #texts: Generations<string>;
  /** How many times attempts were given back in this process. */
  releases = 0;

  constructor(clock: Clock, { shield = false, rememberedKeysMax = 1000 }: LimiterOptions) {
    const { maskMsMax = Infinity } = typeof shield === 'boolean' ? {} : shield;
    this.#clock = clock;
    this.#maskMs = shield === false ? 0 : maskMsMax;
    this.#texts = new Generations(rememberedKeysMax);
  }

  /**
   * Remembers a row that a request found; forgets the key when there is none. What a request found
   * that began before attempts were given back is not kept: it may be older than that.
   */
  found({ keyId, limits }: KeyCall, row: KnownRow | undefined, releasesBefore: number): void {
    if (!row?.newest || row.original || row.replaced || releasesBefore !== this.releases) {
      return this.#texts.delete(keyId);
    }
    const values = keptNames(limits).map((name) => encoded(row.item[name]));
    const seenAtMs = Math.floor(this.#clock.monotonic());
    this.#texts.set(keyId, [algorithmsOf(limits), seenAtMs, row.isFull, ...values].join(' '));
  }

  /** Forgets the row of a key: attempts of it were given back, or all of them. */
  released({ keyId }: KeyCall): void {
    this.releases += 1;
    this.#texts.delete(keyId);
  }

  /** The row as it was seen last with limits of these algorithms, and when in monotonic time. */
  rowOf({ keyId, limits }: KeyCall): { row: KnownRow; seenAtMs: number } | undefined {
    const [algorithms, seenAtMs, isFull, ...values] = this.#texts.get(keyId)?.split(' ') ?? [];
    if (algorithms !== algorithmsOf(limits)) return undefined;
    const item: Item = {};
    for (const [at, name] of keptNames(limits).entries()) {
      const value = values[at] ?? '-';
      if (value !== '-') item[name] = decoded(value);
    }
    return { row: rowWith(item, isFull === 'true'), seenAtMs: Number(seenAtMs) };
  }

  /** The row where it admits; a refusal where the shield may give it. */
  hintOf(call: KeyCall): { readonly row?: KnownRow; readonly refusal?: AttemptResult } {
    const known = this.rowOf(call);
    if (known === undefined) return {};
    const result = statusOf(known.row.item, call);
    if (result.isAdmitted) return { row: known.row };
    // Somebody may have given attempts back since; and the table has to be told of a block.
    const isFresh = this.#clock.monotonic() - known.seenAtMs < this.#maskMs;
    const begins = blockOf(result, call) !== undefined;
    return isFresh && !begins ? { refusal: result } : {};
  }
}

/** The attributes that are remembered of a row with these limits. */
function keptNames(limits: readonly ResolvedLimit[]): readonly string[] {
  const own = ['blockedUntil', 'expiresAt', 'r0'];
  return own.concat(...limits.map(({ names }) => names));
}

function algorithmsOf(limits: readonly ResolvedLimit[]): string {
  return limits.map(({ algorithm }) => algorithm.name).join();
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
