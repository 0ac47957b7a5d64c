import type { Clock } from './clock.js';

/** A moment on both clocks: a lease counts from one, and is over when either clock says so. */
export interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The moment that it is. */
export function instantOf(clock: Clock): Instant {
  return { wallMs: clock.now(), monotonicMs: clock.monotonic() };
}
