import type { ChangedRow, KeyCall } from './attempt-row.js';
import { AttemptsError } from './errors.js';
import type { Limiter } from './limiter.js';
import type { AttemptResult, WaitOptions } from './options.js';

/** What an attempt came to. */
export interface Decision {
  readonly call: KeyCall;
  readonly result: AttemptResult;
  /** The row that counted it. */
  readonly counted?: ChangedRow | undefined;
}

/** How many calls of this process wait for each key. */
export type Waiters = Map<string, number>;

/** So much later than it could be admitted, at most, so that waiters do not all come at once. */
const jitterMsMax = 250;

/** So long has a try for its answer that begins in time, also where less is left to wait. */
const answerMs = 500;

/** Attempts until it is admitted, for as long as it may wait. */
export async function waitFor(
  limiter: Limiter,
  waiters: Waiters,
  first: KeyCall,
  { waitMsMax = 10_000, waitersMax = 100 }: WaitOptions,
  decide: (call: KeyCall) => Promise<Decision>,
): Promise<Decision> {
  const { signal } = first;
  const callMs = limiter.timeoutMsOf(first) ?? Infinity;
  const { clock, random } = limiter.rows;
  const endMs = clock.monotonic() + waitMsMax;
  const place = first.keyId;
  const waiting = (): number => waiters.get(place) ?? 0;
  let isWaiting = false;
  try {
    for (let call = first; ; call = { ...call, id: random.id(), nowMs: Math.floor(clock.now()) }) {
      const timeoutMs = Math.min(callMs, Math.max(answerMs, endMs - clock.monotonic()));
      const decision = await decide({ ...call, timeoutMs });
      const { isAdmitted, retryAfterMs = Infinity } = decision.result;
      if (isAdmitted) return decision;
      const restMs = endMs - clock.monotonic();
      const isFull = !isWaiting && waiting() >= waitersMax;
      if (retryAfterMs > restMs || isFull) {
        throw new AttemptsError(call.displayKey, decision.result);
      }
      if (!isWaiting) waiters.set(place, waiting() + 1);
      isWaiting = true;
      const jitterMs = random.unit() * Math.min(jitterMsMax, retryAfterMs, restMs - retryAfterMs);
      await clock.sleep(Math.max(1, retryAfterMs + jitterMs), { signal });
    }
  } finally {
    if (isWaiting && waiting() > 1) waiters.set(place, waiting() - 1);
    else if (isWaiting) waiters.delete(place);
  }
}
