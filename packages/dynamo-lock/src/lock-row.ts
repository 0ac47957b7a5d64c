import { numberOf, stringOf, type Item } from '@x/dynamo-core';

import type { LockStatus } from './lock-status.js';

/** A row of the table of locks. What a client of another kind did not write is `undefined`. */
export interface LockRow {
  readonly key: string;
  /** When the lock is free again, in whole seconds since 1970. All clients go by it. */
  readonly expiresAt: number | undefined;
  /** The operation id of the acquisition that last took the lock. */
  readonly owner: string | undefined;
  readonly fence: number | undefined;
  /**
   * The expiry as the owner wrote it. It differs from `expiresAt` when a client that knows no owners
   * took the lock after it, and is absent when the owner gave the lock back.
   */
  readonly heldUntil: number | undefined;
  /** The operation id of the last release, or of the acquisition that it ended. */
  readonly releasedBy: string | undefined;
  /** The payload, JSON. */
  readonly meta: string | undefined;
}

/** The payload of a row: for people and for diagnosis, no decision rests on it. */
export interface LockMeta {
  readonly holder: string;
  /** Epoch milliseconds. */
  readonly acquiredAt: number;
  readonly leaseMs: number;
  readonly info?: unknown;
}

/** Reads a row in wire shape. */
export function readLockRow(item: Item): LockRow {
  return {
    key: stringOf(item, 'key') ?? '',
    expiresAt: numberOf(item, 'expiresAt'),
    owner: stringOf(item, 'owner'),
    fence: numberOf(item, 'fence'),
    heldUntil: numberOf(item, 'heldUntil'),
    releasedBy: stringOf(item, 'releasedBy'),
    meta: stringOf(item, 'meta'),
  };
}

/** Whether the acquisition with this operation id took the lock, and nobody took it afterwards. */
export function isHeldBy({ owner, expiresAt, heldUntil }: LockRow, id: string): boolean {
  return owner === id && heldUntil !== undefined && heldUntil === expiresAt;
}

/** What the row says about the lock. The payload counts only while it is that of the holder. */
export function statusOf(row: LockRow): LockStatus {
  const { key, expiresAt = 0, owner, fence } = row;
  const meta = owner !== undefined && isHeldBy(row, owner) ? parseMeta(row.meta) : {};
  const { holder, info, acquiredAt, leaseMs } = meta;
  return {
    key,
    expiresAt: new Date(expiresAt * 1000),
    fence,
    holder: typeof holder === 'string' ? holder : undefined,
    info,
    acquiredAt: typeof acquiredAt === 'number' ? new Date(acquiredAt) : undefined,
    leaseMs: typeof leaseMs === 'number' ? leaseMs : undefined,
  };
}

/** A payload that somebody edited by hand must not hide who holds a lock, nor that it is held. */
function parseMeta(text: string | undefined): { [Name in keyof LockMeta]?: unknown } {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
