import { InvalidInputError, type CompoundKey, type Item } from '@x/dynamo-core';
import {
  checkInteger,
  checkWellFormed,
  writeConditionally,
  checkAlone,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import { seenRow, type SeenRow } from './attempt-row.js';
import { blockKey, blockRefused, unblockKey } from './block-key.js';
import { changeRow, type KeyCall, type RowChange } from './change-row.js';
import { checkContextSize, convertParts, countable, countParts } from './count-attempt.js';
import { giveBack } from './give-back.js';
import { durationMsMax, resolveLimits, type AttemptLimits } from './limits.js';
import type { AttemptOptions, DecisionOptions, LimiterOptions } from './options.js';
import { RowMemory } from './row-memory.js';
import { deleteRow } from './requests.js';
import { updateBuilder, type BuildUpdate } from './update-builder.js';
import { isUnavailable } from './store-errors.js';
import { abortableIf, StoreGuard } from './store-guard.js';
import { isHopeless, judge, type AttemptResult, type Verdict } from './verdict.js';

/** What an attempt or a record came to. */
export interface Decision {
  readonly result: AttemptResult;
  /** The row that counted it. */
  readonly counted?: { readonly item: Item; readonly isLatest: boolean };
}

/** The table with the attempts, what this process remembers of it, and what it does without it. */
export class Limiter {
  readonly rows: PartitionedHandle;
  readonly #build: BuildUpdate;
  readonly memory: RowMemory;
  readonly store: StoreGuard;

  constructor(rows: PartitionedHandle, options: LimiterOptions) {
    this.rows = rows;
    this.#build = updateBuilder(rows);
    this.memory = new RowMemory(rows.clock, options);
    this.store = new StoreGuard(rows.clock, options);
  }

  /** Checks what a caller passed, and copies it. */
  prepare(
    key: CompoundKey,
    limits: AttemptLimits | undefined,
    { cost = 1, context }: Pick<AttemptOptions, 'cost' | 'context'> = {},
  ): KeyCall {
    checkInteger('cost', cost, 1);
    if (context !== undefined) checkContext(context);
    const { rows } = this;
    const address = rows.address(key);
    return {
      rows,
      build: this.#build,
      key: address.key,
      label: address.label,
      limits: limits === undefined ? [] : resolveLimits(limits),
      cost,
      context,
      id: rows.random.id(),
      nowMs: Math.floor(rows.clock.now()),
    };
  }

  /** Counts an attempt within its limits, or refuses it. */
  attempt(key: CompoundKey, call: KeyCall, options: DecisionOptions): Promise<Decision> {
    checkContextSize(call);
    const run = (signal: AbortSignal | undefined): Promise<Decision> => this.#attempt(call, signal);
    return this.store.decide([key], [call], options, { run, answer: decided });
  }

  async #attempt(call: KeyCall, signal: AbortSignal | undefined): Promise<Decision> {
    if (isHopeless(call.limits, call))
      return { result: judge(undefined, call.limits, call).result };
    const known = this.memory.hintOf(call);
    if (known?.refusal !== undefined) return { result: known.refusal };
    const { releases } = this.memory;
    let refused: Verdict | undefined;
    const change = await changeRow(
      call,
      known?.row,
      (row, isSeen) => {
        const verdict = isSeen ? judge(row?.item, call.limits, call) : undefined;
        refused = verdict?.result.isAdmitted === false ? verdict : undefined;
        return refused === undefined ? countParts(call, row, 'within') : undefined;
      },
      { signal, startsOver: true },
    );
    if (change.outcome === 'left') {
      this.memory.found(call, change.row, releases);
      return { result: await this.refuse(call, change.row, refused as Verdict, signal) };
    }
    this.memory.found(call, seenRow(change.item, call), releases);
    return { result: after(call, change.item), counted: change };
  }

  /** Counts what has happened already, past the limits if need be. */
  record(key: CompoundKey, call: KeyCall, options: DecisionOptions): Promise<Decision> {
    const run = (signal: AbortSignal | undefined): Promise<Decision> => this.#record(call, signal);
    return this.store.decide([key], [call], options, { run, answer: decided, isRecord: true });
  }

  async #record(call: KeyCall, signal: AbortSignal | undefined): Promise<Decision> {
    if (countable(call.limits).length === 0) return { result: within(call, undefined) };
    const { releases } = this.memory;
    const known = this.memory.rowOf(call);
    const change = await changeRow(call, known, (row) => countParts(call, row, 'past'), {
      signal,
      startsOver: true,
    });
    const item = change.outcome === 'changed' ? change.item : undefined;
    this.memory.found(call, seenRow(item, call), releases);
    return { result: within(call, item) };
  }

  /** Reads the row. */
  async read(call: KeyCall, signal: AbortSignal | undefined): Promise<SeenRow | undefined> {
    const { releases } = this.memory;
    const input = { TableName: this.rows.tableName, Key: call.key, ConsistentRead: true };
    const { Item } = await abortableIf(signal, () =>
      this.rows.transport.call('GetItem', input, { signal }),
    );
    // The answer may have corrected the clock.
    call.nowMs = Math.floor(this.rows.clock.now());
    const row = seenRow(Item, call);
    this.memory.found(call, row, releases);
    return row;
  }

  /** Gives back what counts now. */
  async refund(call: KeyCall, signal: AbortSignal | undefined): Promise<boolean> {
    const row = await this.read(call, signal);
    const change = await abortableIf(signal, () => giveBack(call, row, undefined, signal));
    if (change.outcome === 'changed') this.memory.released(call, change.item);
    return change.outcome === 'changed';
  }

  async block(call: KeyCall, durationMs: number, signal: AbortSignal | undefined): Promise<void> {
    checkInteger('durationMs', durationMs, 1, durationMsMax);
    await abortableIf(signal, () => blockKey(call, durationMs, signal));
    this.memory.released(call, undefined);
  }

  async unblock(call: KeyCall, signal: AbortSignal | undefined): Promise<void> {
    await abortableIf(signal, () => unblockKey(call, signal));
    this.memory.released(call, undefined);
  }

  async clear(
    call: KeyCall,
    began: Readonly<Record<string, string>> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const input = deleteRow(this.rows, call.key, began);
    const result = await abortableIf(signal, () =>
      writeConditionally(this.rows.transport, 'DeleteItem', input, { signal }),
    );
    if (result.outcome !== 'applied' && began === undefined) {
      const { [this.rows.mappings.dataFieldName]: _, ...others } = result.item ?? {};
      checkAlone(call.label, others, 'attempts');
    }
    this.memory.released(call, undefined);
  }

  /** Converts what another rule has kept, and begins the block that a refusal brings with it. */
  async refuse(
    call: KeyCall,
    row: SeenRow | undefined,
    { result, block }: Verdict,
    signal: AbortSignal | undefined,
  ): Promise<AttemptResult> {
    if (row === undefined) return result;
    const isConverted = convertParts(call, row) === undefined;
    if (isConverted && block === undefined) return result;
    const { releases } = this.memory;
    try {
      let left: SeenRow | undefined = row;
      if (!isConverted) {
        const options = { signal, isSeen: true };
        const convert = (met?: SeenRow): ReturnType<typeof convertParts> =>
          met && convertParts(call, met);
        left = seenAfter(call, await changeRow(call, row, convert, options));
      }
      if (block !== undefined && left !== undefined) {
        const blocking = { ...call, id: this.rows.random.id() };
        left = seenAfter(call, await blockRefused(blocking, left, block, signal));
      }
      this.memory.found(call, left, releases);
      const again = judge(left?.item, call.limits, call).result;
      return again.isAdmitted ? result : again;
    } catch (error) {
      // The attempt is refused all the same, only for no longer than its limit says.
      if (signal?.aborted || !isUnavailable(error)) throw error;
      if (this.store.isThrowing) throw error;
      return result;
    }
  }
}

