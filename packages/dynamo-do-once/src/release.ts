import type { DynamoInput, Item } from '@x/dynamo-core';
import {
  checkOneOf,
  settledWithin,
  writeConditionally,
  type ConditionalOperation,
} from '@x/dynamo-core/mechanism';

import type { Settings } from './settings.js';
import type { ErrorDecision } from './options.js';
import {
  abandonClaim,
  type Call,
  releaseClaim,
  restoreRow,
  type ClaimWrite,
  warn,
} from './requests.js';

/** A caller waits this long for the release of its claim, which then goes on in the background. */
export const releaseMsMax = 1_500;
/** … and this long for a claim that it has not used: it has waited for that already. */
export const giveBackMsMax = 250;

/** Ends the claim of an action that failed, or leaves it. */
export async function endClaim(call: Call, decision: ErrorDecision): Promise<void> {
  const { claims, owner, settings } = call;
  if (decision === 'release') return release(call);
  // Nobody takes it over: there is no need to wait for it.
  if (!settings.takeover) await settle(call, 'UpdateItem', abandonClaim(claims, owner));
}

/** What is done about an action that failed. */
export async function decideFailure(
  { storeError, onError }: Settings,
  error: unknown,
): Promise<ErrorDecision | 'store'> {
  let asked = 'storeError';
  try {
    const isFinal = (await storeError?.(error)) ?? false;
    checkOneOf('the answer of storeError', isFinal, [true, false]);
    if (isFinal) return 'store';
    asked = 'onError';
    const decision = typeof onError === 'function' ? await onError(error) : onError;
    checkOneOf('the answer of onError', decision, ['release', 'keep']);
    return decision;
  } catch (cause) {
    const message = `Cannot settle a failed action: ${asked} failed; the claim is kept`;
    throw new AggregateError([error, cause], message, { cause });
  }
}

/** Gives a claim back that was not used: what it has replaced stands again. The call goes on under another id. */
export async function giveBack(
  call: Call,
  write: ClaimWrite,
  before: Item | undefined,
): Promise<void> {
  if (before === undefined) await release(call, giveBackMsMax);
  else await settle(call, 'PutItem', restoreRow(call.claims, write, before), giveBackMsMax);
  call.owner = call.rows.random.id();
}

/** Deletes the own claim. */
export async function release(call: Call, msMax?: number): Promise<void> {
  await settle(call, 'DeleteItem', releaseClaim(call.claims, call.owner), msMax);
}

/**
 * Ends the own claim. Should that fail, or take longer, the caller still gets what came first, and the
 * logger gets the failure.
 */
async function settle<O extends ConditionalOperation>(
  call: Call,
  operation: O,
  input: DynamoInput<O>,
  msMax = releaseMsMax,
): Promise<void> {
  const { transport, clock } = call.rows;
  const sending = writeConditionally(transport, operation, input)
    .catch((error: unknown) => {
      warn(call, 'release the claim of', '; it ends with its lease', error);
    })
    .then(() => true);
  const hasEnded = await settledWithin({ clock, ms: msMax }, sending);
  if (!hasEnded) warn(call, 'release the claim of', ' yet; it ends with its lease');
}
