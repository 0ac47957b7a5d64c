import { N, S, type DynamoInput, type Item } from '@x/dynamo-core';
import type { LeaseWrite } from '@x/dynamo-core/mechanism';

import type { LockMeta } from './lock-row.js';

/** What a lock leaves to its next holder. */
export type LeftBehind = Readonly<Record<string, unknown>>;

/** Which row a request is about. */
export interface LockAddress {
  readonly tableName: string;
  readonly key: string;
}

/** What an acquisition writes, and when it counts the lock as free. */
export interface Acquisition {
  /** The operation id of the call. */
  readonly owner: string;
  /** A lock whose lease ended until then is free. */
  readonly cutMs: number;
  readonly meta: LockMeta;
  readonly lease: LeaseWrite;
}

/** Who holds a lock, as the row says it. */
export interface Holding {
  readonly owner: string;
  readonly fence: number;
}

/**
 * How long the row of a free lock is kept, so that the fence of a key in use does not start anew, and
 * a copy of a request that was stuck for less finds what became of it.
 */
const retentionSeconds = 7 * 86_400;

/** By what DynamoDB knows a free lock. The exact end counts while it is the end of the seconds. */
export const isFree: string =
  '(NOT attribute_type(expiresAt, :number) OR expiresAt <= :cut OR ' +
  '(heldUntil = expiresAt AND endsAtMs <= :cutMs))';
const write = 'expiresAt = :expiresAt, heldUntil = :expiresAt, endsAtMs = :endsAtMs';
const remember =
  '#prior = if_not_exists(expiresAt, :none), priorHeldUntil = if_not_exists(heldUntil, :none), ' +
  'priorEndsAtMs = if_not_exists(endsAtMs, :none), priorMeta = if_not_exists(meta, :nobody)';
const restore =
  'expiresAt = #prior, heldUntil = priorHeldUntil, endsAtMs = priorEndsAtMs, meta = priorMeta';
const forget = '#owner, #prior, priorHeldUntil, priorEndsAtMs, priorMeta';
const isOurs = '#owner = :owner AND fence = :fence AND expiresAt = heldUntil';
const onlyOwner = { '#owner': 'owner' };
const ownerAndPrior = { '#owner': 'owner', '#prior': 'prior' };

const acquire = {
  UpdateExpression:
    `SET ${write}, #owner = :owner, purgeAt = :purgeAt, meta = :meta, ` +
    `fence = if_not_exists(fence, :seed) + :one, ${remember} REMOVE waiters`,
  ConditionExpression: `${isFree} AND NOT releasedBy = :owner`,
  ReturnValues: 'UPDATED_NEW',
} as const;

/**
 * Takes the lock if it is free, and remembers the end that it replaces. A copy of the request that
 * was stuck in the network until after the release finds its own id as `releasedBy`, and does not
 * take the lock back for nobody.
 */
export function acquireLock(
  address: LockAddress,
  { owner, cutMs, meta, lease }: Acquisition,
): DynamoInput<'UpdateItem'> {
  return rowRequest(address, acquire, {
    ':owner': S(owner),
    ':meta': S(JSON.stringify(meta)),
    ':seed': N(lease.seed),
    ':one': N(1),
    ':none': N(0),
    ':nobody': S(''),
    // Last: what comes after a spread takes ten times as long.
    ...untilValues(lease.endMs),
    ...cutValues(cutMs),
  });
}

/** Extends a lease. An older renewal that arrives late never shortens it. `meta` is a new payload. */
export function renewLock(
  address: LockAddress,
  holding: Holding,
  endMs: number,
  meta?: LockMeta,
): DynamoInput<'UpdateItem'> {
  const request = {
    UpdateExpression: `SET ${write}, purgeAt = :purgeAt${meta ? ', meta = :meta' : ''}`,
    ConditionExpression: `${isOurs} AND endsAtMs <= :endsAtMs`,
  };
  return rowRequest(address, request, ownValues(holding, meta, untilValues(endMs)), onlyOwner);
}

