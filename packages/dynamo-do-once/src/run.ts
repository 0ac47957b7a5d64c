import {
  type Codec,
  numberOf,
  stringOf,
  type Item,
  type ChannelMessages,
  DynamoPrimitiveError,
} from '@x/dynamo-core';
import {
  checkFinished,
  leaseStart,
  mayBeApplied,
  writeConditionally,
  type Channel,
  type LeaseTimeout,
  Lease,
  diagnosticsChannel,
  tell,
  whenAborted,
} from '@x/dynamo-core/mechanism';

import type { Settings } from './settings.js';
import { type DoOnceResponse, type Outcome, sharedResponse } from './responses.js';
import { complete, loadMarking, settleFailure, untilDone, type Tried, seenTo } from './mark.js';
import { freeAtMs, isExpired, standingOf } from './standing.js';
import type { Action, DoOnceContext } from './options.js';
import { attributes, neverSeconds, ownersBefore, recordOf } from './record.js';
import { giveBack, giveBackMsMax } from './release.js';
import {
  type Call,
  claimRow,
  type ClaimWrite,
  cutOf,
  isClaim,
  readRow,
  renewClaim,
  warn,
} from './requests.js';

/** How a call that has claimed ended, by what became of its action. */
const endings = { acted: 'done', done: 'overtaken', failed: 'failed' } as const;

/** Claims, acts and marks as done; or finds that it is done. */
export async function runOnce<T>(call: Call, action: Action<T>): Promise<Outcome<T>> {
  const { displayKey } = call.row;
  await loadMarking(call.settings);
  const attempted = await untilDone(call, (from) =>
    // Its end is seen to also after an abort: an unused claim would keep the others away.
    seenTo(call, 'claim', giveBackMsMax, () => claim(call, from)),
  );
  if (attempted.outcome === 'done') {
    tell(channels.repeat, call, displayKey, 'done');
    return { isOvertaken: false, ...attempted };
  }
  const held = attempted.value;
  if (held.isTakeover) tell(channels.takeover, call, displayKey, 'taken');
  let ended: Outcome<T>['outcome'] = 'failed';
  try {
    const outcome = await act(call, held, action);
    ended = outcome.outcome;
    return outcome;
  } finally {
    tell(channels.claim, call, displayKey, endings[ended]);
  }
}

/** Whether an action failed because of its caller or its lease, and not by itself. */
export function isOfItsOwn(ended: Outcome<unknown>, signal: AbortSignal | undefined): boolean {
  if (ended.outcome !== 'failed') return false;
  return signal?.aborted === true || ended.error instanceof DoOnceLeaseLostError;
}

