import type { Clock, Random } from './clock.js';

/** How the pauses between attempts grow. */
export interface BackoffOptions {
  /** The upper bound of the first pause, in milliseconds. It doubles with each attempt. */
  readonly firstMs: number;
  /** The upper bound that it never passes, in milliseconds. */
  readonly maxMs: number;
}

/**
 * The pause after attempt number `attempt` (the first is 0), in milliseconds: uniform between zero
 * and a bound that doubles. With full jitter, clients that collided once do not meet again.
 *
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog.
 */
export function fullJitterMs(
  attempt: number,
  { firstMs, maxMs }: BackoffOptions,
  random: Random,
): number {
  // 2 ** 1024 is Infinity, and the smaller of it and maxMs is still maxMs.
  return random.unit() * Math.min(maxMs, firstMs * 2 ** attempt);
}

/** Sleeps the pause of `fullJitterMs`. */
export async function pause(
  attempt: number,
  backoff: BackoffOptions,
  { clock, random, signal }: { clock: Clock; random: Random; signal?: AbortSignal | undefined },
): Promise<void> {
  await clock.sleep(fullJitterMs(attempt, backoff, random), { signal });
}
