import { InvalidInputError, type Clock, type Item } from '@x/dynamo-core';
import { checkInteger } from '@x/dynamo-core/mechanism';

import { seenRow, type SeenRow } from './attempt-row.js';
import type { KeyCall } from './change-row.js';
import type { LimiterOptions } from './options.js';
import { RecentRows } from './recent-rows.js';
import { judge, type AttemptResult } from './verdict.js';

/** What this process remembers of the table: to choose requests by, and for the shield. */
export class RowMemory {
  readonly #clock: Clock;
  readonly #recent: RecentRows;
  readonly #maskMs: number;

  constructor(clock: Clock, { shield = false, rememberedKeysMax = 1000 }: LimiterOptions) {
    checkInteger('rememberedKeysMax', rememberedKeysMax, shield === false ? 0 : 1);
    const { maskMsMax = Infinity } = typeof shield === 'boolean' ? {} : shield;
    if (!(maskMsMax > 0)) throw new InvalidInputError('maskMsMax', maskMsMax, 'a number above 0');
    this.#clock = clock;
    this.#recent = new RecentRows(rememberedKeysMax);
    this.#maskMs = shield === false ? 0 : maskMsMax;
  }

  /** How many times attempts were given back in this process. */
  get releases(): number {
    return this.#recent.releases;
  }

  /** Remembers a row that a request found. */
  found(call: KeyCall, row: SeenRow | undefined, releases: number = this.releases): void {
    const seenAtMs = this.#clock.monotonic();
    this.#recent.found(call.key, call.limits, row && { row, seenAtMs }, releases);
  }

  /** Remembers what is left of a row when attempts of it were given back. */
  released(call: KeyCall, item?: Item): void {
    this.#recent.released(call.key);
    if (item !== undefined) this.found(call, seenRow(item, call));
  }

  /** The row as it was seen last. */
  rowOf({ key, limits }: KeyCall): SeenRow | undefined {
    return this.#recent.get(key, limits)?.row;
  }

  /** The row where it admits; a refusal where the shield may give it. */
  hintOf(call: KeyCall): { readonly row?: SeenRow; readonly refusal?: AttemptResult } | undefined {
    const recent = this.#recent.get(call.key, call.limits);
    if (recent === undefined) return undefined;
    const { result, block } = judge(recent.row.item, call.limits, call);
    if (result.isAdmitted) return { row: recent.row };
    const ageMs = this.#clock.monotonic() - recent.seenAtMs;
    // Somebody may have given attempts back since; and a refusal that is to begin a block has to be
    // told to the table.
    return ageMs < this.#maskMs && block === undefined ? { refusal: result } : undefined;
  }
}