/**
 * Frees the lock and keeps the row, so that the fence never goes back. `releasedBy` outlives the next
 * acquisition, so that a repeat of the release recognises its work also behind that.
 */
export function releaseLock(
  address: LockAddress,
  holding: Holding,
  nowMs: number,
  left: LeftBehind,
): DynamoInput<'UpdateItem'> {
  return freeLock(address, holding.owner, nowMs, isOurs, ownValues(holding, left));
}

/** Releases the lock, and keeps it closed until `untilMs`: it is nobody's meanwhile. */
export function closeLock(
  address: LockAddress,
  holding: Holding,
  untilMs: number,
  left: LeftBehind,
): DynamoInput<'UpdateItem'> {
  const request = {
    UpdateExpression: `SET ${write}, purgeAt = :purgeAt, meta = :meta, releasedBy = :owner REMOVE ${forget}`,
    ConditionExpression: isOurs,
  };
  return rowRequest(address, request, ownValues(holding, left, untilValues(untilMs)));
}

/**
 * Takes back what an acquisition may have done: the row says again until when the lock was held
 * before it. The fence that it gave out stays used.
 */
export function abandonLock(address: LockAddress, owner: string): DynamoInput<'UpdateItem'> {
  const request = {
    UpdateExpression: `SET ${restore}, releasedBy = :owner REMOVE ${forget}`,
    ConditionExpression: '#owner = :owner AND expiresAt = heldUntil',
  };
  return rowRequest(address, request, { ':owner': S(owner) });
}

/**
 * Frees the lock, under a condition and by its values, the payload's among them. Its expiry is 0 and
 * not the moment of the release, so that it is free by every clock. Time to Live deletes nothing that
 * expired five years ago: only `purgeAt` counts for it.
 */
export function freeLock(
  address: LockAddress,
  id: string,
  nowMs: number,
  condition: string,
  values: Item,
): DynamoInput<'UpdateItem'> {
  const request = {
    UpdateExpression:
      'SET expiresAt = :none, purgeAt = :purgeAt, releasedBy = :releasedBy, meta = :meta ' +
      `REMOVE heldUntil, endsAtMs, ${forget}`,
    ConditionExpression: condition,
  };
  return rowRequest(address, request, {
    ':none': N(0),
    ':purgeAt': N(Math.floor(nowMs / 1000) + retentionSeconds),
    ':releasedBy': S(id),
    ...values,
  });
}

/** The key attributes of a row. */
export function keyOf(key: string): Item {
  return { key: S(key) };
}

/** A request about the row of a lock. By hand: to look for placeholders takes as long as all the rest. */
function rowRequest<R extends object>(
  { tableName, key }: LockAddress,
  request: R,
  values: Item,
  names: Readonly<Record<string, string>> | undefined = ownerAndPrior,
): R & Pick<DynamoInput<'DeleteItem'>, 'TableName' | 'Key' | 'ExpressionAttributeValues'> {
  return {
    TableName: tableName,
    Key: keyOf(key),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
    ...request,
  };
}

/** The values of a holder, with the payload that it leaves and what comes besides. */
function ownValues({ owner, fence }: Holding, meta?: object, more?: Item): Item {
  const left = meta && { ':meta': S(JSON.stringify(meta)) };
  return { ':owner': S(owner), ':fence': N(fence), ...more, ...left };
}

/** The end of a lease in whole seconds is rounded up: clients of the original never come early. */
function untilValues(endMs: number): Item {
  const expiresAt = Math.ceil(endMs / 1000);
  return {
    ':expiresAt': N(expiresAt),
    ':endsAtMs': N(endMs),
    ':purgeAt': N(expiresAt + retentionSeconds),
  };
}

/** The values that `isFree` takes. An expiry of 0 is free, also by a clock that a test lets begin at 0. */
export function cutValues(cutMs: number): Item {
  const cut = Math.max(Math.floor(cutMs / 1000), 0);
  return { ':number': S('N'), ':cut': N(cut), ':cutMs': N(cutMs) };
}
