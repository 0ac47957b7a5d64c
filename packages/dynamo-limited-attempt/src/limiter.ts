import {
  InvalidInputError,
  writeConditionally,
  type CompoundKey,
  type Item,
  type PartitionedRows,
} from '@x/dynamo-core';

import { attemptRow, blockedUntil, shortRow, type AttemptRow } from './attempt-row.js';
import { resolveLimits, type AttemptLimits } from './limits.js';
import type { AttemptOptions, SuccessfulAttempt } from './options.js';
import { RecentRows } from './recent-rows.js';
import { blockRow, deleteRow, readRow, type RowAddress } from './requests.js';
import { StoreErrors } from './store-errors.js';
import { countedAttempt, uncountedAttempt } from './successful-attempt.js';
import { takeAttempt, type AttemptCall, type AttemptOutcome } from './take-attempt.js';
import { judge, type Verdict } from './verdict.js';

/** How a limiter answers, checked. */
export interface LimiterSettings {
  readonly allowsOnStoreError: boolean;
  readonly rememberedKeysMax: number;
  /** For how long a refusal may be answered from memory; 0 for no shield. */
  readonly maskMs: number;
}

type Refused = Extract<AttemptOutcome, { isAdmitted: false }>;

/** What an attempt came to. */
export type Answer<T extends string> =
  | { readonly admitted: SuccessfulAttempt<T> }
  | { readonly refused: Verdict };

/** The table with the attempts, and what this process remembers of it. */
export class Limiter {
  readonly #rows: PartitionedRows;
  readonly #recent: RecentRows;
  readonly #maskMs: number;
  readonly #storeErrors: StoreErrors | undefined;

  constructor(
    rows: PartitionedRows,
    { allowsOnStoreError, rememberedKeysMax, maskMs }: LimiterSettings,
  ) {
    this.#storeErrors = allowsOnStoreError ? new StoreErrors(rows.transport) : undefined;
    this.#rows = this.#storeErrors ? { ...rows, transport: this.#storeErrors.transport } : rows;
    this.#recent = new RecentRows(rememberedKeysMax);
    this.#maskMs = maskMs;
  }

  /** Checks what a caller passed. */
  prepare(
    key: CompoundKey,
    limits: AttemptLimits,
    context: string | undefined,
    { cost = 1, signal }: AttemptOptions,
  ): AttemptCall {
    if (context !== undefined && typeof context !== 'string') {
      throw new InvalidInputError('contextToStore', context, 'a string, or left out');
    }
    return {
      ...this.#locate(key),
      limits: resolveLimits(limits, cost),
      cost,
      context,
      signal,
      id: this.#rows.random.id(),
      nowMs: Math.floor(this.#rows.clock.now()),
    };
  }

  async take<T extends string>(call: AttemptCall): Promise<Answer<T>> {
    const recent = this.#recent.get(call.key);
    if (recent !== undefined && this.#rows.clock.monotonic() - recent.seenAtMs < this.#maskMs) {
      const verdict = judge(recent.item, call.limits, call);
      // A refusal that is to begin a block has to be told to the table.
      if (!verdict.isAdmitted && verdict.blockUntilMs === 0) return { refused: verdict };
    }
    const releasesBefore = this.#recent.releases;
    let outcome: AttemptOutcome;
    try {
      outcome = await takeAttempt(call, recent?.item);
    } catch (error) {
      if (!this.#isAllowed(error, call)) throw error;
      return { admitted: uncountedAttempt(call) };
    }
    if (!outcome.isAdmitted) {
      this.#found(call, outcome.row, releasesBefore);
      return { refused: await this.#block(call, outcome, releasesBefore) };
    }
    this.#found(call, outcome, releasesBefore);
    return { admitted: countedAttempt(call, outcome, (item) => this.#released(call, item)) };
  }

  async read(call: AttemptCall): Promise<AttemptRow | undefined> {
    const releasesBefore = this.#recent.releases;
    const { transport } = this.#rows;
    const { Item } = await transport.call('GetItem', readRow(call), { signal: call.signal });
    const row = attemptRow(Item, this.#rows, call.label, call.limits);
    this.#found(call, row, releasesBefore);
    return row;
  }

  async clear(key: CompoundKey, signal: AbortSignal | undefined): Promise<void> {
    const address = this.#locate(key);
    await writeConditionally(this.#rows.transport, 'DeleteItem', deleteRow(address), { signal });
    this.#released(address, undefined);
  }

  /** Begins the block that a refusal brings with it, if it does. */
  async #block(
    call: AttemptCall,
    { row, verdict }: Refused,
    releasesBefore: number,
  ): Promise<Verdict> {
    const { blockUntilMs: untilMs } = verdict;
    const { window } = row.item;
    const { original } = row;
    const value = original?.data ?? window;
    if (untilMs === 0 || value === undefined) return verdict;
    const name = original ? 'data' : 'window';
    const input = blockRow(call, { window: { name, value }, nowMs: call.nowMs, untilMs });
    try {
      const result = await writeConditionally(call.rows.transport, 'UpdateItem', input, {
        mustExist: call.key,
        signal: call.signal,
      });
      const item = result.outcome === 'applied' ? result.attributes : result.item;
      const met = attemptRow(item, this.#rows, call.label, call.limits);
      this.#found(call, met, releasesBefore);
      const blockedMs = blockedUntil(item);
      return {
        ...verdict,
        admitsAtMs: Math.max(verdict.admitsAtMs, blockedMs),
        resetAtMs: Math.max(verdict.resetAtMs, blockedMs),
      };
    } catch (error) {
      if (!this.#isAllowed(error, call)) throw error;
      // The attempt is refused all the same, only for no longer than its limit says.
      return verdict;
    }
  }

  #isAllowed(error: unknown, { signal }: AttemptCall): boolean {
    return this.#storeErrors?.has(error) === true && signal?.aborted !== true;
  }

  #locate(key: CompoundKey): RowAddress {
    return { rows: this.#rows, ...this.#rows.address(key) };
  }

  #found({ key }: RowAddress, row: Partial<AttemptRow> | undefined, releasesBefore: number): void {
    const { item, original } = row ?? {};
    this.#recent.found(key, original ? undefined : this.#seen(item), releasesBefore);
  }

  #released({ key }: RowAddress, item: Item | undefined): void {
    this.#recent.released(key, this.#seen(item));
  }

  #seen(item: Item | undefined): { item: Item; seenAtMs: number } | undefined {
    const { clock, mappings } = this.#rows;
    return item && { item: shortRow(item, mappings), seenAtMs: clock.monotonic() };
  }
}
