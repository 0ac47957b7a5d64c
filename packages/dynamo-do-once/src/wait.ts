import { stringOf, type Item } from '@x/dynamo-core';
import { isCrowded, leasePauseMs, tellsOthers, writeConditionally } from '@x/dynamo-core/mechanism';

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
   * 4 seconds more where many wait. One in 64 says that it waits, once for each claim, with an UpdateItem.
   */
  async pause(item: Item | undefined, freeMs: number, leftMs: number): Promise<void> {
    const { rows, signal } = this.#call;
    const { clock, random } = rows;
    const wait = { freeMs, isCrowded: isCrowded(item) };
    if (!wait.isCrowded) await this.#joinSometimes(item && stringOf(item, attributes.owner));
    const pauseMs = leasePauseMs(this.#rounds++, backoff, random, wait);
    await clock.sleep(Math.ceil(Math.min(pauseMs, leftMs)), { signal });
  }

  async #joinSometimes(owner: string | undefined): Promise<void> {
    if (owner === undefined || owner === this.#owner) return;
    this.#owner = owner;
    const { rows, claims, owner: id, signal } = this.#call;
    if (!tellsOthers(rows.random)) return;
    const input = joinWaiters(claims, owner, id);
    await writeConditionally(rows.transport, 'UpdateItem', input, { signal });
  }
}
