import { type AttributeValue, type Clock, type CompoundKey, type Item, S } from '@x/dynamo-core';
import {
  abortable,
  checkedOptions,
  checkInteger,
  deadline,
  onFirstUse,
  remembers,
  writeConditionally,
  type OptionNames,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  blockOf,
  type KeyCall,
  type KnownRow,
  type Plan,
  type RowChange,
} from './attempt-row.js';
import { admitted, refused } from './decision-channels.js';
import { statusOf, type ResolvedLimit } from './limits.js';
import {
  maskMsOf,
  type AttemptOptions,
  type AttemptResult,
  type DecisionOptions,
  type EntryResult,
  type LimiterOptions,
} from './options.js';
import { readRow, rounds, rowWith, timed, updateBuilder, type BuildUpdate } from './requests.js';

const failing = /* @__PURE__ */ onFirstUse(() => import('./store-errors.js'));
const telling = /* @__PURE__ */ onFirstUse(() => import('./tell-decision.js'));

/** So many keys have attempts in memory while the store is unavailable. */
const fallbackKeysMax = 10_000;

/** Takes what is decided already, before the requests that follow. */
export type Deciding = (results: readonly EntryResult[]) => void;

/** The table with the attempts, what this process remembers of it, and what it does without it. */
export class Limiter {
  readonly rows: PartitionedHandle;
  readonly build: BuildUpdate;
  readonly memory: RowMemory;
  readonly #options: LimiterOptions;
  /** The rows that this process keeps while the store is unavailable. */
  readonly fallback: Generations<Item> | undefined;

  constructor(rows: PartitionedHandle, options: LimiterOptions) {
    this.rows = rows;
    this.build = updateBuilder(rows);
    this.memory = new RowMemory(rows.clock, options);
    this.#options = options;
    if (options.fallback) this.fallback = new Generations(fallbackKeysMax);
  }

  /** Checks what a caller passed, and copies it. A call about the key as a whole has no limits. */
  prepare<T extends AttemptOptions>(
    caller: CompoundKey,
    limits: readonly ResolvedLimit[],
    options: T | undefined,
    names: OptionNames<T>,
  ): KeyCall {
    const { cost = 1, context, signal, timeoutMs } = checkedOptions<AttemptOptions>(options, names);
    const { rows } = this;
    const { key, displayKey, callerKey } = rows.address(caller);
    return {
      rows,
      key,
      // In one piece, as it is remembered: texts of `+` and of JSON take twice as much.
      keyId: Object.values(key)
        .map(({ S: text, N: digits }) => JSON.stringify(text ?? digits))
        .join(),
      displayKey,
      callerKey,
      limits,
      counting: limits.filter(({ attemptsMax }) => attemptsMax > 0),
      cost,
      context: context === undefined ? { NULL: true } : S(context),
      id: rows.random.id(),
      nowMs: Math.floor(rows.clock.now()),
      signal,
      timeoutMs,
    };
  }

  /** How long a call may take that says so, or does not. */
  timeoutMsOf({ timeoutMs }: DecisionOptions): number | undefined {
    return timeoutMs ?? this.#options.timeoutMs;
  }

  /** Runs within the caller's signal and the time that a call may take. */
  bounded<T>(
    options: DecisionOptions,
    run: (signal: AbortSignal | undefined) => Promise<T>,
    defaultMs?: number,
  ): Promise<T> {
    const { signal } = options;
    const ms = this.timeoutMsOf(options) ?? defaultMs;
    if (ms === undefined || ms === Infinity) {
      return signal === undefined ? run(signal) : abortable(signal, run);
    }
    return deadline({ clock: this.rows.clock, ms, signal }, run);
  }

  /**
   * Decides about these keys, of all of them or of none: also without the store. What `run` says it
   * has decided stays so, also where the requests that follow fail.
   */
  async decide(
    calls: readonly KeyCall[],
    options: DecisionOptions,
    run: (signal: AbortSignal | undefined, deciding: Deciding) => Promise<readonly EntryResult[]>,
    isRecord = false,
  ): Promise<readonly EntryResult[]> {
    const { clock } = this.rows;
    const startedMs = clock.monotonic();
    const isHeard = admitted.hasSubscribers || refused.hasSubscribers;
    // Before anything is counted.
    const told = isHeard ? await telling() : undefined;
    let [results, decided]: (readonly EntryResult[] | undefined)[] = [];
    try {
      results = await this.bounded(options, (signal) => run(signal, (given) => (decided = given)));
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      const { decideWithout } = await failing();
      const items = this.fallback;
      const { onStoreError } = this.#options;
      results = decideWithout(error, calls, { onStoreError, items, isRecord, decided });
    }
    told?.tellDecision({ clock, startedMs }, calls, results, isRecord);
    return results;
  }

  /**
   * Changes a row by what `plan` makes of it: one request where the row is as expected, and one more
   * for each change that comes in between. `plan` gets what is known of the row, and whether a
   * request has just found it; it answers `undefined` to leave the row as it is.
   */
  async change(
    call: KeyCall,
    known: KnownRow | undefined,
    plan: Plan,
    signal: AbortSignal | undefined,
  ): Promise<RowChange> {
    const { rows, key, displayKey, id } = call;
    const { releases } = this.memory;
    const begin = rounds(rows, displayKey, signal);
    let row = known;
    for (let round = 1; ; round++) {
      const parts = plan(row, round > 1);
      if (parts === undefined) return { outcome: 'left', row };
      await begin(round);
      const input = timed([call], (isAnew) =>
        this.build(key, (isAnew ? plan(row, false) : undefined) ?? parts),
      );
      const result = await writeConditionally(rows.transport, 'UpdateItem', input, {
        isMine: (item) => remembers(item, attemptRegisters, id),
        mustExist: key,
        signal,
      });
      row = await readRow(result.item, call);
      this.memory.found(call, row, releases);
      if (row !== undefined && result.outcome !== 'refused') {
        return { outcome: 'changed', row, isLatest: row.newest === id };
      }
    }
  }
}

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

  constructor(clock: Clock, options: LimiterOptions) {
    this.#clock = clock;
    const { rememberedKeysMax = 1000 } = options;
    this.#maskMs = maskMsOf(options);
    checkInteger('rememberedKeysMax', rememberedKeysMax, this.#maskMs === 0 ? 0 : 1);
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

/** Digits, `'` and a string, or `[` and the digits of times: never with a blank. */
function encoded(value: AttributeValue | undefined): string {
  if (value?.S !== undefined) return `'${value.S}`;
  if (value?.L !== undefined) return `[${value.L.map(({ N: digits }) => digits).join()}`;
  return value?.N ?? '-';
}

function decoded(text: string): AttributeValue {
  const rest = text.slice(1);
  if (text.startsWith("'")) return { S: rest };
  if (!text.startsWith('[')) return { N: text };
  return { L: rest === '' ? [] : rest.split(',').map((digits) => ({ N: digits })) };
}
