import { InvalidInputError, type CompoundKey, type Clock } from '@x/dynamo-core';
import {
  checkInteger,
  type PartitionedHandle,
  beginning,
  type Beginning,
  abortable,
  checkOneOf,
  checkPositive,
  deadline,
} from '@x/dynamo-core/mechanism';

import {
  readRow,
  type KeyCall,
  type KnownRow,
  countable,
  resolveLimits,
  type AttemptLimits,
} from './attempt-row.js';
import {
  isHopeless,
  statusAfter,
  statusOf,
  statusWithin,
  type AttemptResult,
  statusWithout,
  RowMemory,
} from './key-status.js';
import type {
  AttemptOptions,
  DecisionOptions,
  LimiterOptions,
  StoreErrorPolicy,
} from './options.js';
import { blockRefused, blockOf } from './block-key.js';
import { convertParts, countParts, checkContextSize, checkContext } from './requests.js';
import { isUnavailable } from './store-errors.js';
import {
  updateBuilder,
  type BuildUpdate,
  type Part,
  changeRow,
  rowAfter,
  type ChangedRow,
} from './update.js';
import { LocalLimits } from './local-limits.js';
import { admitted, refused, tellDecision, tellRecord } from './decision-channels.js';

/** What an attempt or a record came to. */
export interface Decision {
  readonly result: AttemptResult;
  /** The row that counted it. */
  readonly counted?: ChangedRow;
}

/** The table with the attempts, what this process remembers of it, and what it does without it. */
export class Limiter {
  readonly rows: PartitionedHandle;
  readonly build: BuildUpdate;
  readonly memory: RowMemory;
  readonly store: StoreGuard;

  constructor(rows: PartitionedHandle, options: LimiterOptions) {
    this.rows = rows;
    this.build = updateBuilder(rows);
    this.memory = new RowMemory(rows.clock, options);
    this.store = new StoreGuard(rows.clock, options);
  }

  /** Checks what a caller passed, and copies it. */
  prepare(
    caller: CompoundKey,
    limits: AttemptLimits,
    { cost = 1, context }: Pick<AttemptOptions, 'cost' | 'context'> = {},
  ): KeyCall {
    checkInteger('cost', cost, 1);
    if (context !== undefined) checkContext(context);
    const call = this.address(caller);
    return { ...call, limits: resolveLimits(limits), cost, context };
  }

  /** A call about a key as a whole. */
  address(caller: CompoundKey): KeyCall {
    const { rows } = this;
    const { key, label: displayKey, callerKey } = rows.address(caller);
    const nowMs = Math.floor(rows.clock.now());
    const id = rows.random.id();
    return { rows, key, displayKey, callerKey, limits: [], cost: 1, context: undefined, id, nowMs };
  }

  /** Counts an attempt within its limits, or refuses it. */
  async attempt(call: KeyCall, options: DecisionOptions): Promise<Decision> {
    checkContextSize(call);
    const run = (signal: AbortSignal | undefined): Promise<Decision> => this.#attempt(call, signal);
    const begun = beginDecision(this.rows.clock);
    const decision = await this.store.decide([call], options, { run, answer: decided });
    if (begun !== undefined) tellDecision(begun, call.displayKey, decision.result);
    return decision;
  }

  async #attempt(call: KeyCall, signal: AbortSignal | undefined): Promise<Decision> {
    const { limits } = call;
    if (isHopeless(limits, call)) return { result: statusOf(undefined, limits, call) };
    const { row: known, refusal } = this.memory.hintOf(call);
    if (refusal !== undefined) return { result: refusal };
    const { releases } = this.memory;
    let refused: AttemptResult | undefined;
    const plan = (row: KnownRow | undefined, isSeen: boolean): readonly Part[] | undefined => {
      refused = isSeen ? refusalBy(row, call) : undefined;
      return refused === undefined ? countParts(call, row, 'within') : undefined;
    };
    const change = await changeRow(this.build, call, known, plan, { signal, startsOver: true });
    if (refused !== undefined && change.outcome === 'left') {
      this.memory.found(call, change.row, releases);
      return { result: await this.refuse(call, change.row, refused, signal) };
    }
    const counted = change as ChangedRow;
    this.memory.found(call, readRow(counted.item, call), releases);
    return { result: statusAfter(counted.item, limits, call), counted };
  }

  /** Counts what has happened already, past the limits if need be. */
  async record(call: KeyCall, options: DecisionOptions): Promise<AttemptResult> {
    const run = (signal: AbortSignal | undefined): Promise<Decision> => this.#record(call, signal);
    const begun = beginDecision(this.rows.clock);
    const deciding = { run, answer: decided, isRecord: true };
    const { result } = await this.store.decide([call], options, deciding);
    tellRecord(begun, call.displayKey, result);
    return result;
  }

  async #record(call: KeyCall, signal: AbortSignal | undefined): Promise<Decision> {
    if (countable(call.limits).length === 0) {
      return { result: statusWithin(undefined, call.limits, call) };
    }
    const { releases } = this.memory;
    const plan = (row: KnownRow | undefined): readonly Part[] => countParts(call, row, 'past');
    const known = this.memory.rowOf(call)?.row;
    const change = await changeRow(this.build, call, known, plan, { signal, startsOver: true });
    const { item } = change as ChangedRow;
    this.memory.found(call, readRow(item, call), releases);
    return { result: statusWithin(item, call.limits, call) };
  }

  /** Converts what another rule has kept, and begins the block that a refusal brings with it. */
  async refuse(
    call: KeyCall,
    row: KnownRow | undefined,
    result: AttemptResult,
    signal: AbortSignal | undefined,
  ): Promise<AttemptResult> {
    const block = blockOf(result, call.limits, call.nowMs);
    if (row === undefined) return result;
    const isConverted = convertParts(call, row) === undefined;
    if (isConverted && block === undefined) return result;
    const { releases } = this.memory;
    try {
      let left: KnownRow | undefined = row;
      if (!isConverted) {
        const plan = (existing: KnownRow | undefined): readonly Part[] | undefined =>
          existing && convertParts(call, existing);
        left = rowAfter(
          call,
          await changeRow(this.build, call, row, plan, { signal, isSeen: true }),
        );
      }
      if (block !== undefined && left !== undefined) {
        left = rowAfter(call, await blockRefused(this.build, call, left, block, signal));
      }
      this.memory.found(call, left, releases);
      const again = statusOf(left?.item, call.limits, call);
      return again.isAdmitted ? result : again;
    } catch (error) {
      // The attempt is refused all the same, only for no longer than its limit says.
      if (signal?.aborted || !isUnavailable(error) || this.store.isThrowing) throw error;
      return result;
    }
  }
}

