import { type CompoundKey, S } from '@x/dynamo-core';
import {
  abortable,
  checkedOptions,
  checkInteger,
  deadline,
  remembers,
  writeConditionally,
  type OptionNames,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import {
  attemptRegisters,
  checkRowSize,
  type ChangeOptions,
  type KeyCall,
  type KnownRow,
  type Plan,
  type RowChange,
} from './attempt-row.js';
import { beginDecision, tellDecision } from './decision-channels.js';
import type { ResolvedLimit } from './limits.js';
import {
  checkContext,
  checkLimiterOptions,
  checkTimeout,
  type AttemptOptions,
  type DecisionOptions,
  type EntryResult,
  type LimiterOptions,
} from './options.js';
import { readRow, rounds, timed, updateBuilder, type BuildUpdate } from './requests.js';
import { RowMemory } from './row-memory.js';
import { isUnavailable, StoreErrors } from './store-errors.js';

/** Takes what is refused, before it is known what else comes of it. */
export type Refusing = (results: readonly EntryResult[]) => void;

/** The table with the attempts, what this process remembers of it, and what it does without it. */
export class Limiter {
  readonly rows: PartitionedHandle;
  readonly build: BuildUpdate;
  readonly memory: RowMemory;
  readonly storeErrors: StoreErrors;
  readonly #timeoutMs: number | undefined;

  constructor(rows: PartitionedHandle, options: LimiterOptions) {
    this.rows = rows;
    this.build = updateBuilder(rows);
    checkLimiterOptions(options);
    this.memory = new RowMemory(rows.clock, options);
    this.storeErrors = new StoreErrors(options);
    this.#timeoutMs = options.timeoutMs;
  }

  /** Checks what a caller passed, and copies it. A call about the key as a whole has no limits. */
  prepare<T extends AttemptOptions>(
    caller: CompoundKey,
    limits: readonly ResolvedLimit[],
    options: T,
    names: OptionNames<T>,
  ): KeyCall {
    const { cost = 1, context, signal, timeoutMs } = checkedOptions<AttemptOptions>(options, names);
    checkInteger('cost', cost, 1);
    if (context !== undefined) checkContext(context);
    const { rows } = this;
    const { key, label: displayKey, callerKey } = rows.address(caller);
    const call: KeyCall = {
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
    // Everything else in a row is small: only a context can be too long, at three bytes a unit.
    if (context !== undefined && context.length > 100_000) checkRowSize(call);
    return call;
  }

  /** How long a call may take that says so, or does not. */
  timeoutMsOf({ timeoutMs }: DecisionOptions): number | undefined {
    if (timeoutMs !== undefined) checkTimeout(timeoutMs);
    return timeoutMs ?? this.#timeoutMs;
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
   * refuses stays refused, also where the requests that follow fail.
   */
  async decide(
    calls: readonly KeyCall[],
    options: DecisionOptions,
    run: (signal: AbortSignal | undefined, refusing: Refusing) => Promise<readonly EntryResult[]>,
    isRecord = false,
  ): Promise<readonly EntryResult[]> {
    const begun = beginDecision(this.rows.clock);
    let [results, refused]: (readonly EntryResult[] | undefined)[] = [];
    try {
      results = await this.bounded(options, (signal) => run(signal, (given) => (refused = given)));
    } catch (error) {
      if (options.signal?.aborted === true || !isUnavailable(error)) throw error;
      results = this.storeErrors.decide(error, calls, isRecord, refused);
    }
    tellDecision(begun, calls, results, isRecord);
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
    { signal, isSeen = false, startsOver = false }: ChangeOptions,
  ): Promise<RowChange> {
    const { rows, key, displayKey, id } = call;
    const { releases } = this.memory;
    const begin = rounds(rows, displayKey, signal);
    let row = known;
    for (let round = 1; ; round++) {
      const parts = plan(row, isSeen || round > 1);
      if (parts === undefined) return { outcome: 'left', row };
      await begin(round);
      const input = timed([call], (isAnew) =>
        this.build(key, (isAnew ? plan(row, false) : undefined) ?? parts),
      );
      const result = await writeConditionally(rows.transport, 'UpdateItem', input, {
        isMine: (item) => remembers(item, attemptRegisters, id),
        mustExist: startsOver && row !== undefined ? undefined : key,
        signal,
      });
      const item = result.outcome === 'applied' ? (result.attributes ?? {}) : result.item;
      row = readRow(item, call);
      this.memory.found(call, row, releases);
      if (row !== undefined && result.outcome !== 'refused') {
        return { outcome: 'changed', row, isLatest: row.newest === id };
      }
    }
  }
}
