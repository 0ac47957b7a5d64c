// What is stored of an action beside its mark, or instead of it: its result, its failure, its claim.
import { DynamoPrimitiveError, type AttributeValue, type Codec } from '@x/dynamo-core';
import { checkItemSize, checkOneOf, errorName } from '@x/dynamo-core/mechanism';

import { DoOnceStoredError } from './errors.js';
import { doneOf, mark, outcomeOf, seenTo, type Attempted, type Marked } from './mark.js';
import type { ErrorDecision } from './options.js';
import { abandonClaim } from './rare-requests.js';
import type { StoredError } from './record.js';
import { release, releaseMsMax, settle } from './release.js';
import { doneRow, warn, type Call, type ClaimWrite } from './requests.js';
import type { Outcome } from './responses.js';
import type { Settings } from './settings.js';

/** Marks the action as done with its result, or without where that cannot be stored. */
export async function markWithResult<T>(
  call: Call,
  claimed: ClaimWrite,
  response: T,
  codec: Codec,
): Promise<Outcome<T>> {
  const { row } = call;
  let result: AttributeValue | undefined;
  let value = response;
  let notStored: Error | undefined;
  try {
    const encoded = await codec.encode(response, row.displayKey);
    checkItemSize(row.displayKey, doneRow(row, { ...doneOf(call, claimed), result: encoded }).Item);
    value = (await codec.decode(encoded, row.displayKey)) as T;
    result = encoded;
  } catch (error) {
    notStored = toError(error);
  }
  let marked: Attempted<Marked>;
  try {
    marked = await mark(call, claimed, { result });
  } catch (error) {
    const isNoAnswer = error instanceof DOMException;
    if (result === undefined || isNoAnswer || error instanceof DynamoPrimitiveError) throw error;
    // DynamoDB may have refused the result. That must not leave the work unmarked.
    marked = await mark(call, claimed).catch(() => {
      throw error;
    });
    const isStored = marked.outcome === 'taken' && marked.value.result !== undefined;
    if (!isStored) [value, notStored] = [response, toError(error)];
  }
  const outcome = outcomeOf(call, marked, value);
  if (notStored === undefined || outcome.outcome !== 'acted') return outcome;
  // Only its name: a codec of the user's own may say in the message what it cannot store.
  const name = errorName(notStored);
  warn(call, 'store the result of', ` (${name}); it is done`);
  return { ...outcome, notStored };
}

/** Releases or keeps the claim of an action that failed, or marks it as failed for good, as it was asked for. */
export async function settleAsAsked<T>(
  call: Call,
  claimed: ClaimWrite,
  error: unknown,
): Promise<Outcome<T>> {
  const { row, settings, claims, owner } = call;
  const decision = await decideFailure(settings, error);
  const failed = { outcome: 'failed', error, shared: error } as const;
  if (decision === 'release') await release(call);
  if (decision !== 'store') {
    // Nobody takes it over: there is no need to wait for it.
    const isOver = decision === 'keep' && !settings.takeover;
    if (isOver) await settle(call, 'UpdateItem', abandonClaim(claims, owner));
    return failed;
  }
  const failure = storedErrorOf(error);
  const marking = { ...call, signal: undefined };
  try {
    const marked = await seenTo(call, 'mark', releaseMsMax, () =>
      mark(marking, claimed, { failure }),
    );
    if (marked.outcome === 'taken') {
      const shared = new DoOnceStoredError(row.displayKey, failure, marked.value.atMs);
      return { ...failed, shared };
    }
    warn(call, 'store the failure of', ': another call has completed it');
  } catch (cause) {
    // The caller needs to know first how its action ended.
    warn(call, 'store the failure of', '; its claim ends with its lease', cause);
  }
  return failed;
}

/** What is done about an action that failed. */
async function decideFailure(
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

/** What is stored of what was thrown. */
function storedErrorOf(thrown: unknown): StoredError {
  const { name, message } = toError(thrown);
  return { name: shortened(name), message: shortened(message) };
}

/** A pair of surrogates that is cut in half could not be stored. */
function shortened(text: unknown): string {
  return String(text).slice(0, 4_096).toWellFormed();
}

/** What was thrown, as an error: another one where it has no name, or cannot be read. */
function toError(error: unknown): Error {
  try {
    const { name, message } = Object(error) as { name: unknown; message: unknown };
    // The text that is asked for here may throw, too.
    if (typeof name === typeof String(message)) return error as Error;
    return new Error(String(error), { cause: error });
  } catch {
    return new Error('It cannot be read', { cause: error });
  }
}
