import {
  type PartitionedHandle,
  checkKeyText,
  digestOf,
  keyBytesMax,
  rowsOf,
  utf8Bytes,
  checkInteger,
  checkOneOf,
  checkPositive,
  guarded,
  checkItemSize,
} from '@x/dynamo-core/mechanism';
import {
  InvalidInputError,
  type Item,
  type PartitionedTable,
  type ReadOptions,
  jsonCodec,
  type Codec,
  type Monitoring,
  type AttributeValue,
} from '@x/dynamo-core';

import type {
  DoOnceOptions,
  DoOnceTableOptions,
  DoOnceBehaviour,
  DoOnceManagerOptions,
} from './options.js';
import { payloadHash } from './payload-hash.js';
import { names } from './option-names.js';
import { attributes, earlierOwners } from './record.js';
import { type DoOnceRow, doneRow, type DoneWrite } from './requests.js';
import { toError } from './errors.js';
import { type DoOnceResponse, type Outcome, sharedResponse } from './responses.js';

/** One call of the manager: what it is about, whose it is, and what it takes. */
export interface Call {
  readonly rows: PartitionedHandle;
  /** The row that says whether it is done. */
  readonly row: LabelledRow;
  /** The row of the claim: the same one, unless the manager has `separateClaims`. */
  readonly claims: LabelledRow;
  readonly settings: Settings;
  /** The id of the call: in each of its writes, so that a repeat recognises itself. */
  readonly owner: string;
  readonly hash: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Checks and copies everything that a call was given. */
export async function callOf(
  rows: PartitionedHandle,
  userId: string,
  key: string,
  options: DoOnceOptions,
  base: Settings,
): Promise<Call> {
  const row = locate(rows, userId, key, 'mark', base.hashLongKeys);
  const settings = settingsOf(options, base);
  const claims = settings.separateClaims
    ? locate(rows, userId, key, 'claim', base.hashLongKeys)
    : row;
  const { payload, signal } = options;
  const hash = payload === undefined ? undefined : await payloadHash(payload, row.label);
  return { rows, row, claims, settings, owner: rows.random.id(), hash, signal };
}

/** Tells the logger, if there is one. */
export function warn({ settings, rows }: Call, message: string, error?: unknown): void {
  const { logger } = settings.monitoring ?? rows.monitoring;
  logger?.warn(message, error);
}

/** A row and what it is called in messages. */
export interface LabelledRow extends DoOnceRow {
  readonly label: string;
}

/** The rows of a table that was passed, or of one that is opened with the options. */
export function tableRows(table: PartitionedTable | DoOnceTableOptions): PartitionedHandle {
  const own = [...Object.values(attributes), ...earlierOwners];
  const rows = rowsOf<DoOnceTableOptions>(table, own, names.table);
  const { sortKeyFieldAWSType } = rows.mappings;
  if (sortKeyFieldAWSType !== 'S') {
    const allowed = "'S': the sort key holds the name of the action";
    throw new InvalidInputError('mappings.sortKeyFieldAWSType', sortKeyFieldAWSType, allowed);
  }
  return rows;
}

/** Where the original keeps what is done: the sort key is `users.do_once.<key>`. */
const namespace = 'users';

/** What stands before the key of an action, and of its claim where that has a row of its own. */
const prefixes = { mark: 'do_once', claim: 'do_once_claim' } as const;

/**
 * Checks the names and says where the row of the action, or that of its claim, is. A hash has a prefix of its own, so that
 * no key is that of another.
 */
export function locate(
  rows: PartitionedHandle,
  userId: string,
  key: string,
  kind: keyof typeof prefixes,
  hashLongKeys: boolean,
): LabelledRow {
  const keyBytes = keyBytesMax.sort - `${namespace}.${prefixes[kind]}.`.length;
  checkKeyText('userId', userId, keyBytesMax.partition);
  checkKeyText('key', key, hashLongKeys ? Infinity : keyBytes);
  const isHashed = utf8Bytes(key) > keyBytes;
  const prefix = `${prefixes[kind]}${isHashed ? '_hash.' : '.'}`;
  const compound = {
    partition: userId,
    namespace,
    sort: prefix + (isHashed ? digestOf(key) : key),
  };
  const { tableName, mappings } = rows;
  return { tableName, dataName: mappings.dataFieldName, ...rows.address(compound) };
}

/** The row as it is now. */
export async function readRow(
  { transport }: PartitionedHandle,
  { tableName, key }: LabelledRow,
  { consistent = true, signal }: ReadOptions = {},
): Promise<Item | undefined> {
  const input = { TableName: tableName, Key: key, ConsistentRead: consistent };
  return (await transport.call('GetItem', input, { signal })).Item;
}

type Given = Required<
  Omit<DoOnceManagerOptions, 'storeResult' | 'storeError' | 'ttlSeconds' | 'monitoring'>
>;

/** The options of a manager or a call, checked, with nothing left out. */
export interface Settings extends Readonly<{ [K in keyof Given]: NonNullable<Given[K]> }> {
  /** How results are stored; `undefined` when they are not. */
  readonly codec: Codec | undefined;
  readonly storeError: DoOnceBehaviour['storeError'];
  readonly ttlSeconds: number | undefined;
  readonly monitoring: Monitoring | undefined;
}

const daySeconds = 86_400;

const dayMs = daySeconds * 1_000;

const skewToleranceMsMax = 3_600_000;

/** Beyond it, an expiry would not be a date any more. */
const expirySecondsMax = 1_000 * 365 * daySeconds;

const defaults: Settings = {
  leaseMs: 60_000,
  heartbeat: false,
  takeover: true,
  onError: 'release',
  onInProgress: 'wait',
  waitMsMax: 10_000,
  codec: undefined,
  storeError: undefined,
  ttlSeconds: undefined,
  claimTtlSeconds: daySeconds,
  hashLongKeys: false,
  separateClaims: false,
  skewToleranceMs: 250,
  monitoring: undefined,
};

/** Checks options and puts them over `base`. */
export function settingsOf(options: DoOnceManagerOptions, base: Settings = defaults): Settings {
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined && name in defaults,
  );
  const settings: Settings = {
    ...base,
    ...Object.fromEntries(given),
    codec: codecOf(options.storeResult, base.codec),
    monitoring: options.monitoring === undefined ? base.monitoring : guarded(options.monitoring),
  };
  const { onError, ttlSeconds, claimTtlSeconds } = settings;
  checkInteger('leaseMs', settings.leaseMs, 1, dayMs);
  checkInteger('waitMsMax', settings.waitMsMax, 0, dayMs);
  checkInteger('skewToleranceMs', settings.skewToleranceMs, 0, skewToleranceMsMax);
  checkOneOf('onInProgress', settings.onInProgress, ['wait', 'throw']);
  for (const field of ['heartbeat', 'takeover', 'separateClaims', 'hashLongKeys'] as const) {
    checkBoolean(field, settings[field]);
  }
  if (typeof onError !== 'function') checkOneOf('onError', onError, ['release', 'keep']);
  checkTtl('ttlSeconds', ttlSeconds);
  checkTtl('claimTtlSeconds', claimTtlSeconds);
  return settings;
}

