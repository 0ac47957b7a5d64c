import type { CallOptions } from '@x/dynamo-core';
import { mapConcurrently, pages, readItem, writeConditionally } from '@x/dynamo-core/mechanism';

import { metaOfHolder, readLockRow, type LockRow, type LockStatus } from './lock-row.js';
import type { ListLocksOptions, LockContext } from './options.js';
import { deleteLock, forceReleaseLock, scanHeld, scanPurgeable } from './operator-requests.js';
import { keyOf } from './requests.js';

/** Who holds a lock, or `undefined`. */
export async function inspectLock(
  context: LockContext,
  key: string,
  options: CallOptions,
): Promise<LockStatus | undefined> {
  const row = await readHeld(context, key, options);
  return row && statusOf(row);
}

/** What the row says about the lock. */
function statusOf(row: LockRow): LockStatus {
  const { key, endMs, fence } = row;
  const { holder, info, acquiredAt, leaseMs } = metaOfHolder(row);
  return {
    key,
    expiresAtMs: endMs,
    fence,
    holder,
    info,
    acquiredAtMs: typeof acquiredAt === 'number' ? acquiredAt : undefined,
    leaseMs: typeof leaseMs === 'number' ? leaseMs : undefined,
  };
}

/** The row of a lock that is held, or `undefined`. */
async function readHeld(
  context: LockContext,
  key: string,
  { signal }: CallOptions,
): Promise<LockRow | undefined> {
  const item = await readItem({ ...context, key: keyOf(key) }, true, { signal });
  const row = item && readLockRow(item);
  return row !== undefined && row.endMs > cutMsOf(context) ? row : undefined;
}

/** All the locks that are held, page by page. */
export async function* listLocks(
  context: LockContext,
  { prefix = '', signal }: ListLocksOptions,
): AsyncGenerator<LockStatus, void, undefined> {
  const { transport, tableName } = context;
  const input = () => scanHeld(tableName, prefix, cutMsOf(context));
  for await (const { Items } of pages(transport, 'Scan', input, { signal })) {
    for (const item of Items ?? []) yield statusOf(readLockRow(item));
  }
}

/** How often the holder may renew between what was seen and the release. */
const attemptsMax = 5;

/** Frees a lock as it was seen. A renewal in between is followed up; another holder is not. */
export async function forceRelease(
  context: LockContext,
  key: string,
  options: CallOptions,
): Promise<LockStatus | undefined> {
  const { transport, tableName, clock, random } = context;
  const id = random.id();
  let row = await readHeld(context, key, options);
  for (let attempt = 1; row !== undefined && attempt <= attemptsMax; attempt++) {
    const seen = row;
    const written = await writeConditionally(
      transport,
      'UpdateItem',
      () => forceReleaseLock({ tableName, key }, seen, id, clock.now()),
      { isMine: (item) => readLockRow(item).releasedBy === id, signal: options.signal },
    );
    if (written.outcome !== 'refused') return statusOf(seen);
    const found = written.item && readLockRow(written.item);
    const isRenewed = found?.heldUntil !== undefined && found.heldUntil === found.expiresAt;
    row = isRenewed && found.owner === seen.owner && found.fence === seen.fence ? found : undefined;
  }
  return undefined;
}

const deletesAtOnce = 10;

/** Deletes the rows of free locks that were kept for long enough. Says how many are deleted. */
export async function sweepLocks(
  context: LockContext,
  { prefix = '', signal }: ListLocksOptions,
): Promise<number> {
  signal?.throwIfAborted();
  const { transport, tableName } = context;
  const input = () => scanPurgeable(tableName, prefix, cutMsOf(context));
  let deleted = 0;
  for await (const { Items } of pages(transport, 'Scan', input, { signal })) {
    const areDeleted = await mapConcurrently(Items ?? [], deletesAtOnce, async (item) => {
      signal?.throwIfAborted();
      const { key } = readLockRow(item);
      const written = await writeConditionally(
        transport,
        'DeleteItem',
        () => deleteLock({ tableName, key }, cutMsOf(context)),
        { mustExist: keyOf(key), signal },
      );
      // A repeat finds no row: its first send has deleted it.
      return written.outcome !== 'refused' || written.item === undefined;
    });
    deleted += areDeleted.filter(Boolean).length;
  }
  return deleted;
}

/** A lock whose lease ended until then counts as free. */
function cutMsOf({ clock, skewToleranceMs }: LockContext): number {
  return clock.now() - skewToleranceMs;
}
