import { DynamoPrimitiveError, type AttributeValue, type Codec } from '@x/dynamo-core';
import { checkItemSize } from '@x/dynamo-core/mechanism';

import { toError } from './errors.js';
import { doneOf, mark, outcomeOf, type Attempted, type Marked } from './mark.js';
import { doneRow, type Call, type ClaimWrite } from './requests.js';
import type { Outcome } from './responses.js';

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
  return outcomeOf(call, marked, value, notStored);
}
