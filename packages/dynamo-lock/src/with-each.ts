import type { HeldLock } from '@x/dynamo-core/mechanism';

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
