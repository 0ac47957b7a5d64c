import type { Clock, Random } from './clock.js';
import type { Item } from './transport.js';

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

/** Where many wait, one tries within this time after a lease has ended. */
const crowdMs = 4_000;

/** What one who waits for the end of a lease knows of it. */
export interface WaitedFor {
  /** In how many milliseconds the lease ends, where it is not renewed. */
  readonly freeMs: number;
  /** Whether many wait for it: then one of them comes in time by chance. */
  readonly isCrowded: boolean;
}

/**
 * The pause before attempt number `attempt + 1` to take a lease, in milliseconds: with full jitter, and
 * never beyond the end of the lease, or 4 seconds more where many wait. Who comes to a crowd begins at
 * its pace.
 */
export function leasePauseMs(
  attempt: number,
  backoff: BackoffOptions,
  random: Random,
  { freeMs, isCrowded }: WaitedFor,
): number {
  const ms = fullJitterMs(isCrowded ? Infinity : attempt, backoff, random);
  const spreadMs = isCrowded ? crowdMs : 0;
  // Where it should have been free, an attempt would have found that, but for the last millisecond.
  if (freeMs <= -1 || ms <= freeMs + spreadMs) return ms;
  return Math.max(1, freeMs) + spreadMs * random.unit();
}

/** Whether the row of a lease says that many wait for it: two of them have said so. */
export function isCrowded(item: Item | undefined): boolean {
  return (item?.['waiters']?.SS?.length ?? 0) > 1;
}

/**
 * Whether this one of those who wait for a lease says so in its row, once for each holder: one in 64
 * does, by its own id, so that a repeat says nothing twice. It is a hint: nobody takes it back who leaves.
 */
export function tellsOthers(random: Random): boolean {
  return random.unit() < 1 / 64;
}
