import type { Clock, Instant } from '@x/dynamo-core';

/** The moment `ms` milliseconds later. */
export function later({ wallMs, monotonicMs }: Instant, ms: number): Instant {
  return { wallMs: wallMs + ms, monotonicMs: monotonicMs + ms };
}

/** The later moment, on each of the clocks. */
export function latest(a: Instant, b: Instant): Instant {
  return {
    wallMs: Math.max(a.wallMs, b.wallMs),
    monotonicMs: Math.max(a.monotonicMs, b.monotonicMs),
  };
}

/**
 * Milliseconds until the first of the two clocks reaches the moment. A wall clock that was set
 * forward ends a lease early, which is safe; one that was set back does not prolong it.
 */
export function msUntil({ wallMs, monotonicMs }: Instant, clock: Clock): number {
  return Math.min(wallMs - clock.now(), monotonicMs - clock.monotonic());
}
