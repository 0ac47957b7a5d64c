import type { AttributeValue, DynamoInput, Item } from '@x/dynamo-core';
import {
  abortable,
  conflicts,
  onFirstUse,
  settledWithin,
  writeConditionally,
} from '@x/dynamo-core/mechanism';

import { free, refusing, standingOf } from './standing.js';
import type { Outcome } from './responses.js';
import { recordOf, type DoOnceRecord } from './record.js';
import { release, releaseMsMax } from './release.js';
import {
  type Call,
  claimable,
  completable,
  cutOf,
  doneRow,
  isClaim,
  isMarkOf,
  type ClaimWrite,
  type WriteCondition,
  type DoneWrite,
  readRow,
  warn,
} from './requests.js';
import type { Settings } from './settings.js';
import { pausesOf, type Pause } from './wait.js';

/** What an action may need when it has ended: loaded before it begins. */
const together = /* @__PURE__ */ onFirstUse(() => import('./mark-together.js'));
const storing = /* @__PURE__ */ onFirstUse(() => import('./store-outcome.js'));

/** Loads what marks the action, so that nothing has to be loaded once it was carried out. */
export async function loadMarking(settings: Settings): Promise<void> {
  await conflicts();
  if (settings.separateClaims) await together();
  if (settings.codec !== undefined || !isReleased(settings)) await storing();
}

/** What came of one attempt: what it was for, or the row that was in the way. */
export type Tried<T> =
  | { readonly outcome: 'taken'; readonly value: T }
  | { readonly outcome: 'refused'; readonly item: Item | undefined };

/** What was marked. */
export interface Marked {
  readonly atMs: number;
  readonly result: AttributeValue | undefined;
}

/** What came of all of them. */
export type Attempted<T> =
  | { readonly outcome: 'taken'; readonly value: T }
  | { readonly outcome: 'done'; readonly record: DoOnceRecord };

/**
 * Attempts to take the action, and while another runs it waits and looks again, until it is free or
 * done. The first attempt needs no read; it may be given the row that was `found`. `from` is the claim
 * of another that has ended, which the attempt takes over.
 */
export async function untilDone<T>(
  call: Call,
  attempt: (from: Item | undefined) => Promise<Tried<T>>,
  found?: Item,
): Promise<Attempted<T>> {
  const { rows, row, claims, settings, signal, clock, startedMs } = call;
  let pause: Pause | undefined;
  let item = found;
  for (;;) {
    let standing = item === undefined ? free : await standingOf(call, item);
    if (standing.outcome === 'free') {
      const from = isClaim(item, row.dataName) ? item : undefined;
      const attempted = await attempt(from);
      if (attempted.outcome === 'taken') return attempted;
      item = attempted.item;
      standing = await standingOf(call, item);
      // Only now it is known that there is a claim, and that it may be taken over.
      const mayTakeOver = standing.outcome === 'free' && isClaim(item, row.dataName);
      if (from === undefined && mayTakeOver) continue;
    }
    if (standing.outcome === 'done') return standing;
    if (settings.separateClaims) {
      // The claim may be a late copy, or its owner dead, and the original has acted since.
      const marked = await standingOf(call, await readRow(rows, row, { signal }));
      if (marked.outcome === 'done') return marked;
    }
    const { freeInMs } = standing;
    const leftMs = settings.waitMsMax - (clock.monotonic() - startedMs);
    if (freeInMs === undefined || settings.onInProgress === 'throw' || leftMs <= 0) {
      return (await refusing()).refuse(call, item, freeInMs);
    }
    pause ??= pausesOf(call);
    await pause(item, freeInMs, leftMs);
    item = await readRow(rows, claims, { signal });
  }
}

/** Marks the action as done, with its result if that is to be stored, also after an abort. */
export function complete<T>(call: Call, claimed: ClaimWrite, response: T): Promise<Outcome<T>> {
  const marking = { ...call, signal: undefined };
  const { codec } = call.settings;
  return seenTo(call, 'mark', releaseMsMax, async () => {
    if (codec === undefined || response === undefined) {
      return outcomeOf(call, await mark(marking, claimed), response);
    }
    const { markWithResult } = await storing();
    return markWithResult(marking, claimed, response, codec);
  });
}

/** What became of an action, by its mark. */
export function outcomeOf<T>(call: Call, marked: Attempted<Marked>, response: T): Outcome<T> {
  if (marked.outcome === 'done') {
    warn(call, 'complete', ' first: another has; both have acted');
    return { ...marked, isOvertaken: true };
  }
  const { atMs: at, result } = marked.value;
  return { outcome: 'acted', response, at, result, notStored: undefined };
}

