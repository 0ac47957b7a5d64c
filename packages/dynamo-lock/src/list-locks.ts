import { InvalidInputError, pages } from '@x/dynamo-core';

import type { LockContext } from './lock-context.js';
import type { ListLocksOptions } from './lock-options.js';
import { readLockRow, statusOf } from './lock-row.js';
import type { LockStatus } from './lock-status.js';
import { freeUpTo, scanLocks } from './requests.js';

/** All the locks that are held, page by page. */
export async function* listLocks(
  { transport, tableName, clock, skewToleranceMs }: LockContext,
  { prefix = '', signal }: ListLocksOptions,
): AsyncGenerator<LockStatus, void, undefined> {
  if (typeof prefix !== 'string') throw new InvalidInputError('prefix', prefix, 'a string');
  const input = scanLocks(tableName, prefix, freeUpTo(clock.now(), skewToleranceMs));
  for await (const { Items } of pages(transport, 'Scan', input, { signal })) {
    for (const item of Items ?? []) yield statusOf(readLockRow(item));
  }
}
