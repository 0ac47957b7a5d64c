import { N, S, type DynamoInput, type Item } from '@x/dynamo-core';

import type { LockMeta, LockRow } from './lock-row.js';

/** Which row a request is about. */
export interface LockAddress {
  readonly tableName: string;
  readonly key: string;
}

/** What an acquisition writes, and when it counts the lock as free. */
export interface Acquisition {
  /** The operation id of the call. */
  readonly owner: string;
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly skewToleranceMs: number;
  readonly meta: LockMeta;
  /** In `[0, 1)`. */
  readonly jitter: number;
}

/** Who holds a lock, as the row says it. */
export interface Holding {
  readonly owner: string;
  readonly fence: number;
}

/** Long enough that the fence of a key in use never has to start anew. */
const retentionSeconds = 7 * 86_400;
/** How far back a free lock expired, so that clients whose clocks are slow find it free, too. */
const freeSeconds = 86_400;

const free =
  'SET expiresAt = :free, purgeAt = :purgeAt, releasedBy = :releasedBy REMOVE #owner, heldUntil, meta';

/**
 * Takes the lock if it is free. A copy of the request that was stuck in the network until after the
 * release finds its own id as `releasedBy`, and does not take the lock back for nobody.
 */
export function acquireLock(
  { tableName, key }: LockAddress,
  { owner, nowMs, leaseMs, skewToleranceMs, meta, jitter }: Acquisition,
): DynamoInput<'UpdateItem'> {
  const expiresAt = expirySecondsOf(nowMs, leaseMs);
  return {
    TableName: tableName,
    Key: keyOf(key),
    UpdateExpression:
      'SET expiresAt = :expiresAt, heldUntil = :expiresAt, #owner = :owner, purgeAt = :purgeAt, ' +
      'meta = :meta, fence = if_not_exists(fence, :seed) + :one',
    ConditionExpression:
      'attribute_not_exists(#key) OR (expiresAt <= :cut AND NOT releasedBy = :owner)',
    ExpressionAttributeNames: { '#key': 'key', '#owner': 'owner' },
    ExpressionAttributeValues: {
      ':expiresAt': N(expiresAt),
      ':purgeAt': N(expiresAt + retentionSeconds),
      ':owner': S(owner),
      ':meta': S(JSON.stringify(meta)),
      ':seed': N(fenceSeed(nowMs, jitter)),
      ':one': N(1),
      ':cut': N(freeUpTo(nowMs, skewToleranceMs)),
    },
    ReturnValues: 'UPDATED_NEW',
  };
}

/** Extends a lease. An older renewal that arrives late never shortens it. */
export function renewLock(
  { tableName, key }: LockAddress,
  { owner, fence }: Holding,
  nowMs: number,
  leaseMs: number,
): DynamoInput<'UpdateItem'> {
  const expiresAt = expirySecondsOf(nowMs, leaseMs);
  return {
    TableName: tableName,
    Key: keyOf(key),
    UpdateExpression: 'SET expiresAt = :expiresAt, heldUntil = :expiresAt, purgeAt = :purgeAt',
    ConditionExpression:
      '#owner = :owner AND fence = :fence AND expiresAt = heldUntil AND expiresAt <= :expiresAt',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: {
      ':owner': S(owner),
      ':fence': N(fence),
      ':expiresAt': N(expiresAt),
      ':purgeAt': N(expiresAt + retentionSeconds),
    },
  };
}

/**
 * Frees the lock and keeps the row, so that the fence never goes back. `releasedBy` outlives the next
 * acquisition, so that a repeat of the release recognises its work also behind that.
 */
export function releaseLock(
  { tableName, key }: LockAddress,
  { owner, fence }: Holding,
  nowMs: number,
): DynamoInput<'UpdateItem'> {
  return {
    TableName: tableName,
    Key: keyOf(key),
    UpdateExpression: free,
    ConditionExpression: '#owner = :owner AND fence = :fence AND expiresAt = heldUntil',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: {
      ...freed(owner, nowMs),
      ':owner': S(owner),
      ':fence': N(fence),
    },
  };
}

/** Frees what an acquisition may have taken whose outcome is unknown, and so its fence, too. */
export function abandonLock(
  { tableName, key }: LockAddress,
  owner: string,
  nowMs: number,
): DynamoInput<'UpdateItem'> {
  return {
    TableName: tableName,
    Key: keyOf(key),
    UpdateExpression: free,
    ConditionExpression: '#owner = :owner AND expiresAt = heldUntil',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ...freed(owner, nowMs), ':owner': S(owner) },
  };
}

/**
 * Frees the lock whoever holds it, if the row is still the one that was seen. `id` is the operation
 * id of the call, by which a repeat recognises its work.
 */
export function forceReleaseLock(
  { tableName, key }: LockAddress,
  { expiresAt = 0, owner, fence }: LockRow,
  id: string,
  nowMs: number,
): DynamoInput<'UpdateItem'> {
  const sameOwner = owner === undefined ? 'attribute_not_exists(#owner)' : '#owner = :owner';
  const sameFence = fence === undefined ? 'attribute_not_exists(fence)' : 'fence = :fence';
  return {
    TableName: tableName,
    Key: keyOf(key),
    UpdateExpression: free,
    ConditionExpression: `expiresAt = :seen AND ${sameOwner} AND ${sameFence}`,
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: {
      ...freed(id, nowMs),
      ':seen': N(expiresAt),
      ...(owner !== undefined && { ':owner': S(owner) }),
      ...(fence !== undefined && { ':fence': N(fence) }),
    },
  };
}

/** Reads one row consistently. */
export function getLock({ tableName, key }: LockAddress): DynamoInput<'GetItem'> {
  return { TableName: tableName, Key: keyOf(key), ConsistentRead: true };
}

/** Reads the rows of all locks that are held. DynamoDB bills every row of the table. */
export function scanLocks(tableName: string, prefix: string, cut: number): DynamoInput<'Scan'> {
  const held = 'expiresAt > :cut';
  return {
    TableName: tableName,
    ConsistentRead: true,
    FilterExpression: prefix === '' ? held : `${held} AND begins_with(#key, :prefix)`,
    ...(prefix !== '' && { ExpressionAttributeNames: { '#key': 'key' } }),
    ExpressionAttributeValues: {
      ':cut': N(cut),
      ...(prefix !== '' && { ':prefix': S(prefix) }),
    },
  };
}

/** The latest expiry, in seconds, of a lock that counts as free. */
export function freeUpTo(nowMs: number, skewToleranceMs: number): number {
  return Math.floor((nowMs - skewToleranceMs) / 1000);
}

function freeSince(nowMs: number): number {
  return Math.floor(nowMs / 1000) - freeSeconds;
}

/** The key attributes of a row. */
export function keyOf(key: string): Item {
  return { key: S(key) };
}

function freed(id: string, nowMs: number): Item {
  return {
    ':releasedBy': S(id),
    ':free': N(freeSince(nowMs)),
    ':purgeAt': N(freeSince(nowMs) + freeSeconds + retentionSeconds),
  };
}

/** Rounded up: the row never says that a lease is over while its holder still counts on it. */
function expirySecondsOf(nowMs: number, leaseMs: number): number {
  return Math.ceil((nowMs + leaseMs) / 1000);
}

/**
 * Where the fence of a key without a row starts: microseconds since 1970. It passes every fence of a
 * row that is gone, unless that was taken a million times a second. The microseconds are random, so
 * that two rows that follow each other within one millisecond do not start alike.
 */
function fenceSeed(nowMs: number, jitter: number): number {
  return nowMs * 1000 + Math.floor(jitter * 1000);
}
