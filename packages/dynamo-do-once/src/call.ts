import { numberOf, type DynamoTransport, type Item, type PartitionedRows } from '@x/dynamo-core';

import { attributes } from './record.js';
import type { LabelledRow } from './do-once-rows.js';
import type { ClaimWrite, Cut, DoneWrite } from './requests.js';
import type { Settings } from './settings.js';

/** One call of the manager: what it is about, whose it is, and what it takes. */
export interface Call {
  readonly rows: PartitionedRows;
  readonly row: LabelledRow;
  readonly settings: Settings;
  /** The id of the call: in each of its writes, so that a repeat recognises itself. */
  readonly owner: string;
  readonly hash: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A claim that is never taken over ends here: the last moment that a date can have. */
const neverMs = 8_640_000_000_000_000;

/** What is over at this moment, for this call. */
export function cutOf({ rows: { clock }, settings }: Call): Cut {
  return { cutMs: clock.now() - settings.skewToleranceMs, takeover: settings.takeover };
}

/** The claim of a call, or its renewal, that counts from `fromMs`. */
export function claimOf(
  { owner, hash, settings }: Call,
  startedMs: number,
  fromMs: number,
): ClaimWrite {
  const { leaseMs, takeover, expiresAfterMs } = settings;
  const endMs = fromMs + leaseMs;
  return {
    owner,
    hash,
    startedMs,
    leaseEndMs: takeover ? endMs : neverMs,
    // Never before the lease ends: a claim that runs does not expire.
    expiresAt: expirySecondsOf(endMs, expiresAfterMs),
  };
}

/** The mark of a call that is done at `atMs`. */
export function doneOf(
  { owner, hash, settings }: Call,
  startedMs: number,
  atMs: number,
): DoneWrite {
  const expiresAt = expirySecondsOf(atMs, settings.expiresAfterMs);
  return { owner, hash, startedMs, atMs, expiresAt, result: undefined };
}

/** Whether a claim could succeed on this row. */
export function isFree(
  item: Item | undefined,
  { cutMs, takeover }: Cut,
  dataName: string,
): boolean {
  if (item === undefined || isOver(item, cutMs)) return true;
  if (item[dataName] !== undefined) return false;
  const leaseEndMs = numberOf(item, attributes.lease);
  return leaseEndMs === undefined || (takeover && leaseEndMs <= cutMs);
}

/** Whether a claim or mark has expired. */
export function isOver(item: Item, cutMs: number): boolean {
  const expiresAt = numberOf(item, attributes.expiresAt);
  return expiresAt !== undefined && expiresAt <= Math.floor(cutMs / 1000);
}

/** The row as it is now. */
export async function readRow(
  transport: DynamoTransport,
  { tableName, key }: LabelledRow,
  { consistent, signal }: { consistent: boolean; signal?: AbortSignal | undefined },
): Promise<Item | undefined> {
  const input = { TableName: tableName, Key: key, ConsistentRead: consistent };
  return (await transport.call('GetItem', input, { signal })).Item;
}

/** Tells the logger, if there is one. */
export function warn({ settings, rows }: Call, message: string, error: unknown): void {
  const { logger } = settings.monitoring ?? rows.monitoring ?? {};
  try {
    logger?.warn(message, error);
  } catch {
    // A logger that fails must not change what becomes of an action that ran.
  }
}

function expirySecondsOf(fromMs: number, afterMs: number | undefined): number | undefined {
  return afterMs === undefined ? undefined : Math.ceil((fromMs + afterMs) / 1000);
}
