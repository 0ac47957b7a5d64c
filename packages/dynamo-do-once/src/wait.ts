import { stringOf, type Item } from '@x/dynamo-core';
import { isCrowded, leasePauseMs, tellsOthers, writeConditionally } from '@x/dynamo-core/mechanism';

import { attributes } from './record.js';
import { joinWaiters, type Call } from './requests.js';

/** A thousand that wait look together about four hundred times a second. */
const backoff = { firstMs: 50, maxMs: 5_000 };

/** Sleeps until the next look at the claim of another, which is free in `freeMs`. */
export type Pause = (item: Item | undefined, freeMs: number, leftMs: number) => Promise<void>;

/**
 * The pauses of one call: with full jitter, and never beyond the end of the lease, or 4 seconds more
 * where many wait. One in 64 says that it waits, once for each claim, with an UpdateItem.
 */
export function pausesOf({ rows, claims, clock, owner: id, signal }: Call): Pause {
  const { transport, random } = rows;
  let rounds = 0;
  /** The owner of the claim that it waits for. */
  let awaited: string | undefined;
  return async (item, freeMs, leftMs) => {
    const wait = { freeMs, isCrowded: isCrowded(item) };
    const owner = item && stringOf(item, attributes.owner);
    if (!wait.isCrowded && owner !== undefined && owner !== awaited) {
      awaited = owner;
      if (tellsOthers(random)) {
        const input = joinWaiters(claims, owner, id);
        await writeConditionally(transport, 'UpdateItem', input, { signal });
      }
    }
    const pauseMs = leasePauseMs(rounds++, backoff, random, wait);
    await clock.sleep(Math.ceil(Math.min(pauseMs, leftMs)), { signal });
  };
}
