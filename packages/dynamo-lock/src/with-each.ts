import type { CallOptions } from '@x/dynamo-core';
import { abortable, type HeldLock, type ReleaseOutcome } from '@x/dynamo-core/mechanism';

import type { LockContext } from './options.js';

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

/** Runs an acquisition that ends with the caller's signal, or with a `releaseAll()`. */
export async function untilReleaseAll<T>(
  { underWay, closing }: LockContext,
  signal: AbortSignal | undefined,
  take: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = (): void =>
    ending.abort(
      signal?.aborted ? signal.reason : new DOMException('releaseAll() was called', 'AbortError'),
    );
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end);
  // Not refused at once: who tries again in a loop would keep the process from sending the releases.
  const call = closing
    ? abortable(ending.signal, () => closing.finally(end) as Promise<T>)
    : take(ending.signal);
  underWay.set(end, call);
  try {
    return await call;
  } finally {
    underWay.delete(end);
    signal?.removeEventListener('abort', end);
  }
}

/** Ends what is under way, then releases what is held: at hand also where a deployment has replaced the files. */
export async function closeAll(
  { held, underWay }: LockContext,
  options: CallOptions,
): Promise<ReleaseOutcome[]> {
  for (const end of underWay.keys()) end();
  // Each gives back what it may have taken.
  await Promise.allSettled(underWay.values());
  return await withEach('release', [...held], (lock) => lock.release(options));
}
