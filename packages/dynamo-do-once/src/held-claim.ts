import { stringOf, type EpochMS } from '@x/dynamo-core';
import { Lease, writeConditionally, type LeaseStart } from '@x/dynamo-core/mechanism';

import { claimExpiryOf, warn, type Call } from './call.js';
import { DoOnceLeaseLostError } from './errors.js';
import type { DoOnceContext } from './options.js';
import { attributes } from './record.js';
import { renewClaim, type ClaimWrite } from './requests.js';

/** A claim that is never taken over has no end. */
const endless = { rowMs: Infinity, monotonicMs: Infinity };

/** The claim of a call, as its action sees it. */
export class HeldClaim implements DoOnceContext {
  readonly owner: string;
  readonly startedAtMs: EpochMS;
  readonly isTakeover: boolean;
  /** What is stored. */
  readonly write: ClaimWrite;
  readonly #call: Call;
  readonly #lease: Lease<'taken'>;
  readonly #onAbort = (): void => this.#lease.interrupt(this.#call.signal?.reason);

  constructor(call: Call, write: ClaimWrite, { end }: LeaseStart, isTakeover: boolean) {
    const { row, rows, settings } = call;
    this.owner = write.owner;
    this.startedAtMs = write.startedMs;
    this.isTakeover = isTakeover;
    this.write = write;
    this.#call = call;
    this.#lease = new Lease({
      clock: rows.clock,
      leaseMs: settings.leaseMs,
      end: settings.takeover ? end : endless,
      toError: (reason, cause) => new DoOnceLeaseLostError(row.label, reason, { cause }),
    });
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  get remainingMs(): number {
    return this.#lease.remainingMs;
  }

  /** Starts the heartbeat, where there is to be one, and follows the signal of the caller. */
  start(): void {
    const { row, settings, signal } = this.#call;
    if (signal?.aborted === true) this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (!settings.heartbeat) return;
    this.#lease.heartbeat({
      renew: () => this.#lease.extend(settings.leaseMs, this.#renew.bind(this)),
      onFailure: (error) =>
        warn(this.#call, `Cannot renew the lease of "${row.label}"; it is tried again`, error),
    });
  }

  /** Ends the timers and a renewal under way. After it, nothing renews the lease any more. */
  end(): Promise<void> {
    this.#call.signal?.removeEventListener('abort', this.#onAbort);
    return this.#lease.end();
  }

  async #renew(begin: () => number, signal: AbortSignal): Promise<'renewed' | 'kept' | 'taken'> {
    const { rows, claims, settings } = this.#call;
    const build = (): ReturnType<typeof renewClaim> => {
      const leaseEndMs = begin();
      const expiresAt = claimExpiryOf(settings, this.startedAtMs, leaseEndMs);
      return renewClaim(claims, { ...this.write, leaseEndMs, expiresAt });
    };
    const { outcome } = await writeConditionally(rows.transport, 'UpdateItem', build, {
      isMine: (item) =>
        item[claims.dataName] === undefined && stringOf(item, attributes.owner) === this.owner,
      mustExist: claims.key,
      signal,
    });
    if (outcome === 'refused') return 'taken';
    // The own row ends later than was asked for where the clock was set back.
    return outcome === 'applied' ? 'renewed' : 'kept';
  }
}
