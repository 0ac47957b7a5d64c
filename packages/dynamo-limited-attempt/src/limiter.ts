import { InvalidInputError, type CompoundKey } from '@x/dynamo-core';
import { checkInteger, checkWellFormed, type PartitionedHandle } from '@x/dynamo-core/mechanism';

import { readRow, type KeyCall, type KnownRow } from './attempt-row.js';
import {
  blockOf,
  isHopeless,
  statusAfter,
  statusOf,
  statusWithin,
  type AttemptResult,
} from './key-status.js';
import { countable, resolveLimits, type AttemptLimits } from './limits.js';
import type { AttemptOptions, DecisionOptions, LimiterOptions } from './options.js';
import { blockRefused } from './block-key.js';
import { changeRow, rowAfter, type ChangedRow } from './change-row.js';
import { beginDecision, tellDecision, tellRecord } from './decision-channels.js';
import { convertParts, countParts } from './requests.js';
import { checkContextSize } from './row-size.js';
import { RowMemory } from './row-memory.js';
import { isUnavailable } from './store-errors.js';
import { StoreGuard } from './store-guard.js';
import { updateBuilder, type BuildUpdate, type Part } from './update.js';

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
    tellDecision(begun, call.displayKey, decision.result);
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

function checkContext(context: string): void {
  if (typeof context !== 'string') {
    throw new InvalidInputError('context', context, 'a string, or left out');
  }
  // Not every engine refuses half of a pair, and none could give it back.
  checkWellFormed('context', context);
}
