import { writeConditionally, type CallOptions } from '@x/dynamo-core';

import type { LockContext } from './lock-context.js';
import { readLockRow, statusOf, type LockRow } from './lock-row.js';
import type { LockStatus } from './lock-status.js';
import { forceReleaseLock, freeUpTo, getLock } from './requests.js';

/** How often the holder may renew between what was seen and the release. */
const attemptsMax = 5;

/** The row of a lock that is held, or `undefined`. */
export async function readHeld(
  { transport, tableName, clock, skewToleranceMs }: LockContext,
  key: string,
  { signal }: CallOptions,
): Promise<LockRow | undefined> {
  const { Item } = await transport.call('GetItem', getLock({ tableName, key }), { signal });
  const row = Item && readLockRow(Item);
  return row && isHeld(row, freeUpTo(clock.now(), skewToleranceMs)) ? row : undefined;
}

/** Frees a lock as it was seen. A renewal in between is followed up; another holder is not. */
export async function forceRelease(
  context: LockContext,
  key: string,
  options: CallOptions,
): Promise<LockStatus | undefined> {
  const { transport, tableName, clock, random } = context;
  const id = random.id();
  const seen = await readHeld(context, key, options);
  let row = seen;
  for (let attempt = 1; row !== undefined && attempt <= attemptsMax; attempt++) {
    const written = await writeConditionally(
      transport,
      'UpdateItem',
      forceReleaseLock({ tableName, key }, row, id, clock.now()),
      {
        isMine: (item) => readLockRow(item).releasedBy === id,
        ...options,
      },
    );
    if (written.outcome !== 'refused') return statusOf(row);
    const met = written.item && readLockRow(written.item);
    const isRenewed = met?.heldUntil !== undefined && met.heldUntil === met.expiresAt;
    row = isRenewed && met.owner === row.owner && met.fence === row.fence ? met : undefined;
  }
  return undefined;
}

/** Whether the lock counts as held by somebody. */
function isHeld({ expiresAt }: LockRow, cut: number): boolean {
  return expiresAt !== undefined && expiresAt > cut;
}
