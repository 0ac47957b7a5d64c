import {
  ConflictError,
  numberOf,
  TokenReusedError,
  type DynamoInput,
  type Item,
} from '@x/dynamo-core';
import {
  all,
  diagnosticsChannel,
  droppedOf,
  expiryMs,
  isExpired,
  readRefusal,
  remembered,
  tell,
} from '@x/dynamo-core/mechanism';

import {
  tryChange,
  type ChangeCall,
  type ChangeOutcome,
  type Refused,
  type RefusedTry,
} from './apply-change.js';
import { checkKind, countIn, giveCount, rowRequest } from './count-rows.js';

export { countIn } from './count-rows.js';
import type { IncrOptions } from './counter-options.js';
import { counterAttributes, idRegisters, type CounterTarget } from './counter-row.js';
import { CounterOutOfBoundsError } from './out-of-bounds-error.js';
import {
  changeCount,
  exactly,
  isNew,
  join,
  made,
  valuesOf,
  type Bounds,
  type Count,
  type CounterChange,
  type CountMode,
  type CountOf,
  type TimedChange,
} from './requests.js';

const attemptsMax = 12;

/** Tells of changes that others came between. */
const conflicts = /* @__PURE__ */ diagnosticsChannel('x-dynamo:counter:conflict');

/**
 * Goes on with a change that a row has refused: a row that remembers it has its count, an expired one
 * starts over, and a count out of range is the answer. Further attempts are for rows that others change
 * in between.
 */
export async function goOn(
  call: ChangeCall,
  first: RefusedTry,
  startedMs: number,
): Promise<ChangeOutcome> {
  let refused = first;
  let hasConflicts = false;
  let outcome: ChangeOutcome['outcome'] | 'failed' = 'failed';
  try {
    for (let attempt = 1; ; attempt++) {
      const { item, tried } = refused;
      const { target, timed } = tried;
      const { displayKey } = target;
      if (knows(item, call, displayKey)) {
        outcome = 'changed';
        // A row without a count was emptied since.
        return { outcome, displayKey, count: countIn(item, displayKey) ?? 0n };
      }
      const { owner, dataName } = target.table;
      const names = { data: dataName, expiresAt: counterAttributes.expiresAt };
      const row = { callerKey: displayKey, owner, names };
      const write = { bringsExpiry: timed.expiresAt !== undefined };
      const read = readRefusal('count', row, write, item, timed.nowMs);
      const live = read === 'refused' ? item : undefined;
      checkKind(live, target);
      const current = countIn(live, displayKey);
      if (!allows(call, current)) {
        outcome = 'refused';
        const expiresAtMs = expiryMs(numberOf(live, counterAttributes.expiresAt));
        return { outcome, displayKey, current, resetAtMs: target.window?.resetAtMs ?? expiresAtMs };
      }
      // An expired row has to be found once, before it starts over.
      if (attempt > 1 || read !== 'expired') hasConflicts = true;
      if (attempt >= attemptsMax) throw new ConflictError(displayKey, attempt);
      const answer = await tryChange(call, (at, again) => changeFound(at, again, item));
      outcome = answer.outcome === 'changed' ? 'changed' : 'failed';
      if (answer.outcome === 'changed') return answer;
      refused = answer;
    }
  } finally {
    const { displayKey, table } = first.tried.target;
    if (hasConflicts) tell(conflicts, { clock: table.clock, startedMs }, displayKey, outcome);
  }
}

/** Whether the row remembers the change. Throws where its token was used for another one. */
export function knows(item: Item | undefined, { id }: CounterChange, displayKey: string): boolean {
  const entry = id && remembered(item, idRegisters, id.id);
  if (entry !== undefined && entry !== id?.entry) throw new TokenReusedError(displayKey);
  return entry !== undefined;
}

/** Whether a count may be changed: what the condition asks. */
function allows({ from }: CounterChange, current: Count | undefined): boolean {
  if (from === undefined) return true;
  if (current === undefined) return from.orNone;
  return from.counts !== undefined && current >= from.counts.min && current <= from.counts.max;
}

/** The change of a row that was found. */
function changeFound(
  target: CounterTarget,
  asked: TimedChange,
  found: Item | undefined,
): DynamoInput<'UpdateItem'> {
  const { window, displayKey } = target;
  const end = numberOf(found, counterAttributes.expiresAt);
  // The row of a window is kept as long as the one asks who keeps windows the longest.
  const renews =
    window === undefined ? asked.renews : end !== undefined && end < window.endsAtSeconds;
  const change = { ...asked, renews };
  if (found !== undefined && isExpired(end, change.nowMs)) return startOver(target, change, found);
  const { count, whole } = found ?? {};
  // Where it is whole, all who were refused together add to it at once.
  if (!change.isWhole || change.verb !== 'add' || !count || count.N === whole?.N) {
    return changeCount(target, change);
  }
  // Throws for a fraction, before anything is added to it.
  const seen = giveCount('bigint', displayKey, countIn(found, displayKey) ?? 0n);
  const amount = seen + change.amount;
  return changeCount(target, { ...change, verb: 'set', amount, from: exactly(seen) });
}

/**
 * Makes a counter that begins with this change in a row that has expired, and takes all else out of
 * it, while it still has the expiry that was read: what has come since may have expired as well, and
 * holds other things. Only the ids stay, of each kind: a late copy of what was written before must not be
 * applied to what is there now.
 */
export function startOver(
  at: CounterTarget,
  change: TimedChange,
  expired: Item,
): DynamoInput<'UpdateItem'> {
  const begins: TimedChange = { ...change, verb: 'set', renews: true };
  const { count, expiresAt, namespace, kind } = counterAttributes;
  const kept = [...Object.keys(at.key), at.table.versionName, count, namespace, 'whole'];
  if (change.expiresAt !== undefined) kept.push(expiresAt);
  if (at.kind !== undefined) kept.push(kind);
  const dropped = droppedOf(expired, kept);
  const request = {
    UpdateExpression: join(' ', made(at, begins), dropped.places && `REMOVE ${dropped.places}`),
    ConditionExpression: all(isNew(change), '#expiresAt = :expired'),
    ReturnValues: 'UPDATED_NEW',
  } as const;
  const values = { ...valuesOf(at, begins), ':expired': expired[expiresAt] as Item[string] };
  return rowRequest(at, request, values, dropped.names);
}

/** An increment as it was asked for. */
interface Increment<M extends CountMode> {
  readonly amount: bigint;
  readonly bounds: Bounds;
  readonly asked: IncrOptions<M>;
  readonly isTry: boolean;
}

/**
 * What an increment beyond its bounds throws. `undefined` for a try that the caller's own bounds refuse:
 * nobody expects the limit of the numbers themselves, which is an error in any case.
 */
export function outOfBounds<M extends CountMode>(
  mode: M,
  { displayKey, current = 0n, resetAtMs }: Refused,
  { amount, bounds, asked, isTry }: Increment<M>,
): CounterOutOfBoundsError | undefined {
  const { min, max } = bounds;
  const isAbove = asked.max !== undefined && current > max - amount;
  const isBelow = asked.min !== undefined && current < min - amount;
  if (isTry && (isAbove || isBelow)) return undefined;
  const give = (count: Count): CountOf<M> => giveCount<M>(mode, displayKey, count);
  return new CounterOutOfBoundsError(displayKey, {
    current: give(current),
    by: give(amount),
    min: give(min),
    max: give(max),
    resetAtMs,
  });
}
