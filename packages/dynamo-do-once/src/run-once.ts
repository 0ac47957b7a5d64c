import { checkOneOf } from '@x/dynamo-core';

import { attemptUntilDone } from './attempts.js';
import type { Call } from './call.js';
import { claim, release } from './claim.js';
import { complete } from './complete.js';
import type { Lease } from './lease.js';
import type { DoOnceContext, ErrorDecision } from './options.js';
import type { Outcome } from './outcome.js';

/** What is to be done once. */
export type Action<T> = (context: DoOnceContext) => T | Promise<T>;

/** Claims, acts and completes; or finds that it is done. */
export async function runOnce<T>(call: Call, action: Action<T>): Promise<Outcome<T>> {
  const attempted = await attemptUntilDone(call, () => claim(call));
  if (attempted.outcome === 'done') {
    return { kind: 'done', record: attempted.record, overtaken: false };
  }
  const lease = attempted.value;
  const ran = await act(lease, action);
  if ('error' in ran) {
    await settleFailure(call, ran.error);
    return { kind: 'threw', error: ran.error };
  }
  return complete(call, lease.startedAt, ran.response);
}

async function act<T>(
  lease: Lease,
  action: Action<T>,
): Promise<{ readonly response: T } | { readonly error: unknown }> {
  lease.start();
  try {
    return { response: await action(lease) };
  } catch (error) {
    return { error };
  } finally {
    await lease.end();
  }
}

/** Releases or keeps the claim of an action that failed. */
async function settleFailure(call: Call, error: unknown): Promise<void> {
  if ((await decide(call, error)) === 'release') await release(call);
}

async function decide({ settings: { onError } }: Call, error: unknown): Promise<ErrorDecision> {
  if (typeof onError !== 'function') return onError;
  try {
    const decision = await onError(error);
    checkOneOf('the answer of onError', decision, ['release', 'keep']);
    return decision;
  } catch (cause) {
    const message = 'Cannot settle a failed action: onError failed, so that the claim is kept';
    throw new AggregateError([error, cause], message, { cause });
  }
}
