import type { Item } from './attribute-value.js';
import type { Clock } from './clock.js';
import { writeConditionally } from './conditional-write.js';
import { ConflictError, type CallerKey } from './errors.js';
import { expirySeconds, type ExpiryOptions } from './expiry.js';
import { remembers, valueRegisters } from './recent-ids.js';
import { readRefusal } from './row-kinds.js';
import type { CallOptions, DynamoInput, DynamoTransport } from './transport.js';
import type { ExpectedValue, RowCondition } from './value-conditions.js';
import {
  deleteRow,
  getRow,
  removeValue,
  replaceExpired,
  setValue,
  type ValueWrite,
} from './value-requests.js';
import { fromVersionToken, storedValue, versionToken, type RowAddress } from './value-row.js';

/** The row of a value, and what it takes to write it. */
export interface ValueTarget extends RowAddress {
  readonly transport: DynamoTransport;
  readonly clock: Clock;
  /** The key, for errors. */
  readonly callerKey: CallerKey;
}

/** A write of a value whose expiry is counted from when it is sent. */
export interface ValueChange extends Omit<ValueWrite, 'expiresAt'> {
  readonly expiry: ExpiryOptions;
  /** Spares a read of a row that is not there, on engines that leave it out of the error. */
  readonly mayBeMissing?: boolean;
}

/** The write as it is sent now. */
export function writeNow({ clock }: Pick<ValueTarget, 'clock'>, change: ValueChange): ValueWrite {
  return { ...change, expiresAt: expirySeconds(change.expiry, clock) };
}

/** What a write demands of the value at the time that it is given. */
export type Demand = (nowMs: number) => RowCondition;

/** How often a write is sent again at once because the row became another one in between. */
const triesMax = 8;

/** What became of a write: `item` is the existing row, which is not as the write demands. */
export type Written = { readonly isSet: true } | { isSet: false; item: Item | undefined };

/**
 * Writes a value. It is set, too, where the row remembers an earlier send of it. What has expired is
 * taken the place of, in a second request where it is another thing. Throws a `KeyCollisionError`
 * for a row that holds another thing or belongs to another namespace.
 */
export async function writeValue(
  target: ValueTarget,
  change: ValueChange,
  demand: Demand | undefined,
  { signal }: CallOptions,
): Promise<Written> {
  const { transport, clock, names, key } = target;
  const all = valueRegisters(names.version);
  let expired: Item | undefined;
  const input = (): DynamoInput<'UpdateItem'> => {
    const write = writeNow(target, change);
    return expired === undefined
      ? setValue(target, write, demand?.(clock.now()))
      : replaceExpired(target, write, expired);
  };
  for (let tries = 0; tries < triesMax; tries++) {
    const result = await writeConditionally(transport, 'UpdateItem', input, {
      isMine: (item) => remembers(item, all, change.version),
      mustExist: change.mayBeMissing === true ? undefined : key,
      signal,
    });
    if (result.outcome !== 'refused') return { isSet: true };
    const refusal = valueRefusal(target, change, demand, result.item);
    if (refusal === 'refused' && demand !== undefined && expired === undefined) {
      return { isSet: false, item: result.item };
    }
    expired = refusal === 'expired' ? result.item : undefined;
  }
  throw new ConflictError(target.callerKey, triesMax);
}

/**
 * Removes the value of a row, if there is one, and says whether there was: one that has expired is
 * none. A count that shares the row stays.
 */
export async function deleteValue(target: ValueTarget, options: CallOptions): Promise<boolean> {
  const { transport, clock } = target;
  const had = (item: Item | undefined, nowMs: number): boolean =>
    storedValue(item, target, nowMs) !== undefined;
  for (let tries = 0; tries < triesMax; tries++) {
    const alone = await writeConditionally(transport, 'DeleteItem', deleteRow(target), options);
    if (alone.outcome === 'applied') return had(alone.attributes, clock.now());
    // Not by the time: an expired value may be deleted, too.
    if (!had(alone.item, 0)) return false;
    // A count is there. It may come and go in between: neither request leaves an empty row.
    const part = await writeConditionally(transport, 'UpdateItem', removeValue(target), options);
    if (part.outcome === 'applied') return had(part.attributes, clock.now());
  }
  throw new ConflictError(target.callerKey, triesMax);
}

/**
 * What a version token demands of the row. One consistent GetItem for the digest of a row of the
 * original, which is compared here, and none for others.
 */
export async function expectedValue(
  target: ValueTarget,
  token: string,
  { signal }: CallOptions,
): Promise<ExpectedValue> {
  const version = fromVersionToken('version', token);
  if (version !== undefined) return { version };
  const { transport, clock } = target;
  const { Item } = await transport.call('GetItem', getRow(target, true), { signal });
  const stored = storedValue(Item, target, clock.now());
  // No row has a digest as its version: the condition fails on what has changed.
  return stored !== undefined && versionToken(stored) === token ? stored : { version: token };
}

/** Why a write of a value was refused, by the existing row: one that demands a value is so at once. */
export function valueRefusal(
  { callerKey, owner, names, clock }: ValueTarget,
  { expiry }: Pick<ValueChange, 'expiry'>,
  demand: Demand | undefined,
  item: Item | undefined,
): 'absent' | 'expired' | 'refused' {
  const nowMs = clock.now();
  const isThere = item?.[names.data] !== undefined;
  const demands = demand?.(nowMs).demands;
  const isUnmet = demands !== undefined && isThere !== (demands === 'value');
  const bringsExpiry = expirySeconds(expiry, clock) !== undefined;
  const write = {
    label: callerKey,
    own: 'value',
    owner,
    dataName: names.data,
    ttlName: names.expiresAt,
    bringsExpiry,
    isUnmet,
  } as const;
  const refusal = readRefusal(write, item, nowMs);
  return demands === 'value' ? 'refused' : refusal;
}
