import type { CallOptions } from '@x/dynamo-core';
import type { HeldLock, ReleaseOutcome } from '@x/dynamo-core/mechanism';

import { releaseAllCalled, type LockContext } from './options.js';

/** Does the same with each lock at once, and throws what failed when all have ended. */
export async function withEach<T>(
  verb: string,
  locks: readonly HeldLock[],
  call: (lock: HeldLock) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  // What ends all of them, as their signal does, counts once.
  const errors = new Set<unknown>();
  for (const result of await Promise.allSettled(locks.map(call))) {
    if (result.status === 'fulfilled') results.push(result.value);
    else errors.add(result.reason);
  }
  if (errors.size > 1) throw new AggregateError(errors, `Cannot ${verb} several locks`);
  for (const error of errors) throw error;
  return results;
}

/** Ends what is under way, then releases what is held: at hand also where a deployment has replaced the files. */
export async function closeAll(
  context: LockContext,
  options: CallOptions,
): Promise<ReleaseOutcome[]> {
  const { held, underWay } = context;
  context.ending = undefined;
  for (const ending of underWay.values()) ending.abort(releaseAllCalled());
  // Each gives back what it may have taken.
  await Promise.allSettled(underWay.keys());
  return await withEach('release', [...held], (lock) => lock.release(options));
}
