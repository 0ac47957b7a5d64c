import {
  DynamoPrimitiveError,
  stringOf,
  type AttributeValue,
  type DynamoInput,
  type Item,
} from '@x/dynamo-core';
import { errorName, writeConditionally } from '@x/dynamo-core/mechanism';

import { cutOf, doneOf, warn, type Call } from './call.js';
import { DoOnceStoredError } from './errors.js';
import { attributes, recordOf } from './record.js';
import { decideFailure, endClaim, release, releaseMsMax } from './release.js';
import {
  claimable,
  completable,
  doneRow,
  markable,
  type ClaimWrite,
  type Condition,
  type DoneWrite,
} from './requests.js';
import { encodeResult, storedErrorOf, toError, type Outcome } from './result.js';
import { seenTo } from './seen-to.js';
import { untilDone, type Attempt, type Attempted } from './until-done.js';

/** Marks the action as done, with its result if that is to be stored, whatever the signal says. */
export function complete<T>(call: Call, claimed: ClaimWrite, response: T): Promise<Outcome<T>> {
  const marking = { ...call, signal: undefined };
  return seenTo(call, 'mark', releaseMsMax, () => store(marking, claimed, response));
}

/** Releases or keeps the claim of an action that failed, or marks it as failed for good. */
export async function settleFailure<T>(
  call: Call,
  claimed: ClaimWrite,
  error: unknown,
): Promise<Outcome<T>> {
  const { row, settings } = call;
  const decision = await decideFailure(settings, error);
  if (decision !== 'store') {
    await endClaim(call, decision);
    return { outcome: 'failed', error, shared: error };
  }
  const failure = storedErrorOf(error);
  const marking = { ...call, signal: undefined };
  try {
    const marked = await seenTo(call, 'mark', releaseMsMax, () =>
      mark(marking, claimed, { result: undefined, failure }),
    );
    if (settings.separateClaims) await release(call);
    if (marked.outcome === 'taken') {
      const shared = new DoOnceStoredError(row.label, failure, marked.value.atMs);
      return { outcome: 'failed', error, shared };
    }
    warn(call, `Cannot store the failure of "${row.label}": another call has completed it`);
  } catch (cause) {
    // The caller needs to know first how its action ended.
    warn(call, `Cannot store the failure of "${row.label}"; its claim ends with its lease`, cause);
  }
  return { outcome: 'failed', error, shared: error };
}

async function store<T>(call: Call, claimed: ClaimWrite, response: T): Promise<Outcome<T>> {
  const { row, settings } = call;
  let { result, value, notStored } = await encodeResult(call, doneOf(call, claimed), response);
  let marked: Attempted<Marked>;
  try {
    marked = await mark(call, claimed, { result });
  } catch (error) {
    const isNoAnswer = error instanceof DOMException;
    if (result === undefined || isNoAnswer || error instanceof DynamoPrimitiveError) throw error;
    // DynamoDB may have refused the result. That must not leave the work unmarked.
    marked = await mark(call, claimed, { result: undefined }).catch(() => {
      throw error;
    });
    if (marked.outcome === 'taken') result = marked.value.result;
    if (result === undefined) [value, notStored] = [response, toError(error)];
  }
  if (settings.separateClaims) await release(call);
  if (marked.outcome === 'done') {
    warn(call, `Cannot complete "${row.label}" first: another has; both have acted`);
    return { ...marked, isOvertaken: true };
  }
  if (notStored !== undefined) {
    // Only its name: a codec of the user's own may say in the message what it cannot store.
    const name = errorName(notStored);
    warn(call, `Cannot store the result of "${row.label}" (${name}); it is done`);
  }
  return { outcome: 'acted', response: value, at: marked.value.atMs, result, notStored };
}

interface Marked {
  readonly atMs: number;
  readonly result: AttributeValue | undefined;
}

/**
 * Marks it for the owner of the claim or the one from whom it was taken over. Where the claim is a
 * stranger's, made after `clearKey` or a release, waits for that: its action is not to be left out.
 */
async function mark(
  call: Call,
  claimed: ClaimWrite,
  stored: Pick<DoneWrite, 'result' | 'failure'>,
): Promise<Attempted<Marked>> {
  const { rows, row, owner, settings } = call;
  const send = async (
    conditionOf: (write: DoneWrite) => Condition,
    mustExist?: Item,
  ): Promise<Attempt<Marked>> => {
    let atMs = 0;
    const build = (): DynamoInput<'PutItem'> => {
      const write = { ...doneOf(call, claimed), ...stored };
      atMs = write.atMs;
      return { ...doneRow(row, write), ...conditionOf(write) };
    };
    const put = await writeConditionally(rows.transport, 'PutItem', build, {
      isMine: (item) =>
        item[row.dataName] !== undefined && stringOf(item, attributes.owner) === owner,
      mustExist,
    });
    if (put.outcome === 'refused') return put;
    if (put.outcome === 'applied')
      return { outcome: 'taken', value: { atMs, result: stored.result } };
    const { at, result: kept } = recordOf(put.item, row.dataName);
    return { outcome: 'taken', value: { atMs: at ?? atMs, result: kept } };
  };
  if (settings.separateClaims) {
    return untilDone(call, () => send((write) => markable(row, cutOf(call), write.hash), row.key));
  }
  const first = await send(() => completable(row, owner));
  if (first.outcome === 'taken') return first;
  return untilDone(
    call,
    (from) => send(() => claimable(row, cutOf(call), from), row.key),
    first.item,
  );
}
