import { abortable, tell } from '@x/dynamo-core/mechanism';

import type { Call } from './requests.js';
import { sharedResponse, type DoOnceResponse, type Outcome } from './responses.js';
import { channels } from './run.js';

/** A call under way in this process. */
export interface Run {
  readonly hash: string | undefined;
  /** `'own'` when the call ended for reasons of its own: it waited too long, was aborted … */
  readonly outcome: Promise<Outcome<unknown> | 'own'>;
}

/**
 * Waits for a call of the same key that is under way. `undefined` where it gave up, so that one of those
 * who waited takes its place. `'alone'` for a caller that has waited as long as it may, or
 * longer than the lease: it asks DynamoDB itself, which says what is the case.
 */
export async function joinRun<T>(
  call: Call,
  run: Run,
): Promise<DoOnceResponse<T> | 'alone' | undefined> {
  const { row, clock, startedMs, settings, hash, signal } = call;
  const leftMs = startedMs + settings.waitMsMax - clock.monotonic();
  // Callers that do not wait, and other payloads, are for DynamoDB to answer.
  const isSame = hash === undefined || run.hash === undefined || hash === run.hash;
  if (!isSame || settings.onInProgress === 'throw' || leftMs <= 0) return 'alone';
  const ms = Math.ceil(Math.min(leftMs, settings.leaseMs));
  const stop = new AbortController();
  const late = (): Promise<void> => clock.sleep(ms, { signal: stop.signal });
  const first = abortable(signal, () => Promise.race([run.outcome, late()]));
  const outcome = await first.finally(() => stop.abort());
  if (outcome === undefined) return 'alone';
  if (outcome === 'own') return undefined;
  if (outcome.outcome !== 'failed') tell(channels.repeat, call, row.displayKey, 'shared');
  return sharedResponse(outcome, settings.codec, row.displayKey);
}