function decided([result]: readonly AttemptResult[]): Decision {
  return { result: result as AttemptResult };
}

function refusalBy(row: KnownRow | undefined, call: KeyCall): AttemptResult | undefined {
  const result = statusOf(row?.item, call.limits, call);
  return result.isAdmitted ? undefined : result;
}

/** Begins a decision; `undefined` while nobody listens. */
export function beginDecision(clock: Clock): Beginning | undefined {
  return admitted.hasSubscribers || refused.hasSubscribers ? beginning(clock) : undefined;
}

/** So long at most takes what gives something back: nobody waits for it. */
const giveBackMs = 2_000;

/** How a decision is made, and what it is without the store. */
interface Deciding<T> {
  readonly run: (signal: AbortSignal | undefined) => Promise<T>;
  readonly answer: (results: readonly AttemptResult[]) => T;
  readonly isRecord?: boolean;
}

/** Bounds the requests of a limiter, and decides without the store while that is unavailable. */
export class StoreGuard {
  readonly #clock: Clock;
  readonly #timeoutMs: number | undefined;
  readonly #onStoreError: NonNullable<LimiterOptions['onStoreError']>;
  readonly #local: LocalLimits | undefined;

  constructor(
    clock: Clock,
    { onStoreError = 'throw', fallback = false, timeoutMs }: LimiterOptions,
  ) {
    if (typeof onStoreError !== 'function') checkPolicy(onStoreError);
    if (typeof fallback !== 'boolean')
      throw new InvalidInputError('fallback', fallback, 'a boolean');
    checkTimeout(timeoutMs);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onStoreError = onStoreError;
    this.#local = fallback ? new LocalLimits() : undefined;
  }

  /** Whether errors of the store always reach the caller. */
  get isThrowing(): boolean {
    return this.#onStoreError === 'throw';
  }

  /** How long a call may take that says so, or does not. */
  timeoutMsOf(givenMs: number | undefined): number | undefined {
    checkTimeout(givenMs);
    return givenMs ?? this.#timeoutMs;
  }

  /** Runs within the caller's signal and the time that a call may take. */
  bounded<T>(
    { signal, timeoutMs }: DecisionOptions,
    run: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    const ms = this.timeoutMsOf(timeoutMs);
    if (ms === undefined || ms === Infinity) {
      return signal === undefined ? run(signal) : abortable(signal, run);
    }
    return deadline({ clock: this.#clock, ms, signal }, run);
  }

  /** `bounded` for what gives something back: 2 s where nothing else is said. */
  givingBack<T>(
    { signal, timeoutMs }: DecisionOptions,
    run: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    return this.bounded({ signal, timeoutMs: this.timeoutMsOf(timeoutMs) ?? giveBackMs }, run);
  }

  /** Decides about these keys: of all of them, or of none. */
  async decide<T>(
    calls: readonly KeyCall[],
    options: DecisionOptions,
    { run, answer, isRecord = false }: Deciding<T>,
  ): Promise<T> {
    try {
      return await this.bounded(options, run);
    } catch (error) {
      if (options.signal?.aborted === true || !isUnavailable(error)) throw error;
      if (this.#local !== undefined) return answer(this.#local.decide(calls, isRecord));
      // Whoever refuses one of the keys refuses all.
      const policies = calls.map((call) => this.#policyFor(error, call));
      if (policies.includes('throw')) throw error;
      const how = policies.includes('refuse') ? 'refuse' : 'allow';
      return answer(calls.map((call) => statusWithout(call.limits, call, how)));
    }
  }

  #policyFor(error: unknown, { callerKey }: KeyCall): StoreErrorPolicy {
    const policy = this.#onStoreError;
    return typeof policy === 'function' ? checkPolicy(policy(error, callerKey)) : policy;
  }
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && timeoutMs !== Infinity) checkPositive('timeoutMs', timeoutMs);
}

function checkPolicy(policy: StoreErrorPolicy): StoreErrorPolicy {
  checkOneOf('onStoreError', policy, ['throw', 'allow', 'refuse']);
  return policy;
}
