import type { EpochMS, Codec, AttributeValue } from '@x/dynamo-core';

import type { StoredError, DoOnceRecord } from './record.js';
import { refusing } from './standing.js';

/** What became of a `doOnce`. */
export type DoOnceResponse<T> = DidAction<T> | DidNotAct<T>;

/** This call's action ran, and counts. */
export interface DidAction<T> {
  readonly didAction: true;
  readonly actionResponse: T;
  /** When it was marked as done. */
  readonly at: EpochMS;
  /**
   * Why the result could not be stored (too large, or nothing that the codec takes). The action is
   * marked as done all the same; later callers get no `actionResponse`.
   */
  readonly resultNotStored?: Error;
}

/** It is done, by another call. */
export interface DidNotAct<T> {
  readonly didAction: false;
  /** When it was done; `undefined` on old rows that do not say it. */
  readonly at: EpochMS | undefined;
  /** The stored result; `undefined` without `storeResult`, or where none is stored. */
  readonly actionResponse?: T | undefined;
  /**
   * Set where this call's action ran as well: its lease had ended (or the key was marked as done),
   * and the other completion came first. `actionResponse` is that one's.
   */
  readonly overtaken?: true;
}

/** What became of a `transact`. */
export interface DoOnceTransaction {
  /** Whether this call's writes were applied; if not, another's were before. */
  readonly didAction: boolean;
  /** When it was done; `undefined` on old rows that do not say it. */
  readonly at: EpochMS | undefined;
}

/** What `getDone` finds. */
export interface DoOnceDone<T> {
  /** When it was done; `undefined` on old rows that do not say it. */
  readonly at: EpochMS | undefined;
  /** The stored result; `undefined` where none is stored. */
  readonly result: T | undefined;
  /** The error with which it has failed for good: see `storeError`. */
  readonly storedError?: StoredError;
}

/** What `haveAlreadyDone` finds. */
export interface DoOnceResult {
  readonly done: true;
  /** When it was done; absent on old rows that do not say it. */
  readonly at?: EpochMS | undefined;
}

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

/** What a caller gets of another call, of any process. */
export async function sharedResponse<T>(
  outcome: Outcome<unknown>,
  codec: Codec | undefined,
  displayKey: string,
): Promise<DoOnceResponse<T>> {
  if (outcome.outcome === 'failed') throw outcome.shared;
  if (outcome.outcome === 'done' && outcome.record.storedError !== undefined) {
    (await refusing()).checkNotFailed(displayKey, outcome.record);
  }
  const { at, result } = outcome.outcome === 'acted' ? outcome : outcome.record;
  const isOvertaken = outcome.outcome === 'done' && outcome.isOvertaken;
  return {
    didAction: false,
    at,
    ...(result && codec && { actionResponse: (await codec.decode(result, displayKey)) as T }),
    ...(isOvertaken && { overtaken: true }),
  };
}
