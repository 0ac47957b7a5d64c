import { numberOf, stringOf, type Item } from '@x/dynamo-core';
import {
  checkFinished,
  hadEnded,
  leaseStart,
  mayBeApplied,
  writeConditionally,
  type LeaseStart,
} from '@x/dynamo-core/mechanism';

import { claimExpiryOf, cutOf, type Call } from './call.js';
import { readRow } from './do-once-rows.js';
import { HeldClaim } from './held-claim.js';
import { complete, settleFailure } from './mark.js';
import type { Action } from './options.js';
import { attributes, ownersOf, recordOf } from './record.js';
import { giveBack, giveBackMsMax } from './release.js';
import { claimRow, type ClaimWrite } from './requests.js';
import type { Outcome } from './result.js';
import { beginRun } from './run-channels.js';
import { seenTo } from './seen-to.js';
import { boundHash, freeAtMs, isClaim, standingOf, untilDone, type Attempt } from './until-done.js';

/** Claims, acts and marks as done; or finds that it is done. */
export async function runOnce<T>(call: Call, action: Action<T>): Promise<Outcome<T>> {
  const report = beginRun(call);
  const attempted = await untilDone(call, (from) =>
    // Its end is seen to also after an abort: a claim that nobody uses would keep the others away.
    seenTo(call, 'claim', giveBackMsMax, () => claim(call, from)),
  );
  if (attempted.outcome === 'done') {
    report?.repeated('done');
    return { ...attempted, isOvertaken: false };
  }
  const held = attempted.value;
  if (held.isTakeover) report?.tookOver();
  let ended: 'done' | 'overtaken' | 'failed' = 'failed';
  try {
    const outcome = await act(call, held, action);
    if (outcome.outcome !== 'failed') ended = outcome.outcome === 'acted' ? 'done' : 'overtaken';
    return outcome;
  } finally {
    report?.claimed(ended);
  }
}

/** Acts under the claim, and marks as done. */
async function act<T>(call: Call, held: HeldClaim, action: Action<T>): Promise<Outcome<T>> {
  held.start();
  let response: T;
  try {
    response = await action(held);
    checkFinished('what the action returns', response);
  } catch (error) {
    await held.end();
    return settleFailure(call, held.write, error);
  }
  await held.end();
  return complete(call, held.write, response);
}

/**
 * Attempts to claim the action. `own` is the claim of an earlier attempt whose answer came after
 * its lease had ended: it is written again.
 */
async function claim(call: Call, from: Item | undefined, own?: Item): Promise<Attempt<HeldClaim>> {
  const { rows, row, claims, signal } = call;
  signal?.throwIfAborted();
  let [start, write] = beginClaim(call, from);
  const build = (): ReturnType<typeof claimRow> => {
    [start, write] = beginClaim(call, from);
    return claimRow(claims, write, cutOf(call), own ?? from);
  };
  const result = await writeConditionally(rows.transport, 'PutItem', build, {
    isMine: (item) =>
      isClaim(item, row.dataName) &&
      ownerOf(item) === write.owner &&
      numberOf(item, attributes.lease) === write.leaseEndMs,
    mustExist: claims.key,
  }).catch(async (error: unknown) => {
    if (mayBeApplied(error)) await giveBack(call, write, from);
    throw error;
  });
  if (result.outcome === 'refused') return result;

  const before = from ?? (result.outcome === 'applied' ? result.attributes : undefined);
  let obstacle: Item | undefined;
  try {
    signal?.throwIfAborted();
    obstacle = await obstacleTo(call, start, before);
    signal?.throwIfAborted();
  } catch (error) {
    await giveBack(call, write, before);
    throw error;
  }
  const isTakeover = from !== undefined && ownerOf(from) !== write.owner;
  const held = new HeldClaim(call, write, start, isTakeover);
  if (obstacle === undefined) {
    if (held.remainingMs > 0) return { outcome: 'taken', value: held };
    if (own === undefined) return claim(call, from, claimRow(claims, write, 0).Item);
  }
  await giveBack(call, write, before);
  return { outcome: 'refused', item: obstacle ?? before };
}

/** When a claim begins, and what is stored of it. */
function beginClaim(call: Call, from: Item | undefined): [LeaseStart, ClaimWrite] {
  const { rows, settings, owner } = call;
  const start = leaseStart(rows.clock, settings.leaseMs);
  const write = {
    owner,
    startedMs: start.nowMs,
    leaseEndMs: start.end.rowMs,
    hash: boundHash(call, from),
    isKept: !settings.takeover,
    earlier: from === undefined ? [] : ownersOf(from).filter((other) => other !== owner),
    expiresAt: claimExpiryOf(settings, start.nowMs, start.end.rowMs),
  };
  return [start, write];
}

/**
 * What stands against a claim that was made: what it replaced had not ended, by the time that the
 * answer brought; or, with a row for the claim, the row of the action.
 */
async function obstacleTo(
  call: Call,
  start: LeaseStart,
  before: Item | undefined,
): Promise<Item | undefined> {
  const { rows, row, settings } = call;
  const endMs = before === undefined ? Infinity : freeAtMs(call, recordOf(before, row.dataName));
  const isKnown = Number.isFinite(endMs);
  if (isKnown && !hadEnded(endMs, start, rows.clock, settings.skewToleranceMs)) return before;
  if (!settings.separateClaims) return undefined;
  const item = await readRow(rows, row);
  return standingOf(call, item).outcome === 'free' ? undefined : item;
}

function ownerOf(item: Item): string | undefined {
  return stringOf(item, attributes.owner);
}
