// The runtime's own: a test may have faked the global ones, and jsdom has no `setImmediate`.
import { setImmediate, setTimeout } from 'node:timers';

/** One turn of the event loop: every continuation that was ready has run after it. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A pause that leaves the processor to what is being waited for. */
export function realMillisecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
