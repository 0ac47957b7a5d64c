import {
  DynamoPrimitiveError,
  numberOf,
  stringOf,
  type AttributeValue,
  type DynamoInput,
  type Item,
} from '@x/dynamo-core';
import {
  checkFinished,
  errorName,
  hadEnded,
  leaseStart,
  mayBeApplied,
  writeConditionally,
  type LeaseStart,
} from '@x/dynamo-core/mechanism';

import { claimExpiryOf, cutOf, doneOf, warn, type Call } from './call.js';
import { readRow } from './do-once-rows.js';
import { HeldClaim } from './held-claim.js';
import type { Action } from './options.js';
import { attributes, ownersOf, recordOf } from './record.js';
import { giveBack, giveBackMsMax, release, releaseMsMax, settleFailure } from './release.js';
import {
  claimable,
  claimRow,
  completable,
  doneRow,
  markable,
  type ClaimWrite,
  type Condition,
  type DoneWrite,
} from './requests.js';
import { encodeResult, toError, type Outcome } from './result.js';
import { beginRun } from './run-channels.js';
import { seenTo } from './seen-to.js';
import {
  boundHash,
  freeAtMs,
  isClaim,
  standingOf,
  untilDone,
  type Attempt,
  type Attempted,
} from './until-done.js';

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
    await settleFailure(call, error);
    return { outcome: 'failed', error };
  }
  await held.end();
  // Work that is done is marked whatever the signal says.
  const marking = { ...call, signal: undefined };
  return seenTo(call, 'mark', releaseMsMax, () => complete(marking, held.write, response));
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

/** Marks the action as done, with its result if that is to be stored. */
async function complete<T>(call: Call, claimed: ClaimWrite, response: T): Promise<Outcome<T>> {
  const { row, settings } = call;
  let { result, value, notStored } = await encodeResult(call, doneOf(call, claimed), response);
  let marked: Attempted<Marked>;
  try {
    marked = await mark(call, claimed, result);
  } catch (error) {
    const isNoAnswer = error instanceof DOMException;
    if (result === undefined || isNoAnswer || error instanceof DynamoPrimitiveError) throw error;
    // DynamoDB may have refused the result. That must not leave the work unmarked.
    marked = await mark(call, claimed, undefined).catch(() => {
      throw error;
    });
    if (marked.outcome === 'taken') result = marked.value.result;
    if (result === undefined) [value, notStored] = [response, toError(error)];
  }
  if (settings.separateClaims) await release(call);
  if (marked.outcome === 'done') {
    warn(call, `Cannot complete "${row.label}" first: another has; both have acted`);
    return { ...marked, isOvertaken: true };
  }
  if (notStored !== undefined) {
    // Only its name: a codec of the user's own may say in the message what it cannot store.
    const name = errorName(notStored);
    warn(call, `Cannot store the result of "${row.label}" (${name}); it is done`);
  }
  return { outcome: 'acted', response: value, at: marked.value.atMs, result, notStored };
}

interface Marked {
  readonly atMs: number;
  readonly result: AttributeValue | undefined;
}

/**
 * Marks it for the owner of the claim or the one from whom it was taken over. Where the claim is a
 * stranger's, made after `clearKey` or a release, waits for that: its action is not to be left out.
 */
async function mark(
  call: Call,
  claimed: ClaimWrite,
  result: AttributeValue | undefined,
): Promise<Attempted<Marked>> {
  const { rows, row, owner, settings } = call;
  const put = async (
    conditionOf: (write: DoneWrite) => Condition,
    mustExist?: Item,
  ): Promise<Attempt<Marked>> => {
    let atMs = 0;
    const build = (): DynamoInput<'PutItem'> => {
      const write = { ...doneOf(call, claimed), result };
      atMs = write.atMs;
      return { ...doneRow(row, write), ...conditionOf(write) };
    };
    const stored = await writeConditionally(rows.transport, 'PutItem', build, {
      isMine: (item) => item[row.dataName] !== undefined && ownerOf(item) === owner,
      mustExist,
    });
    if (stored.outcome === 'refused') return stored;
    if (stored.outcome === 'applied') return { outcome: 'taken', value: { atMs, result } };
    const { at, result: kept } = recordOf(stored.item, row.dataName);
    return { outcome: 'taken', value: { atMs: at ?? atMs, result: kept } };
  };
  if (settings.separateClaims) {
    return untilDone(call, () => put((write) => markable(row, cutOf(call), write.hash), row.key));
  }
  const first = await put(() => completable(row, owner));
  if (first.outcome === 'taken') return first;
  return untilDone(
    call,
    (from) => put(() => claimable(row, cutOf(call), from), row.key),
    first.item,
  );
}

function ownerOf(item: Item): string | undefined {
  return stringOf(item, attributes.owner);
}
