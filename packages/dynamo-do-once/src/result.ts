import type { AttributeValue, Codec } from '@x/dynamo-core';
import { checkItemSize, errorName } from '@x/dynamo-core/mechanism';

import type { Call } from './call.js';
import { DoOnceStoredError } from './errors.js';
import type { DoOnceRecord, StoredError } from './record.js';
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
  /** `shared` is for those who wait for it: another error where it was stored. */
  | { readonly outcome: 'failed'; readonly error: unknown; readonly shared: unknown };

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
  if (outcome.outcome === 'failed') throw outcome.error;
  if (outcome.outcome === 'done') return sharedResponse(outcome, codec, label);
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
  if (outcome.outcome === 'failed') throw outcome.shared;
  if (outcome.outcome === 'done') checkNotFailed(label, outcome.record);
  const { at, result } = outcome.outcome === 'acted' ? outcome : outcome.record;
  const isOvertaken = outcome.outcome === 'done' && outcome.isOvertaken;
  return {
    didAction: false,
    at,
    ...(result && codec && { actionResponse: (await codec.decode(result, label)) as T }),
    ...(isOvertaken && { overtaken: true }),
  };
}

/** Throws where it is done by having failed for good. */
export function checkNotFailed(label: string, { storedError, at }: DoOnceRecord): void {
  if (storedError !== undefined) throw new DoOnceStoredError(label, storedError, at);
}

const storedNameMax = 256;
const storedMessageMax = 4_096;

/** What is stored of what was thrown. */
export function storedErrorOf(thrown: unknown): StoredError {
  const { name, message } = toError(thrown);
  return {
    name: name.slice(0, storedNameMax),
    message: message.slice(0, storedMessageMax),
  };
}

/** What was thrown, as an error. */
export function toError(error: unknown): Error {
  if (errorName(error) !== undefined) return error as Error;
  return new Error(String(error), { cause: error });
}
