import type { DynamoInput, Item } from '@x/dynamo-core';
import {
  settledWithin,
  writeConditionally,
  type ConditionalOperation,
} from '@x/dynamo-core/mechanism';

import { type Call, releaseClaim, restoreRow, type ClaimWrite, warn } from './requests.js';

/** A caller waits this long for the release of its claim, which then goes on in the background. */
export const releaseMsMax = 1_500;
/** … and this long for a claim that it has not used: it has waited for that already. */
export const giveBackMsMax = 250;

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
export async function settle<O extends ConditionalOperation>(
  call: Call,
  operation: O,
  input: DynamoInput<O>,
  msMax: number = releaseMsMax,
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
