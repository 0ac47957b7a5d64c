import { numberOf, stringOf, type Item } from '@x/dynamo-core';
import { leasePauseMs, tellsOthers, writeConditionally } from '@x/dynamo-core/mechanism';

import { attributes } from './record.js';
import { joinWaiters, type Call } from './requests.js';

/** A thousand that wait look together about four hundred times a second. */
const backoff = { firstMs: 50, maxMs: 5_000 };

/** One call that waits for the claim of another. */
export class Wait {
  readonly #call: Call;
  #rounds = 0;
  /** The owner of the claim that it waits for. */
  #owner: string | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  /**
   * Sleeps until the next look: with full jitter, and never beyond the end of the lease, in `freeMs`, or
   * 4 seconds more where many wait. One in 64 tells the others, once for each claim, with an UpdateItem.
   */
  async pause(item: Item | undefined, freeMs: number, leftMs: number): Promise<void> {
    const { rows, signal } = this.#call;
    const { clock, random } = rows;
    await this.#joinSometimes(item && stringOf(item, attributes.owner));
    const isCrowded = ((item && numberOf(item, attributes.waiters)) ?? 0) > 1;
    const pauseMs = leasePauseMs(this.#rounds++, backoff, random, { freeMs, isCrowded });
    await clock.sleep(Math.ceil(Math.min(pauseMs, leftMs)), { signal });
  }

  async #joinSometimes(owner: string | undefined): Promise<void> {
    if (owner === undefined || owner === this.#owner) return;
    this.#owner = owner;
    const { rows, claims, signal } = this.#call;
    if (!tellsOthers(rows.random)) return;
    await writeConditionally(rows.transport, 'UpdateItem', joinWaiters(claims, owner), { signal });
  }
}
