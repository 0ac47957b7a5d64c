import type { HeldLock } from '@x/dynamo-core/mechanism';

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
  context: LockContext,
  signal: AbortSignal | undefined,
  take: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { underWay } = context;
  const ending = new AbortController();
  const end = (): void => ending.abort(signal?.aborted === true ? signal.reason : context.closing);
  if (context.closing ?? signal?.aborted) end();
  signal?.addEventListener('abort', end);
  const call = take(ending.signal);
  underWay.set(end, call);
  try {
    return await call;
  } finally {
    underWay.delete(end);
    signal?.removeEventListener('abort', end);
  }
}
