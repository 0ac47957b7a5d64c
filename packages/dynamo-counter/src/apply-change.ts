import { ConflictError, numberOf, type Item } from '@x/dynamo-core';
import {
  beginning,
  diagnosticsChannel,
  expiryMs,
  expirySeconds,
  readRefusal,
  tell,
} from '@x/dynamo-core/mechanism';

import { markerName } from './change-id.js';
import type { Count } from './count-mode.js';
import { checkRow, countIn, counterAttributes } from './counter-row.js';
import { changeCount, startOver, type CounterChange } from './requests.js';
import { sendChange, type ChangeCall, type CounterTarget, type Try } from './send-change.js';
import { sendMarkedChange } from './send-marked-change.js';

/** What became of a change. */
export type ChangeOutcome =
  /** It is in this count. */
  | { readonly outcome: 'changed'; readonly count: Count }
  /** The count, `undefined` for none, may not be changed from what it is. Nothing was changed. */
  | {
      readonly outcome: 'refused';
      readonly current: Count | undefined;
      /** When the row expires. */
      readonly expiresAtMs: number | undefined;
    };

const attemptsMax = 12;

const conflicts = /* @__PURE__ */ diagnosticsChannel('x-dynamo:counter:conflict');

/**
 * Makes one change of one counter, exactly once. Everything that counts goes through here: a
 * counter that spreads over rows, or one that gathers changes, only chooses targets and amounts.
 *
 * A change is tried on a live row first. It is refused by an expired row, which then starts over,
 * or by a count out of range, which is the answer. Further attempts are for rows that others change
 * in between. Each try has times of its own.
 */
export async function applyChange(call: ChangeCall): Promise<ChangeOutcome> {
  const connection = call.locate();
  const begun = conflicts.hasSubscribers ? beginning(connection.clock) : undefined;
  if (begun === undefined) return await untilApplied(call, connection, () => {});
  let hasConflicts = false;
  let outcome: ChangeOutcome['outcome'] | 'failed' = 'failed';
  try {
    const answer = await untilApplied(call, connection, () => (hasConflicts = true));
    ({ outcome } = answer);
    return answer;
  } finally {
    if (hasConflicts) tell(conflicts, begun, connection.label, outcome);
  }
}

async function untilApplied(
  call: ChangeCall,
  connection: CounterTarget,
  onConflict: () => void,
): Promise<ChangeOutcome> {
  const { change, tokenTtlSeconds } = call;
  let expired: Item | undefined;
  for (let attempt = 1; ; attempt++) {
    const sendIt = tokenTtlSeconds === undefined ? sendChange : sendMarkedChange;
    const answer = await sendIt(connection, call, () => buildTry(call, expired));
    if (answer.outcome === 'changed') return answer;
    const { item, tried } = answer;
    const { target, nowMs } = tried;
    const bringsExpiry = tried.expiresAt !== undefined;
    const read = readRefusal({ ...target, own: 'count', bringsExpiry }, item, nowMs);
    expired = read === 'expired' ? item : undefined;
    if (read === 'refused') checkRow(item, target);
    const live = read === 'refused' ? item : undefined;
    const current = countIn(live, target.label);
    if (!allows(change, current)) {
      const expiresAtMs = expiryMs(numberOf(live, counterAttributes.expiresAt));
      return { outcome: 'refused', current, expiresAtMs };
    }
    // An expired row has to be found once, before it starts over.
    if (attempt > 1 || expired === undefined) onConflict();
    if (attempt >= attemptsMax) throw new ConflictError(target.label, attempt);
  }
}

function buildTry(
  { locate, change, expiry, token = '', tokenTtlSeconds: ttlSeconds }: ChangeCall,
  expired: Item | undefined,
): Try {
  const target = locate();
  const { clock, markerKey, endsAt } = target;
  const expiresAt = endsAt ?? expirySeconds(expiry, clock);
  const timed = { ...change, nowMs: clock.now(), expiresAt };
  const input =
    expired === undefined ? changeCount(target, timed) : startOver(target, timed, expired);
  const keptUntil = expirySeconds({ ttlSeconds }, clock);
  const marker = keptUntil !== undefined && {
    ...target,
    ...target.markerAt(markerName(markerKey, token)),
    change: change.id?.entry ?? '',
    expiresAt: keptUntil,
  };
  return { ...timed, target, input, marker };
}

function allows({ from }: CounterChange, current: Count | undefined): boolean {
  if (from === undefined) return true;
  if (current === undefined) return from.orNone;
  return from.counts !== undefined && current >= from.counts.min && current <= from.counts.max;
}
