import { whenAborted } from './clock.js';
import { show } from './errors.js';
import { checkFinished } from './input-checks.js';
import { type HeldLock, LockLostError } from './held-lock.js';
import type { ReleaseOutcome } from './lease-table.js';
import type { Logger } from './monitoring.js';

/** What work runs under: one lock, or several. */
type Held = Pick<HeldLock, 'assertHeld' | 'interrupt'> & {
  release(): Promise<ReleaseOutcome | readonly ReleaseOutcome[]>;
};

/**
 * Runs `fn` and releases what is held. Resolves only when the lease ran until `fn` was done: where it
 * ended before, a result that looks fine may rest on what another was changing. A result that has yet
 * to be worked off is refused: that would happen after the release. `signal` reaches the work through
 * the signal of what is held.
 */
export async function runHeld<T, H extends Held>(
  held: H,
  fn: (held: H) => T | Promise<T>,
  {
    name,
    signal,
    logger,
  }: { name: string; signal: AbortSignal | undefined; logger: Logger | undefined },
): Promise<T> {
  let result: T;
  const unfollow = whenAborted(signal, () => held.interrupt(signal?.reason));
  try {
    result = await fn(held);
    checkFinished('what the function returns', result);
    assertNotLost(held);
  } catch (error) {
    return await releaseAfter(error, held);
  } finally {
    unfollow();
  }
  await releaseAndReport(held, name, logger);
  return result;
}

/**
 * Releases, then throws `thrown`. Should the release fail as well, an `AggregateError` is thrown that
 * holds both, with `thrown` as its `cause`.
 */
export async function releaseAfter(
  thrown: unknown,
  held: { release(): Promise<unknown> },
): Promise<never> {
  const [released] = await Promise.allSettled([held.release()]);
  if (released.status === 'fulfilled') throw thrown;
  const { message = show(thrown) } = Object(thrown) as Partial<Error>;
  throw new AggregateError([thrown, released.reason], `${message} (and the release failed)`, {
    cause: thrown,
  });
}

/** The work is done under a lease that ran: no failure of the release may hide its result. */
async function releaseAndReport(
  held: Held,
  name: string,
  logger: Logger | undefined,
): Promise<void> {
  try {
    const outcomes = [await held.release()].flat();
    // After a lost response it can be that our own release was followed by others.
    if (outcomes.includes('superseded')) {
      logger?.warn(`"${name}" was not ours any more when it was released`);
    }
  } catch (error) {
    logger?.warn(`Cannot release "${name}": it is free when its lease ends`, error);
  }
}

/** A lock that `fn` itself released was not lost. */
function assertNotLost(held: Held): void {
  try {
    held.assertHeld();
  } catch (error) {
    if (!(error instanceof LockLostError && error.reason === 'released')) throw error;
  }
}
