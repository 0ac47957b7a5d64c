import {
  checkItemSize,
  ConflictError,
  itemBytes,
  itemBytesMax,
  pause,
  S,
  writeConditionally,
  type Item,
} from '@x/dynamo-core';

import type { Step } from './algorithm.js';
import {
  attemptRow,
  hasChanged,
  hasPartOf,
  largestRow,
  newestId,
  stateOf,
  suffixed,
  type AttemptRow,
} from './attempt-row.js';
import type { ResolvedLimit } from './limits.js';
import { countBySteps, countFromRead, type AttemptWrite, type RowAddress } from './requests.js';
import { judge, type Verdict } from './verdict.js';

/** One attempt, with all that it takes. */
export interface AttemptCall extends RowAddress {
  readonly id: string;
  /** Whole milliseconds since 1970: the attempt counts at this moment, however long it takes. */
  readonly nowMs: number;
  readonly cost: number;
  readonly limits: readonly ResolvedLimit[];
  readonly context: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What became of an attempt. */
export type AttemptOutcome =
  /** It was counted. `isLatest`: nothing else has changed the row since. */
  | { readonly isAdmitted: true; readonly item: Item; readonly isLatest: boolean }
  /** It was not counted. `row` is what it met. */
  | { readonly isAdmitted: false; readonly row: AttemptRow; readonly verdict: Verdict };

/** Two or three suffice unless the row changes its window in between. */
const roundsMax = 50;
const contextUnitsSafe = 100_000;
const backoff = { firstMs: 20, maxMs: 1_000 };

/**
 * Counts an attempt if it is within all limits: one request where the row is as expected, and a
 * second one computed from the row that the first one met where it is not.
 */
export async function takeAttempt(
  call: AttemptCall,
  recent: Item | undefined,
): Promise<AttemptOutcome> {
  const { rows, key, label, limits, id, signal } = call;
  // Everything else in a row is small: only a context can be too long, at three bytes a unit.
  if (call.context !== undefined && call.context.length > contextUnitsSafe) {
    checkItemSize(label, largestRow(call));
  }
  // A refusal is not taken from memory here: somebody may have given attempts back since.
  const isHint = recent !== undefined && judge(recent, limits, call).isAdmitted;
  let request = requestFor(call, isHint ? { item: recent } : undefined, !isHint);
  for (let round = 1; round <= roundsMax; round++) {
    const result = await writeConditionally(rows.transport, 'UpdateItem', request.input, {
      isMine: (item) => hasChanged(item, id),
      mustExist: request.demandsRow ? undefined : key,
      signal,
    });
    if (result.outcome === 'applied') {
      return { isAdmitted: true, item: result.attributes ?? {}, isLatest: true };
    }
    if (result.outcome === 'recognised') {
      const isLatest = newestId(result.item) === id;
      return { isAdmitted: true, item: result.item, isLatest };
    }
    const row = attemptRow(result.item, rows, label, limits);
    const verdict = judge(row?.item, limits, call);
    if (row !== undefined && !verdict.isAdmitted) return { isAdmitted: false, row, verdict };
    request = requestFor(call, row, false);
    if (round > 3) await pause(round - 4, backoff, { ...rows, signal });
  }
  throw new ConflictError(label, roundsMax);
}

interface PlannedRequest {
  readonly input: ReturnType<typeof countBySteps>;
  /** Whether the condition fails where there is no row. */
  readonly demandsRow: boolean;
}

/** The request that counts the attempt in a row that was read, or in one that nobody has seen. */
function requestFor(
  call: AttemptCall,
  row: AttemptRow | undefined,
  isUnknown: boolean,
): PlannedRequest {
  const { limits } = call;
  const steps = row?.original === undefined ? limits.map((limit) => stepOf(limit)) : [];
  if (steps.length > 0 && steps.every((step): step is Step => step !== undefined)) {
    const begins = steps.every(({ startsOver }) => startsOver);
    const write: AttemptWrite = { ...call, begins, data: begins ? 'removed' : 'kept' };
    return {
      input: countBySteps(call, write, steps),
      demandsRow: steps.some(({ demandsState }) => demandsState),
    };
  }
  return fromRead(call, row);

  function stepOf(limit: ResolvedLimit): Step | undefined {
    if (isUnknown) return limit.algorithm.step('unknown', limit, call);
    const state = stateOf(row?.item, limit);
    // What another algorithm left under one of its names is only replaced by a whole state.
    if (state === undefined && hasPartOf(row?.item, limit)) return undefined;
    return limit.algorithm.step(state, limit, call);
  }
}

/** Writes what the attempt makes of the row that was read. */
function fromRead(call: AttemptCall, row: AttemptRow | undefined): PlannedRequest {
  const { limits } = call;
  const { isIdle } = judge(row?.item, limits, call);
  const states = Object.assign(
    {},
    ...limits.map((limit) =>
      suffixed(limit.algorithm.admit(stateOf(row?.item, limit), limit, call), limit.suffix),
    ),
  ) as Item;
  const original = row?.original;
  const pin = { newestId: newestId(row?.item), data: original?.data };
  const write: AttemptWrite =
    original === undefined || isIdle
      ? { ...call, begins: isIdle, data: isIdle ? 'removed' : 'kept' }
      : {
          ...call,
          begins: true,
          context: original.state.data ?? undefined,
          data: mirror(call, original),
        };
  return { input: countFromRead(call, write, states, pin), demandsRow: row !== undefined };
}

/**
 * What the original is to see of a window that it began: the attempts so far, this one included. It
 * does not see those that follow. Nothing when there is no room for it beside our own attributes.
 */
function mirror(
  call: AttemptCall,
  { state }: NonNullable<AttemptRow['original']>,
): AttemptWrite['data'] {
  const data = S(JSON.stringify({ ...state, attempts: state.attempts + call.cost }));
  const context = state.data ?? undefined;
  const row = { ...largestRow({ ...call, context }), [call.rows.mappings.dataFieldName]: data };
  return itemBytes(row) <= itemBytesMax ? data : 'removed';
}
