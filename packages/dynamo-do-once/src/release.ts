import type { DynamoInput, Item } from '@x/dynamo-core';
import {
  checkOneOf,
  writeConditionally,
  type ConditionalOperation,
} from '@x/dynamo-core/mechanism';

import { warn, type Call } from './call.js';
import type { ErrorDecision } from './options.js';
import { abandonClaim, releaseClaim, restoreRow, type ClaimWrite } from './requests.js';

/** Releases or keeps the claim of an action that failed. */
export async function settleFailure(call: Call, error: unknown): Promise<void> {
  const { claims, owner, settings } = call;
  if ((await decide(call, error)) === 'release') return release(call);
  // Nobody takes it over, so that nobody needs to wait for it.
  if (!settings.takeover) await settle(call, 'UpdateItem', abandonClaim(claims, owner));
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

/** Gives a claim back that was not used: what it has replaced stands again. */
export async function giveBack(
  call: Call,
  write: ClaimWrite,
  before: Item | undefined,
): Promise<void> {
  if (before === undefined) return release(call);
  await settle(call, 'PutItem', restoreRow(call.claims, write, before));
}

/** Deletes the own claim. */
export async function release(call: Call): Promise<void> {
  await settle(call, 'DeleteItem', releaseClaim(call.claims, call.owner));
}

/** Ends the own claim. Should that fail, the caller still gets what came first. */
async function settle<O extends ConditionalOperation>(
  call: Call,
  operation: O,
  input: DynamoInput<O>,
): Promise<void> {
  try {
    await writeConditionally(call.rows.transport, operation, input);
  } catch (error) {
    const { label } = call.row;
    warn(call, `Cannot release the claim of "${label}"; it stays until its lease ends`, error);
  }
}