function decided([result]: readonly AttemptResult[]): Decision {
  return { result: result as AttemptResult };
}

function seenAfter(call: KeyCall, change: RowChange): SeenRow | undefined {
  return change.outcome === 'changed' ? seenRow(change.item, call) : change.row;
}

/** Where an admitted attempt leaves the key. */
function after(call: KeyCall, item: Item): AttemptResult {
  const { result } = judge(item, call.limits, { ...call, cost: 0 });
  if (result.isAdmitted) return result;
  // What came in between, before a repeat recognised itself, refuses others.
  const admitted = { isAdmitted: true, retryAfterMs: 0, reason: undefined, isBlocked: false };
  const limits = result.limits.map((status) => ({ ...status, ...admitted }));
  return { ...result, ...admitted, limits, refusedBy: [] };
}

/** Where a record leaves the key: whether it is within its limits, or when it will be. */
function within(call: KeyCall, item: Item | undefined): AttemptResult {
  const { result } = judge(item, call.limits, { ...call, cost: 0 });
  return result.isAdmitted ? result : judge(item, call.limits, { ...call, cost: 1 }).result;
}

function checkContext(context: string): void {
  if (typeof context !== 'string') {
    throw new InvalidInputError('context', context, 'a string, or left out');
  }
  // Not every engine refuses half of a pair, and none could give it back.
  checkWellFormed('context', context);
}
