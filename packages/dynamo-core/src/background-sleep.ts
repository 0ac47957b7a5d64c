import type { Clock } from './clock.js';

/**
 * Sleeps without keeping the process alive, for work in the background. Answers whether the time
 * went by: `false` when the signal ended the sleep.
 */
export async function backgroundSleep(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await clock.sleep(ms, { signal, keepAlive: false });
    return !signal.aborted;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
