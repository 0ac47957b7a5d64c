import type { Clock } from '@x/dynamo-core';
import { abortable } from '@x/dynamo-core/mechanism';

import type { Call } from './requests.js';
import { sharedResponse, type DoOnceResponse, type Outcome } from './responses.js';
import { beginRun } from './run.js';

/** A call under way in this process. */
export interface Run {
  readonly hash: string | undefined;
  /** `undefined` when the call ended for reasons of its own: it waited too long, was aborted … */
  readonly outcome: Promise<Outcome<unknown> | undefined>;
}

/**
 * Waits for a call of the same key that is under way. A caller that has waited as long as it may, or
 * longer than the lease, asks DynamoDB itself: it says what is the case.
 */
export async function joinRun<T>(
  call: Call,
  underWay: Run,
  next: () => Run | undefined,
  runOwn: (waitMsMax: number) => Promise<DoOnceResponse<T>>,
): Promise<DoOnceResponse<T>> {
  const { row, settings, signal } = call;
  const { clock } = call.rows;
  const endMs = clock.monotonic() + settings.waitMsMax;
  const report = beginRun(call);
  let isLate = false;
  for (let run: Run | undefined = underWay; ; run = next()) {
    const leftMs = Math.max(0, Math.ceil(endMs - clock.monotonic()));
    if (run === undefined || isLate || leftMs === 0 || !isShared(run, call)) {
      // What was waited for another call here is not waited for another process once more.
      return runOwn(leftMs);
    }
    const waitMs = Math.min(leftMs, settings.leaseMs);
    const answer = await answerWithin(run.outcome, waitMs, clock, signal);
    isLate = answer === 'late';
    if (answer !== 'late' && answer !== undefined) {
      if (answer.outcome !== 'failed') report('repeat', 'shared');
      return sharedResponse(answer, settings.codec, row.displayKey);
    }
    // It gave up, so that one of those who waited takes its place.
  }
}

/** Callers that do not wait, and other payloads, are for DynamoDB to answer. */
function isShared(run: Run, { hash, settings }: Call): boolean {
  const same = hash === undefined || run.hash === undefined || hash === run.hash;
  return same && settings.onInProgress === 'wait';
}

/** Waits for the promise. Leaves no timer. */
async function answerWithin<T>(
  promise: Promise<T>,
  ms: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<T | 'late'> {
  const stop = new AbortController();
  const late = (): Promise<'late'> =>
    clock.sleep(ms, { signal: stop.signal }).then(() => 'late' as const);
  try {
    return await abortable(signal, () => Promise.race([promise, late()]));
  } finally {
    stop.abort();
  }
}
