import {
  N,
  S,
  type AttributeValue,
  type DynamoInput,
  type Item,
  type ReadOptions,
  stringOf,
} from '@x/dynamo-core';
import {
  checkKeyText,
  digestOfJson,
  keyBytesMax,
  readItem,
  utf8Bytes,
  type DynamoClock,
  type LeaseStart,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import type { DoOnceOptions } from './options.js';
import { payloadHash } from './payload-hash.js';
import { attributes, earlierOwners, type StoredError } from './record.js';
import { type Settings, settingsOf } from './settings.js';

/** One call of the manager: what it is about, whose it is, and what it takes. */
export interface Call {
  readonly rows: PartitionedHandle;
  /** The row that says whether it is done. */
  readonly row: DoOnceRow;
  /** The row of the claim: the same one, unless the manager has `separateClaims`. */
  readonly claims: DoOnceRow;
  readonly settings: Settings;
  /**
   * The id of the call: in each of its writes, so that a repeat recognises itself. Another one once a claim is
   * given back: that may take longer, and the claim stands in place of one that others trust in.
   */
  owner: string;
  readonly hash: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly clock: DynamoClock;
  /** When it began, in monotonic time: what it waits counts from then. */
  readonly startedMs: number;
}

/** Checks and copies everything that a call was given. */
export function callOf(
  rows: PartitionedHandle,
  userId: string,
  key: string,
  { payload, signal, ...own }: DoOnceOptions,
  base: Settings,
): Call {
  const settings = Object.keys(own).length === 0 ? base : settingsOf(own, base);
  const rowOf = (prefix: string): DoOnceRow =>
    locate(rows, userId, key, prefix, settings.hashLongKeys);
  const row = rowOf('do_once');
  const claims = settings.separateClaims ? rowOf('do_once_claim') : row;
  const hash = payload === undefined ? undefined : payloadHash(payload, row.displayKey);
  const { clock, random } = rows;
  const startedMs = clock.monotonic();
  return { rows, row, claims, settings, owner: random.id(), hash, signal, clock, startedMs };
}

/** Tells the logger, if there is one, what this call cannot do, and what comes of it. */
export function warn(
  { settings, rows, row }: Call,
  what: string,
  effect: string,
  error?: unknown,
): void {
  const { logger } = settings.monitoring ?? rows.monitoring;
  logger?.warn(`Cannot ${what} "${row.displayKey}"${effect}`, error);
}

/** Leases and marks that ended until then have ended for this call. */
export function cutOf({ clock, settings }: Call): number {
  return clock.now() - settings.skewToleranceMs;
}

/** Where the original keeps what is done: the sort key is `users.do_once.<key>`. */
const namespace = 'users';

/**
 * Checks the names and says where the row of the action, or that of its claim, is. A hash has a prefix of its own, so that
 * no key is that of another.
 */
function locate(
  rows: PartitionedHandle,
  partition: string,
  key: string,
  prefix: string,
  hashLongKeys: boolean,
): DoOnceRow {
  const keyBytes = keyBytesMax.sort - `${namespace}.${prefix}.`.length;
  checkKeyText('userId', partition);
  checkKeyText('key', key, hashLongKeys ? Infinity : keyBytes);
  const isLong = utf8Bytes(key) > keyBytes;
  const sort = isLong ? `${prefix}_hash.${digestOfJson(JSON.stringify(key))}` : `${prefix}.${key}`;
  const { tableName, mappings } = rows;
  const at = rows.address({ partition, namespace, sort });
  return { tableName, dataName: mappings.dataFieldName, ...at };
}

/** The row as it is now. */
export function readRow(
  { transport }: PartitionedHandle,
  { tableName, key }: DoOnceRow,
  { consistent = true, signal }: ReadOptions = {},
): Promise<Item | undefined> {
  return readItem({ transport, tableName, key }, consistent, { signal });
}

/** Where the row of an action is. */
export interface DoOnceRow {
  readonly tableName: string;
  readonly key: Item;
  /** The name of the attribute whose presence means "done". */
  readonly dataName: string;
  /** The key as messages show it. */
  readonly displayKey: string;
}

/** Whose a claim or mark is, and what it is about. */
interface OwnedWrite {
  readonly owner: string;
  readonly startedMs: number;
  readonly hash: string | undefined;
  /** Whole seconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** A claim. */
export interface ClaimWrite extends OwnedWrite {
  readonly end: LeaseStart['end'];
  /** Those from whom it was taken over, the latest first: at most three. */
  readonly earlier: readonly string[];
}

/** That it is done. */
export interface DoneWrite extends OwnedWrite {
  readonly atMs: number;
  readonly result?: AttributeValue | undefined;
  /** The error with which it has failed for good. */
  readonly failure?: StoredError | undefined;
}

type Put = DynamoInput<'PutItem'> & { readonly TableName: string; readonly Item: Item };

/** What the row has to hold for a write, in a request of any kind. */
export type WriteCondition = Pick<
  DynamoInput<'DeleteItem'>,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/*
 * An expired row counts as absent with all that it holds: it is replaced. A claim is only taken over as
 * it was read (`isStill`), so that the one who takes it knows its payload, its owners and its end.
 */
export const unmarked: string =
  'attribute_not_exists(#data) AND attribute_not_exists(#count) AND attribute_not_exists(r0)';
const unclaimed = 'attribute_not_exists(lease)';
export const expired: string = 'expiresAt <= :cut';
export const isOwn: string = '#owner = :owner AND attribute_not_exists(#data)';

/** The row may be claimed: nobody has claimed or done it, or the claim `from` still stands. */
export function claimable(row: DoOnceRow, cutMs: number, from: Item | undefined): WriteCondition {
  return from === undefined
    ? condition(row, `${unclaimed} AND ((${unmarked}) OR ${expired})`, { ':cut': seconds(cutMs) })
    : isStill(row, from[attributes.owner] ?? S(''), from[attributes.lease] ?? N(0));
}

/** Claims an action, or takes over the claim `from` of another. */
export function claimRow(row: DoOnceRow, write: ClaimWrite, cutMs: number, from?: Item): Put {
  return {
    ReturnValues: 'ALL_OLD',
    ...put(row, {
      [attributes.lease]: N(write.end.rowMs),
      ...owned(write),
      ...Object.fromEntries(write.earlier.map((owner, place) => [earlierOwners[place], S(owner)])),
    }),
    ...claimable(row, cutMs, from),
  };
}

/**
 * The row may be marked by its owner, or by one from whom its claim was taken over. There must be
 * such a claim, so that neither a late copy undoes `clearKey` nor anybody ends a stranger's claim.
 */
export function completable(row: DoOnceRow, owner: string): WriteCondition {
  const owns = `:owner IN (#owner, ${earlierOwners.join(', ')})`;
  return condition(row, `attribute_not_exists(#data) AND ${owns}`, { ':owner': S(owner) });
}

/** The whole row of a mark. */
export function doneRow(row: DoOnceRow, write: DoneWrite): Put {
  return put(row, {
    [row.dataName]: S(JSON.stringify(write.atMs)),
    ...owned(write),
    ...(write.result && { [attributes.result]: write.result }),
    ...(write.failure && {
      [attributes.failure]: {
        M: { name: S(write.failure.name), message: S(write.failure.message) },
      },
    }),
  });
}

/** Says that the call `id` waits for the claim of `owner`, until two have said so. */
export function joinWaiters(row: DoOnceRow, owner: string, id: string): DynamoInput<'UpdateItem'> {
  const isFew = '(attribute_not_exists(waiters) OR size(waiters) < :two)';
  const values = { ':owner': S(owner), ':me': { SS: [id] }, ':two': N(2) };
  return {
    UpdateExpression: 'ADD waiters :me',
    ...write(row, `${isOwn} AND ${isFew}`, values),
  };
}

/** Lets the lease of the own claim end later. */
export function renewClaim(
  row: DoOnceRow,
  owner: string,
  leaseEndMs: number,
  expiresAt: number,
): DynamoInput<'UpdateItem'> {
  const values = { ':lease': N(leaseEndMs), ':owner': S(owner), ':expiresAt': N(expiresAt) };
  return {
    UpdateExpression: 'SET lease = :lease, expiresAt = :expiresAt',
    ...write(row, `${isOwn} AND lease <= :lease`, values),
  };
}

/** Gives the own claim back, and nobody else's. */
export function releaseClaim(row: DoOnceRow, owner: string): DynamoInput<'DeleteItem'> {
  return write(row, isOwn, { ':owner': S(owner) });
}

/** Puts back what the own claim has replaced, whole. */
export function restoreRow(row: DoOnceRow, { owner, end }: ClaimWrite, before: Item): Put {
  return { ...put(row, before), ...isStill(row, S(owner), N(end.rowMs)) };
}

/** Whether the row holds a claim. */
export function isClaim(item: Item | undefined, dataName: string): item is Item {
  return item?.[attributes.lease] !== undefined && item[dataName] === undefined;
}

/** Whether the row holds the mark of this call. */
export function isMarkOf({ row, owner }: Call, item: Item | undefined): boolean {
  return item?.[row.dataName] !== undefined && stringOf(item, attributes.owner) === owner;
}

function isStill(row: DoOnceRow, owner: AttributeValue, lease: AttributeValue): WriteCondition {
  const still = `${isOwn} AND lease = :lease AND attribute_not_exists(#count)`;
  return condition(row, still, { ':owner': owner, ':lease': lease });
}

function owned({ owner, startedMs, hash, expiresAt }: OwnedWrite): Item {
  return {
    [attributes.owner]: S(owner),
    [attributes.started]: N(startedMs),
    ...(hash !== undefined && { [attributes.hash]: S(hash) }),
    ...(expiresAt !== undefined && { [attributes.expiresAt]: N(expiresAt) }),
  };
}

function put({ tableName, key }: DoOnceRow, item: Item): Put {
  // Not by two spreads, here and elsewhere: they take twenty times as long.
  return { TableName: tableName, Item: Object.assign({}, key, item) };
}

/** What a write of the row asks for, and which row it is. */
export function write(
  row: DoOnceRow,
  expression: string,
  values?: Item,
): DynamoInput<'DeleteItem'> {
  return { TableName: row.tableName, Key: row.key, ...condition(row, expression, values) };
}

/** A condition, with those of the names that it uses. DynamoDB reserves the words among them. */
export function condition(
  row: DoOnceRow,
  ConditionExpression: string,
  values?: Item,
): WriteCondition {
  const all = { '#data': row.dataName, '#owner': 'owner', '#count': 'count', '#hash': 'hash' };
  const used = Object.entries(all).filter(([place]) => ConditionExpression.includes(place));
  const ExpressionAttributeNames = Object.fromEntries(used);
  return { ConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues: values };
}

export function seconds(ms: number): AttributeValue {
  return N(Math.floor(ms / 1000));
}
