import type { AttributeValue, Codec } from '@x/dynamo-core';

import type { DoOnceRecord } from './record.js';
import type { DoOnceResponse } from './responses.js';

/** What became of a call, for its caller and for those who wait for it in this process. */
export type Outcome<T> =
  | {
      readonly kind: 'acted';
      readonly response: T;
      readonly at: number;
      readonly result: AttributeValue | undefined;
      readonly resultNotStored: Error | undefined;
    }
  | {
      readonly kind: 'done';
      readonly record: DoOnceRecord | undefined;
      readonly overtaken: boolean;
    }
  | { readonly kind: 'threw'; readonly error: unknown };

/** What the caller of an action is told about the outcome of its own call. */
export async function ownResponse<T>(
  outcome: Outcome<T>,
  codec: Codec | undefined,
  label: string,
): Promise<DoOnceResponse<T>> {
  if (outcome.kind !== 'acted') return sharedResponse(outcome, codec, label);
  const { response, at, resultNotStored } = outcome;
  return {
    didAction: true,
    actionResponse: response,
    at,
    ...(resultNotStored && { resultNotStored }),
  };
}

/** What a caller is told about the outcome of another call, of any process. */
export async function sharedResponse<T>(
  outcome: Outcome<unknown>,
  codec: Codec | undefined,
  label: string,
): Promise<DoOnceResponse<T>> {
  if (outcome.kind === 'threw') throw outcome.error;
  const { at, result } = outcome.kind === 'acted' ? outcome : (outcome.record ?? nothingKnown);
  const overtaken = outcome.kind === 'done' && outcome.overtaken;
  return {
    didAction: false,
    at,
    ...(result && codec && { actionResponse: (await codec.decode(result, label)) as T }),
    ...(overtaken && { overtaken }),
  };
}

/** The row of the other completion was gone when it was to be read. */
const nothingKnown = { at: undefined, result: undefined } as const;
