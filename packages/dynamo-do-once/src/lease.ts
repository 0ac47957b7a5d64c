import {
  backgroundSleep,
  instantOf,
  stringOf,
  writeConditionally,
  type EpochMS,
  type Instant,
} from '@x/dynamo-core';

import { claimOf, warn, type Call } from './call.js';
import { DoOnceLeaseLostError, type LeaseLossReason } from './errors.js';
import type { DoOnceContext } from './options.js';
import { attributes } from './record.js';
import { renewClaim } from './requests.js';

/** How often a heartbeat beats during a lease, and after a failure. */
const beatsPerLease = 3;
const beatsPerLeaseAfterFailure = 12;

/** The claim of a call while its action runs. */
export class Lease implements DoOnceContext {
  readonly owner: string;
  readonly isTakeover: boolean;
  readonly startedAt: EpochMS;
  readonly #call: Call;
  /** What the lease counts from: the latest claim or renewal that succeeded. */
  #from: Instant;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  #watching: Promise<void> | undefined;
  #beating: Promise<void> | undefined;

  constructor(call: Call, from: Instant, isTakeover: boolean) {
    this.owner = call.owner;
    this.isTakeover = isTakeover;
    this.startedAt = from.wallMs;
    this.#call = call;
    this.#from = from;
  }

  get signal(): AbortSignal {
    this.#watching ??= this.#watch();
    return this.#lost.signal;
  }

  get leaseMsLeft(): number {
    const { settings, rows } = this.#call;
    if (!settings.takeover) return Infinity;
    const { wallMs, monotonicMs } = instantOf(rows.clock);
    // Whichever clock ran faster: one of them may have stood still or been set back.
    const spentMs = Math.max(wallMs - this.#from.wallMs, monotonicMs - this.#from.monotonicMs);
    return Math.max(0, settings.leaseMs - spentMs);
  }

  /** Starts the heartbeat, where there is to be one. A claim that is never taken needs none. */
  start(): void {
    const { heartbeat, takeover } = this.#call.settings;
    if (heartbeat && takeover) this.#beating = this.#beat();
  }

  /** Ends the timers and a renewal under way. After it, nothing renews the lease any more. */
  async end(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#watching, this.#beating]);
  }

  async #watch(): Promise<void> {
    const { clock } = this.#call.rows;
    for (let leftMs = this.leaseMsLeft; leftMs !== Infinity; leftMs = this.leaseMsLeft) {
      if (leftMs <= 0) return this.#lose('expired');
      if (!(await backgroundSleep(clock, leftMs, this.#ended.signal))) return;
    }
  }

  /** Renews until the action ends or the lease is lost. Never rejects. */
  async #beat(): Promise<void> {
    const { rows, row, settings } = this.#call;
    let pauseMs = settings.leaseMs / beatsPerLease;
    while (await backgroundSleep(rows.clock, pauseMs, this.#ended.signal)) {
      if (this.leaseMsLeft <= 0) return this.#lose('expired');
      try {
        if (!(await this.#renew())) return this.#lose('taken');
        pauseMs = settings.leaseMs / beatsPerLease;
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        warn(this.#call, `Cannot renew the lease of "${row.label}"; it is tried again`, error);
        pauseMs = settings.leaseMs / beatsPerLeaseAfterFailure;
      }
    }
  }

  /** Whether the row is still ours. */
  async #renew(): Promise<boolean> {
    const { rows, row } = this.#call;
    const from = instantOf(rows.clock);
    const input = renewClaim(row, claimOf(this.#call, this.startedAt, from.wallMs));
    const { outcome } = await writeConditionally(rows.transport, 'UpdateItem', input, {
      // Also where its lease ends later than asked for, because our clock was set back.
      isMine: (item) =>
        stringOf(item, attributes.owner) === this.owner && item[row.dataName] === undefined,
      mustExist: row.key,
      signal: this.#ended.signal,
    });
    if (outcome === 'refused') return false;
    this.#from = from;
    return true;
  }

  #lose(reason: LeaseLossReason): void {
    this.#lost.abort(new DoOnceLeaseLostError(this.#call.row.label, reason));
  }
}