function codecOf(
  storeResult: DoOnceBehaviour['storeResult'],
  base: Codec | undefined,
): Codec | undefined {
  if (storeResult === undefined) return base;
  if (typeof storeResult === 'object' && storeResult !== null) return storeResult;
  checkBoolean('storeResult', storeResult);
  return storeResult ? jsonCodec : undefined;
}

function checkTtl(field: string, seconds: number | undefined): void {
  if (seconds === undefined) return;
  checkPositive(field, seconds);
  if (seconds > expirySecondsMax) {
    throw new InvalidInputError(field, seconds, `at most ${expirySecondsMax}`);
  }
}

/** Throws unless it is `true` or `false`. */
export function checkBoolean(field: string, value: boolean): void {
  if (typeof value !== 'boolean') throw new InvalidInputError(field, value, 'true or false');
}

interface EncodedResult<T> {
  readonly result: AttributeValue | undefined;
  readonly value: T;
  readonly notStored: Error | undefined;
}

/** The result as it is stored, and as it comes back. */
export async function encodeResult<T>(
  { row, settings: { codec } }: Call,
  write: DoneWrite,
  response: T,
): Promise<EncodedResult<T>> {
  const plain = { result: undefined, value: response, notStored: undefined };
  if (codec === undefined || response === undefined) return plain;
  try {
    const result = await codec.encode(response, row.label);
    checkItemSize(row.label, doneRow(row, { ...write, result }).Item);
    return { ...plain, result, value: (await codec.decode(result, row.label)) as T };
  } catch (error) {
    return { ...plain, notStored: toError(error) };
  }
}

/** What the caller of an action gets of its own call. */
export async function ownResponse<T>(
  outcome: Outcome<T>,
  codec: Codec | undefined,
  label: string,
): Promise<DoOnceResponse<T>> {
  if (outcome.outcome === 'failed') throw outcome.error;
  if (outcome.outcome === 'done') return sharedResponse(outcome, codec, label);
  const { response, at, notStored } = outcome;
  return {
    didAction: true,
    actionResponse: response,
    at,
    ...(notStored && { resultNotStored: notStored }),
  };
}

/** Leases and marks that ended until then have ended for this call. */
export function cutOf({ rows, settings }: Call): number {
  return rows.clock.now() - settings.skewToleranceMs;
}
