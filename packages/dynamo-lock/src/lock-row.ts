import { metaIn, type PreviousHolder } from '@x/dynamo-core/mechanism';
import { numberOf, stringOf, type Item, type TableDefinition } from '@x/dynamo-core';

/** The table behind `DynamoLock`: one row for each key that was ever locked, for about a week. */
export const locksTable: TableDefinition = {
  name: 'locks',
  partitionKey: { name: 'key', type: 'S' },
  ttlAttribute: 'purgeAt',
};

/** What a row holds beside its key and `purgeAt`. */
export const ownAttributes: readonly string[] = [
  'expiresAt',
  'heldUntil',
  'endsAtMs',
  'owner',
  'fence',
  'releasedBy',
  'waiters',
  'meta',
  'prior',
  'priorHeldUntil',
  'priorEndsAtMs',
  'priorMeta',
];

/** What is known about a lock that somebody holds. */
export interface LockStatus {
  readonly key: string;
  /** When the lease ends, if it is not renewed, in epoch milliseconds. */
  readonly expiresAtMs: number;
  /** The fencing number of the holder; `undefined` where no client of this package ever held it. */
  readonly fence: number | undefined;
  /** Who holds it: what the holder's `DynamoLock` was given as `holder`. */
  readonly holder: string | undefined;
  /** What the holder passed as `info`. */
  readonly info: unknown;
  /** When it was taken, by the holder's clock, in epoch milliseconds. */
  readonly acquiredAtMs: number | undefined;
  /** For how long it was taken, in milliseconds. */
  readonly leaseMs: number | undefined;
}

/** A row of the table of locks. What a client of another kind did not write is `undefined`. */
export interface LockRow {
  readonly key: string;
  /** When the lock is free again, in whole seconds since 1970. Clients of the original go by it. */
  readonly expiresAt: number | undefined;
  /** The same moment in milliseconds, exactly. 0 where the row says nothing: the lock is free. */
  readonly endMs: number;
  /** When the lock was free again as it stood before the acquisition that last took it. */
  readonly priorEndMs: number;
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
  /** The same as it stood before the acquisition; '' where there was none. */
  readonly priorMeta: string | undefined;
  /** Whose lease it was that the acquisition replaced: one of ours, or none. */
  readonly isPriorOurs: boolean;
}

/** The payload of a row, for people and for the next holder: no decision rests on it. */
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
    endMs: endMsOf(item, 'expiresAt', 'heldUntil', 'endsAtMs'),
    priorEndMs: endMsOf(item, 'prior', 'priorHeldUntil', 'priorEndsAtMs'),
    owner: stringOf(item, 'owner'),
    fence: numberOf(item, 'fence'),
    heldUntil: numberOf(item, 'heldUntil'),
    releasedBy: stringOf(item, 'releasedBy'),
    meta: stringOf(item, 'meta'),
    priorMeta: stringOf(item, 'priorMeta'),
    isPriorOurs:
      numberOf(item, 'prior') === 0 || numberOf(item, 'prior') === numberOf(item, 'priorHeldUntil'),
  };
}

/** Whether the acquisition with this operation id took the lock, and nobody took it afterwards. */
export function isHeldBy({ owner, expiresAt, heldUntil }: LockRow, id: string): boolean {
  return owner === id && heldUntil !== undefined && heldUntil === expiresAt;
}

/** What the holder says of itself: the payload counts only while it is that of the holder. */
export function metaOfHolder(row: LockRow): ReturnType<typeof metaIn> {
  const { owner, meta } = row;
  return metaIn(owner !== undefined && isHeldBy(row, owner) ? meta : undefined);
}

/** Who held the lock before the acquisition that wrote the row. */
export function previousOf(row: LockRow): PreviousHolder | undefined {
  // A client that knows no payload took it in between.
  if (!row.isPriorOurs) return { info: undefined, holder: undefined, ended: 'expired' };
  if (row.priorMeta === undefined || row.priorMeta === '') return undefined;
  const { holder, info, ended } = metaIn(row.priorMeta);
  return {
    info,
    holder,
    ended: ended === 'released' || ended === 'forced' ? ended : 'expired',
  };
}

/** The exact end counts while no client that does not know it has changed the whole seconds. */
function endMsOf(item: Item, seconds: string, heldUntil: string, exact: string): number {
  const expiresAt = numberOf(item, seconds);
  if (expiresAt === undefined) return 0;
  const isOurs = numberOf(item, heldUntil) === expiresAt;
  return (isOurs ? numberOf(item, exact) : undefined) ?? expiresAt * 1000;
}
