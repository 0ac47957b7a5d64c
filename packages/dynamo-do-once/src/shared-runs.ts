import type { Clock } from '@x/dynamo-core';

import type { Call } from './call.js';
import type { Outcome } from './outcome.js';

/** A call under way in this process. */
interface Run {
  readonly hash: string | undefined;
  /** `undefined` when the call ended for reasons of its own: it waited too long, was aborted … */
  readonly outcome: Promise<Outcome<unknown> | undefined>;
}

/** What a caller gets: the outcome of its own call, or of one that it waited for. */
export type Shared<T> =
  | { readonly own: true; readonly outcome: Outcome<T> }
  | { readonly own: false; readonly outcome: Outcome<unknown> };

/** The calls under way in one manager: callers of the same key share one. */
export class SharedRuns {
  readonly #runs = new Map<string, Run>();

  /**
   * Waits for the call of the same key that is under way, or makes one. A caller that has waited as
   * long as it may, or longer than the lease, asks DynamoDB itself: it says what is the case.
   */
  async share<T>(call: Call, lead: (call: Call) => Promise<Outcome<T>>): Promise<Shared<T>> {
    const { row, settings, signal } = call;
    const { clock } = call.rows;
    const id = JSON.stringify(row.key);
    const endMs = clock.monotonic() + settings.waitMsMax;
    let isLate = false;
    for (;;) {
      const run = this.#runs.get(id);
      const leftMs = Math.max(0, Math.ceil(endMs - clock.monotonic()));
      // What was waited for another call here is not waited for another process once more.
      const own = { ...call, settings: { ...settings, waitMsMax: leftMs } };
      if (run === undefined) return { own: true, outcome: await this.#lead(id, own, lead) };
      if (isLate || leftMs === 0 || !isShared(run, call)) {
        return { own: true, outcome: await lead(own) };
      }

      const waitMs = Math.min(leftMs, settings.leaseMs);
      const answer = await answerWithin(run.outcome, waitMs, clock, signal);
      isLate = answer === 'late';
      if (answer !== 'late' && answer !== undefined) return { own: false, outcome: answer };
      // It gave up, so that one of those who waited takes its place.
    }
  }

  async #lead<T>(
    id: string,
    call: Call,
    lead: (call: Call) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const own = lead(call);
    const leave = (): void => void this.#runs.delete(id);
    const outcome = own.then(
      (ended) => (leave(), ended),
      () => leave() as undefined,
    );
    this.#runs.set(id, { hash: call.hash, outcome });
    return own;
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
