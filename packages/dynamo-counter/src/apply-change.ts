import { ConflictError, type Item } from '@x/dynamo-core';
import { expirySeconds, readRefusal } from '@x/dynamo-core/mechanism';

import { markerName } from './change-id.js';
import type { Count } from './count-mode.js';
import { checkRow, countIn } from './counter-row.js';
import { changeCount, startOver, type CounterChange } from './requests.js';
import { sendChange, type ChangeCall, type Try } from './send-change.js';
import { sendMarkedChange } from './send-marked-change.js';

/** What became of a change. */
export type ChangeOutcome =
  /** It is in this count. */
  | { readonly changed: true; readonly count: Count }
  /** The count may not be changed from what it is. Nothing was changed. */
  | { readonly changed: false; readonly current: Count };

const attemptsMax = 12;

/**
 * Makes one change of one counter, exactly once. Everything that counts goes through here: a
 * counter that spreads over rows, or one that gathers changes, only chooses targets and amounts.
 *
 * A change is tried on a live row first. It is refused by an expired row, which then starts over,
 * or by a count out of range, which is the answer. Further attempts are for rows that others change
 * in between. Each try has times of its own.
 */
export async function applyChange(call: ChangeCall): Promise<ChangeOutcome> {
  const { change, tokenTtlSeconds } = call;
  const connection = call.locate();
  let expired: Item | undefined;
  for (let attempt = 1; ; attempt++) {
    const sendIt = tokenTtlSeconds === undefined ? sendChange : sendMarkedChange;
    const answer = await sendIt(connection, call, () => buildTry(call, expired));
    if (!answer.refused) return { changed: true, count: answer.count };
    const { item, tried } = answer;
    const { target, nowMs } = tried;
    const bringsExpiry = tried.expiresAt !== undefined;
    const read = readRefusal({ ...target, own: 'count', bringsExpiry }, item, nowMs);
    expired = read === 'expired' ? item : undefined;
    if (read === 'refused') checkRow(item, target);
    const current = (read === 'refused' && countIn(item, target.label)) || 0n;
    if (!allows(change, current)) return { changed: false, current };
    if (attempt >= attemptsMax) throw new ConflictError(target.label, attempt);
  }
}

function buildTry(
  { locate, change, expiry, token = '', tokenTtlSeconds: ttlSeconds }: ChangeCall,
  expired: Item | undefined,
): Try {
  const target = locate();
  const { clock, key, endsAt } = target;
  const expiresAt = endsAt ?? expirySeconds(expiry, clock);
  const timed = { ...change, nowMs: clock.now(), expiresAt };
  const input =
    expired === undefined ? changeCount(target, timed) : startOver(target, timed, expired);
  const keptUntil = expirySeconds({ ttlSeconds }, clock);
  const marker = keptUntil !== undefined && {
    ...target,
    ...target.markerAt(markerName(key, token)),
    change: change.id?.entry ?? '',
    expiresAt: keptUntil,
  };
  return { ...timed, target, input, marker };
}

function allows({ verb, from: { min, max } }: CounterChange, current: Count): boolean {
  return verb === 'set' || (current >= min && current <= max);
}