/** What the caller of an action gets of its own call. */
export async function ownResponse<T>(
  outcome: Outcome<T>,
  codec: Codec | undefined,
  displayKey: string,
): Promise<DoOnceResponse<T>> {
  if (outcome.outcome === 'failed') throw outcome.error;
  if (outcome.outcome === 'done') return sharedResponse(outcome, codec, displayKey);
  const { response, at, notStored } = outcome;
  return {
    didAction: true,
    actionResponse: response,
    at,
    ...(notStored && { resultNotStored: notStored }),
  };
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
async function claim(call: Call, from: Item | undefined, own?: Item): Promise<Tried<HeldClaim>> {
  const { rows, row, claims, signal } = call;
  signal?.throwIfAborted();
  let write!: ClaimWrite;
  const build = (): ReturnType<typeof claimRow> => {
    write = claimOf(call, from);
    return claimRow(claims, write, cutOf(call), own ?? from);
  };
  const result = await writeConditionally(rows.transport, 'PutItem', build, {
    isMine: (item) =>
      isClaim(item, row.dataName) &&
      ownerOf(item) === write.owner &&
      numberOf(item, attributes.lease) === write.end.rowMs,
    mustExist: claims.key,
  }).catch(async (error: unknown) => {
    if (mayBeApplied(error)) await giveBack(call, write, from);
    throw error;
  });
  if (result.outcome === 'refused') return result;

  const before = from ?? (result.outcome === 'applied' ? result.item : undefined);
  let obstacle: Item | undefined;
  try {
    signal?.throwIfAborted();
    obstacle = await obstacleTo(call, before);
    signal?.throwIfAborted();
  } catch (error) {
    await giveBack(call, write, before);
    throw error;
  }
  const isTakeover = from !== undefined && ownerOf(from) !== write.owner;
  const held = heldClaim(call, write, isTakeover);
  if (obstacle === undefined) {
    if (held.remainingMs > 0) return { outcome: 'taken', value: held };
    if (own === undefined) return claim(call, from, claimRow(claims, write, 0).Item);
  }
  await giveBack(call, write, before);
  return { outcome: 'refused', item: obstacle ?? before };
}

/** The claim of a call that begins now. */
function claimOf(call: Call, from: Item | undefined): ClaimWrite {
  const { clock, settings, owner } = call;
  const { nowMs, end } = leaseStart(clock, settings.leaseMs);
  return {
    owner,
    startedMs: nowMs,
    end,
    hash: boundHash(call, from),
    earlier: from === undefined ? [] : ownersBefore(from, owner),
    expiresAt: claimExpiryOf(settings, nowMs, end.rowMs),
  };
}

/** The payload of a call that takes over the claim `from`: its own, or what that is bound to. */
export function boundHash(call: Call, from: Item | undefined): string | undefined {
  const record = from && recordOf(from, call.row.dataName);
  if (record === undefined || isExpired(record, cutOf(call))) return call.hash;
  return call.hash ?? record.payloadHash;
}

/**
 * What stands against a claim that was made: what it replaced had not ended, by the time that the
 * answer brought; or, with a row for the claim, the row of the action.
 */
async function obstacleTo(call: Call, before: Item | undefined): Promise<Item | undefined> {
  const { rows, row, settings } = call;
  const endMs = before === undefined ? Infinity : freeAtMs(call, recordOf(before, row.dataName));
  if (Number.isFinite(endMs) && endMs > cutOf(call)) return before;
  if (!settings.separateClaims) return undefined;
  const item = await readRow(rows, row);
  return (await standingOf(call, item)).outcome === 'free' ? undefined : item;
}

function ownerOf(item: Item): string | undefined {
  return stringOf(item, attributes.owner);
}

/** A claim that is never taken over has no end. */
const endless = { rowMs: Infinity, monotonicMs: Infinity };

/** The claim of a call, as its action sees it. */
interface HeldClaim extends DoOnceContext {
  /** What is stored. */
  readonly write: ClaimWrite;
  /** Starts the heartbeat, where there is to be one, and follows the signal of the caller. */
  start(): void;
  /** Ends the timers and a renewal under way. After it, nothing renews the lease any more. */
  end(): Promise<void>;
}

function heldClaim(call: Call, write: ClaimWrite, isTakeover: boolean): HeldClaim {
  const { row, rows, claims, settings, clock, signal } = call;
  const { owner, startedMs: startedAtMs } = write;
  const lease = new Lease<'taken'>({
    clock,
    leaseMs: settings.leaseMs,
    end: settings.takeover ? write.end : endless,
    asked: write.end,
    toError: (reason, cause) => new DoOnceLeaseLostError(row.displayKey, reason, { cause }),
  });
  const renew = async (begin: () => number, ended: AbortSignal): Promise<'renewed' | 'taken'> => {
    const build = (): ReturnType<typeof renewClaim> => {
      const leaseEndMs = begin();
      const expiresAt = claimExpiryOf(settings, startedAtMs, leaseEndMs);
      return renewClaim(claims, owner, leaseEndMs, expiresAt);
    };
    const bounds = { signal: ended };
    const { outcome } = await writeConditionally(rows.transport, 'UpdateItem', build, bounds);
    return outcome === 'refused' ? 'taken' : 'renewed';
  };
  let unfollow = (): void => {};
  return {
    owner,
    startedAtMs,
    isTakeover,
    write,
    get signal() {
      return lease.signal;
    },
    get remainingMs() {
      return lease.remainingMs;
    },
    start() {
      unfollow = whenAborted(signal, () => lease.interrupt(signal?.reason));
      if (!settings.heartbeat) return;
      lease.heartbeat({
        renew: () => lease.extend(settings.leaseMs, renew),
        onFailure: (error) => warn(call, 'renew the lease of', '; it is tried again', error),
      });
    },
    end() {
      unfollow();
      return lease.end();
    },
  };
}

/**
 * When a claim expires: never before its lease ends. With `takeover: false` that says that it never
 * does, so that the row of each claim expires, and holds no other thing.
 */
function claimExpiryOf(
  { takeover, claimTtlSeconds }: Settings,
  startedMs: number,
  leaseEndMs: number,
): number {
  if (!takeover) return neverSeconds;
  return Math.ceil(Math.max(startedMs + claimTtlSeconds * 1000, leaseEndMs) / 1000);
}

type Told = 'claim' | 'takeover' | 'repeat';

/** What hears of calls that have ended. */
export const channels: {
  readonly [C in Told]: Channel<ChannelMessages[`x-dynamo:do-once:${C}`]>;
} = {
  claim: /* @__PURE__ */ diagnosticsChannel('x-dynamo:do-once:claim'),
  takeover: /* @__PURE__ */ diagnosticsChannel('x-dynamo:do-once:takeover'),
  repeat: /* @__PURE__ */ diagnosticsChannel('x-dynamo:do-once:repeat'),
};

/**
 * Why an action has lost its lease.
 *
 * - `expired`: it ended and was not renewed.
 * - `unreachable`: it ended, and no renewal got an answer before.
 * - `taken`: the row is another caller's, or was cleared or marked as done.
 */
export type LeaseLossReason = LeaseTimeout | 'taken';

const losses: Record<LeaseLossReason, string> = {
  expired: 'its lease has ended',
  unreachable: 'its lease has ended, and DynamoDB did not answer its renewals',
  taken: 'its claim was cleared or taken over, or another call has completed it',
};

/** The reason of `context.signal`: from now on another caller may run the action. */
export class DoOnceLeaseLostError extends DynamoPrimitiveError {
  static override readonly code = 'DoOnceLeaseLost';

  /** The key of the row: the user and the sort key. */
  readonly key: string;
  readonly reason: LeaseLossReason;

  constructor(key: string, reason: LeaseLossReason, options?: ErrorOptions) {
    super(`Cannot go on with "${key}" as the only one: ${losses[reason]}`, options);
    this.key = key;
    this.reason = reason;
  }
}