/** Releases the claim of an action that failed, or does what else was asked for. */
export async function settleFailure<T>(
  call: Call,
  claimed: ClaimWrite,
  error: unknown,
): Promise<Outcome<T>> {
  if (!isReleased(call.settings)) {
    const { settleAsAsked } = await storing();
    return settleAsAsked(call, claimed, error);
  }
  await release(call);
  return { outcome: 'failed', error, shared: error };
}

/** Whether an action that fails just loses its claim. */
function isReleased({ storeError, onError }: Settings): boolean {
  return storeError === undefined && onError === 'release';
}

/**
 * Marks it for the owner of the claim or the one from whom it was taken over. Where the claim is a
 * stranger's, made after `clearKey` or a release, waits for that: its action is not to be left out.
 * So the claim that has a row of its own ends with the mark: in between, neither would be seen.
 */
export async function mark(
  call: Call,
  claimed: ClaimWrite,
  stored: Pick<DoneWrite, 'result' | 'failure'> = {},
): Promise<Attempted<Marked>> {
  const { row, claims, owner, settings } = call;
  const markOf = (): DoneWrite => Object.assign(doneOf(call, claimed), stored);
  const send = async (
    conditionOf: () => WriteCondition,
    mustExist?: Item,
  ): Promise<Tried<Marked>> => {
    if (!settings.separateClaims) return markAlone(call, markOf, conditionOf, mustExist);
    const { markTogether } = await together();
    return markTogether(call, [], markOf, conditionOf);
  };
  const first = await send(() => completable(claims, owner));
  if (first.outcome === 'taken') return first;
  const marked = await untilDone(
    { ...call, startedMs: call.clock.monotonic() },
    (from) => send(() => claimable(claims, cutOf(call), from), row.key),
    first.item,
  );
  if (marked.outcome === 'done' && settings.separateClaims) await release(call);
  return marked;
}

/** Marks it under a condition on the claim, which is in the same row. */
export async function markAlone(
  call: Call,
  markOf: () => DoneWrite,
  conditionOf: (write: DoneWrite) => WriteCondition,
  mustExist: Item | undefined,
): Promise<Tried<Marked>> {
  const { rows, row, signal } = call;
  let write!: DoneWrite;
  const build = (): DynamoInput<'PutItem'> => {
    write = markOf();
    return Object.assign(doneRow(row, write), conditionOf(write));
  };
  const put = await writeConditionally(rows.transport, 'PutItem', build, {
    isMine: (item) => isMarkOf(call, item),
    mustExist,
    signal,
  });
  if (put.outcome === 'refused') return put;
  const { atMs, result } = write;
  if (put.outcome === 'applied') return { outcome: 'taken', value: { atMs, result } };
  const { at, result: kept } = recordOf(put.item, row.dataName);
  return { outcome: 'taken', value: { atMs: at ?? atMs, result: kept } };
}

/**
 * Does what has to come to its end, under bounds of its own, also when nobody waits for it any more:
 * after an abort the caller waits `msMax` milliseconds for it, and then gets the reason. The work goes
 * on in the background, and the logger gets its failure.
 */
export async function seenTo<T>(
  call: Call,
  what: 'claim' | 'mark',
  msMax: number,
  work: () => Promise<T>,
): Promise<T> {
  const { signal } = call;
  if (signal === undefined) return work();
  let hasLeft = false;
  const working = work().catch((error: unknown) => {
    if (hasLeft && error !== signal.reason) {
      warn(call, what, ', after its signal has aborted', error);
    }
    throw error;
  });
  const ended = Promise.allSettled([working]);
  const outcome = await abortable(signal, () => ended).catch(() =>
    settledWithin({ clock: call.clock, ms: msMax }, ended),
  );
  if (outcome === undefined) {
    hasLeft = true;
    throw signal.reason;
  }
  const [settled] = outcome;
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/** The mark of a call that is done now, with the beginning and the payload of its claim. */
export function doneOf(
  { rows, settings, owner, hash }: Call,
  claimed?: Pick<DoneWrite, 'startedMs' | 'hash'>,
): DoneWrite {
  const atMs = rows.clock.now();
  const { ttlSeconds } = settings;
  const expiresAt = ttlSeconds === undefined ? undefined : Math.ceil(atMs / 1000 + ttlSeconds);
  return { startedMs: atMs, hash, ...claimed, owner, atMs, expiresAt };
}
