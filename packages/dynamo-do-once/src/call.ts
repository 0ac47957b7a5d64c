import type { PartitionedHandle } from '@x/dynamo-core/mechanism';

import { locate, type LabelledRow } from './do-once-rows.js';
import type { DoOnceOptions } from './options.js';
import { payloadHash } from './payload-hash.js';
import type { DoneWrite } from './requests.js';
import { settingsOf, type Settings } from './settings.js';

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
  const hash = await payloadHash(payload, row.label);
  return { rows, row, claims, settings, owner: rows.random.id(), hash, signal };
}

/** Leases and marks that ended until then have ended for this call. */
export function cutOf({ rows, settings }: Call): number {
  return rows.clock.now() - settings.skewToleranceMs;
}

/** When a claim expires: with `takeover: false` never, and never before its lease ends. */
export function claimExpiryOf(
  { takeover, claimTtlSeconds }: Settings,
  startedMs: number,
  leaseEndMs: number,
): number | undefined {
  if (!takeover) return undefined;
  return Math.ceil(Math.max(startedMs + claimTtlSeconds * 1000, leaseEndMs) / 1000);
}

/** The mark of a call that is done now, with the beginning and the payload of its claim. */
export function doneOf(
  { rows, settings, owner, hash }: Call,
  claimed?: Pick<DoneWrite, 'startedMs' | 'hash'>,
): DoneWrite {
  const atMs = rows.clock.now();
  const { ttlSeconds } = settings;
  const expiresAt = ttlSeconds === undefined ? undefined : Math.ceil(atMs / 1000 + ttlSeconds);
  return { startedMs: atMs, hash, ...claimed, owner, atMs, expiresAt, result: undefined };
}

/** Tells the logger, if there is one. */
export function warn({ settings, rows }: Call, message: string, error?: unknown): void {
  const { logger } = settings.monitoring ?? rows.monitoring;
  logger?.warn(message, error);
}
