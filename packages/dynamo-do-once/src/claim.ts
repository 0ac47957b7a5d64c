import { instantOf, mayBeApplied, stringOf, writeConditionally, type Item } from '@x/dynamo-core';

import type { Attempt } from './attempts.js';
import { claimOf, cutOf, warn, type Call } from './call.js';
import { Lease } from './lease.js';
import { attributes } from './record.js';
import { claimRow, releaseClaim } from './requests.js';

/** Attempts to claim the action. */
export async function claim(call: Call): Promise<Attempt<Lease>> {
  const { rows, row, signal } = call;
  const from = instantOf(rows.clock);
  const input = claimRow(row, claimOf(call, from.wallMs, from.wallMs), cutOf(call));
  const isMine = (item: Item): boolean => stringOf(item, attributes.owner) === call.owner;
  const outcome = await writeConditionally(rows.transport, 'PutItem', input, {
    isMine: (item) => isMine(item) && item[row.dataName] === undefined,
    mustExist: row.key,
    // Without the signal: a claim whose answer nobody waits for would keep the others away.
  }).catch(async (error: unknown) => {
    if (mayBeApplied(error)) await release(call);
    throw error;
  });
  if (outcome.outcome === 'refused') return { outcome: 'refused', item: outcome.item };

  const lease = new Lease(call, from, tookOver(outcome, isMine, row.dataName));
  if (signal?.aborted === true) {
    await release(call);
    throw signal.reason;
  }
  // The answer came when the lease was over: another may act by now, so that it is claimed again.
  if (lease.leaseMsLeft <= 0) return { outcome: 'refused', item: input.Item };
  return { outcome: 'taken', value: lease };
}

/**
 * Gives the claim back, if it is still this call's. Should that fail, others wait until the lease
 * ends: what the caller is told is the error that came first.
 */
export async function release(call: Call): Promise<void> {
  const { rows, row, owner } = call;
  try {
    await writeConditionally(rows.transport, 'DeleteItem', releaseClaim(row, owner));
  } catch (error) {
    warn(call, `Cannot release the claim of "${row.label}"; it stays until its lease ends`, error);
  }
}

function tookOver(
  outcome: { outcome: string; attributes?: Item | undefined },
  isMine: (item: Item) => boolean,
  dataName: string,
): boolean {
  if (outcome.outcome === 'recognised') return true;
  const before = outcome.attributes;
  return before !== undefined && before[dataName] === undefined && !isMine(before);
}
