import type { ManualClock } from '@x/dynamo-testing';

/** What a call answers or throws whose time is moved for it, and after how many milliseconds. */
export async function endOf(
  clock: ManualClock,
  call: Promise<unknown>,
): Promise<[unknown, number]> {
  const startMs = clock.monotonic();
  let endMs = 0;
  const outcome = call.catch((error: unknown) => error).finally(() => (endMs = clock.monotonic()));
  // Bounds are timers in the background, which alone move no clock that is driven.
  const others = new AbortController();
  const other = clock.sleep(600_000, { signal: others.signal }).catch(() => undefined);
  const result = await clock.drive(outcome);
  others.abort();
  await other;
  return [result, endMs - startMs];
}
