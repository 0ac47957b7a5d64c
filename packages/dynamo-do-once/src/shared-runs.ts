import type { Clock } from '@x/dynamo-core';

import type { Call } from './call.js';
import { DoOnceLeaseLostError } from './errors.js';
import type { Action } from './options.js';
import { ownResponse, sharedResponse, type Outcome } from './result.js';
import type { DoOnceResponse } from './responses.js';
import { beginRun } from './run-channels.js';
import { runOnce } from './run.js';

/** A call under way in this process. */
interface Run {
  readonly hash: string | undefined;
  /** `undefined` when the call ended for reasons of its own: it waited too long, was aborted … */
  readonly outcome: Promise<Outcome<unknown> | undefined>;
}

/** The calls under way in one manager: callers of the same key share one. */
export class SharedRuns {
  readonly #runs = new Map<string, Run>();

  /**
   * Waits for the call of the same key that is under way, or makes one. A caller that has waited as
   * long as it may, or longer than the lease, asks DynamoDB itself: it says what is the case.
   */
  async run<T>(call: Call, action: Action<T>): Promise<DoOnceResponse<T>> {
    const { row, settings, signal } = call;
    const { codec } = settings;
    const { clock } = call.rows;
    const id = JSON.stringify(row.key);
    const endMs = clock.monotonic() + settings.waitMsMax;
    const report = beginRun(call);
    let isLate = false;
    for (;;) {
      const run = this.#runs.get(id);
      const leftMs = Math.max(0, Math.ceil(endMs - clock.monotonic()));
      if (run === undefined || isLate || leftMs === 0 || !isShared(run, call)) {
        // What was waited for another call here is not waited for another process once more.
        const own = runOnce({ ...call, settings: { ...settings, waitMsMax: leftMs } }, action);
        if (run === undefined) this.#share(id, call, own);
        return ownResponse(await own, codec, row.label);
      }
      const waitMs = Math.min(leftMs, settings.leaseMs);
      const answer = await answerWithin(run.outcome, waitMs, clock, signal);
      isLate = answer === 'late';
      if (answer !== 'late' && answer !== undefined) {
        if (answer.outcome !== 'failed') report?.repeated('shared');
        return sharedResponse(answer, codec, row.label);
      }
      // It gave up, so that one of those who waited takes its place.
    }
  }

  #share(id: string, call: Call, own: Promise<Outcome<unknown>>): void {
    const leave = (): undefined => void this.#runs.delete(id);
    const outcome = own.then(
      (ended) => (leave(), isOfItsOwn(ended, call) ? undefined : ended),
      () => leave(),
    );
    this.#runs.set(id, { hash: call.hash, outcome });
  }
}

/** Whether an action failed because of its caller or its lease, and not by itself. */
function isOfItsOwn(ended: Outcome<unknown>, { signal }: Call): boolean {
  if (ended.outcome !== 'failed') return false;
  return signal?.aborted === true || ended.error instanceof DoOnceLeaseLostError;
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
  signal?.throwIfAborted();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const late = clock.sleep(ms, { signal: stop.signal }).then(() => 'late' as const);
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    signal?.removeEventListener('abort', onAbort);
  }
}
