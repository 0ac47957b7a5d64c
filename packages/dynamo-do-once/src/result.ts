import type { AttributeValue, Codec } from '@x/dynamo-core';
import { checkItemSize, errorName } from '@x/dynamo-core/mechanism';

import type { Call } from './call.js';
import type { DoOnceRecord } from './record.js';
import { doneRow, type DoneWrite } from './requests.js';
import type { DoOnceResponse } from './responses.js';

/** What became of a call, for its caller and for those who wait for it in this process. */
export type Outcome<T> =
  | {
      readonly outcome: 'acted';
      /** What the action returned, as the codec brings it back. */
      readonly response: T;
      readonly at: number;
      readonly result: AttributeValue | undefined;
      readonly notStored: Error | undefined;
    }
  | {
      readonly outcome: 'done';
      readonly record: DoOnceRecord;
      readonly isOvertaken: boolean;
    }
  | { readonly outcome: 'failed'; readonly error: unknown };

interface EncodedResult<T> {
  readonly result: AttributeValue | undefined;
  readonly value: T;
  readonly notStored: Error | undefined;
}

/** The result as it is stored, and as it comes back. */
export async function encodeResult<T>(
  { row, settings: { codec } }: Call,
  write: DoneWrite,
  response: T,
): Promise<EncodedResult<T>> {
  const plain = { result: undefined, value: response, notStored: undefined };
  if (codec === undefined || response === undefined) return plain;
  try {
    const result = await codec.encode(response, row.label);
    checkItemSize(row.label, doneRow(row, { ...write, result }).Item);
    return { ...plain, result, value: (await codec.decode(result, row.label)) as T };
  } catch (error) {
    return { ...plain, notStored: toError(error) };
  }
}

/** What the caller of an action is told about the outcome of its own call. */
export async function ownResponse<T>(
  outcome: Outcome<T>,
  codec: Codec | undefined,
  label: string,
): Promise<DoOnceResponse<T>> {
  if (outcome.outcome !== 'acted') return sharedResponse(outcome, codec, label);
  const { response, at, notStored } = outcome;
  return {
    didAction: true,
    actionResponse: response,
    at,
    ...(notStored && { resultNotStored: notStored }),
  };
}

/** What a caller is told about the outcome of another call, of any process. */
export async function sharedResponse<T>(
  outcome: Outcome<unknown>,
  codec: Codec | undefined,
  label: string,
): Promise<DoOnceResponse<T>> {
  if (outcome.outcome === 'failed') throw outcome.error;
  const { at, result } = outcome.outcome === 'acted' ? outcome : outcome.record;
  const isOvertaken = outcome.outcome === 'done' && outcome.isOvertaken;
  return {
    didAction: false,
    at,
    ...(result && codec && { actionResponse: (await codec.decode(result, label)) as T }),
    ...(isOvertaken && { overtaken: true }),
  };
}

/** What was thrown, as an error. */
export function toError(error: unknown): Error {
  if (errorName(error) !== undefined) return error as Error;
  return new Error(String(error), { cause: error });
}
