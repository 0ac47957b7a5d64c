import { ConflictError, type Item } from '@x/dynamo-core';
import {
  pause,
  remembers,
  writeConditionally,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import { attemptRegisters, readRow, type KeyCall, type KnownRow } from './attempt-row.js';
import type { BuildUpdate, Part } from './update.js';

/** A row that was changed. `isLatest`: nothing else has changed it since. */
export interface ChangedRow {
  readonly outcome: 'changed';
  readonly item: Item;
  readonly isLatest: boolean;
}

/** What became of a change; `left`: there was nothing to change. */
export type RowChange =
  | ChangedRow
  | { readonly outcome: 'left'; readonly row: KnownRow | undefined };

interface ChangeOptions {
  readonly signal: AbortSignal | undefined;
  /** Whether a request has just found the row that is known. */
  readonly isSeen?: boolean | undefined;
  /** Whether it goes on where there is no row: then nobody has to read whether that is so. */
  readonly startsOver?: boolean | undefined;
}

/** Two or three suffice unless the row changes its window in between. */
const roundsMax = 50;
/** No further round begins after so long. Each request has a bound of its own. */
const roundsMsMax = 30_000;

/**
 * Changes a row by what `plan` makes of it: one request where the row is as expected, and one more
 * for each change that comes in between. `plan` gets what is known of the row, and whether a
 * request has just found it; it answers `undefined` to leave the row as it is.
 */
export async function changeRow(
  build: BuildUpdate,
  call: KeyCall,
  known: KnownRow | undefined,
  plan: (row: KnownRow | undefined, isSeen: boolean) => readonly Part[] | undefined,
  { signal, isSeen = false, startsOver = false }: ChangeOptions,
): Promise<RowChange> {
  const { rows, key, displayKey, id } = call;
  const begin = rounds(rows, displayKey, signal);
  let row = known;
  for (let round = 1; ; round++) {
    const parts = plan(row, isSeen || round > 1);
    if (parts === undefined) return { outcome: 'left', row };
    await begin(round);
    const input = timed([call], (isAnew) =>
      build(key, (isAnew ? plan(row, false) : undefined) ?? parts),
    );
    const result = await writeConditionally(rows.transport, 'UpdateItem', input, {
      isMine: (item) => remembers(item, attemptRegisters, id),
      mustExist: startsOver && row !== undefined ? undefined : key,
      signal,
    });
    if (result.outcome === 'applied') {
      return { outcome: 'changed', item: result.attributes ?? {}, isLatest: true };
    }
    if (result.outcome === 'recognised') {
      const isLatest = result.item['r0']?.S === id;
      return { outcome: 'changed', item: result.item, isLatest };
    }
    row = readRow(result.item, call);
  }
}

/** The row as a change has left it. */
export function rowAfter(call: KeyCall, change: RowChange): KnownRow | undefined {
  return change.outcome === 'changed' ? readRow(change.item, call) : change.row;
}

/**
 * Begins each round of a change. From the fourth on, others change the row all the time: after a
 * pause. Throws a `ConflictError` where there were too many, or where they take too long.
 */
export function rounds(
  rows: PartitionedHandle,
  displayKey: string,
  signal: AbortSignal | undefined,
): (round: number) => Promise<void> {
  const startMs = rows.clock.monotonic();
  return async (round) => {
    if (round <= 3) return;
    const isLate = rows.clock.monotonic() - startMs > roundsMsMax;
    if (isLate || round > roundsMax) throw new ConflictError(displayKey, round - 1);
    await pause(round - 4, { firstMs: 20, maxMs: 1_000 }, { ...rows, signal });
  };
}

/**
 * Builds a request of these calls, and builds it anew at the time that it is then: where DynamoDB
 * refused it because the machine's clock is wrong.
 */
export function timed<T>(calls: readonly KeyCall[], build: (isAnew: boolean) => T): () => T {
  let isAnew = false;
  return () => {
    if (isAnew) for (const call of calls) call.nowMs = Math.floor(call.rows.clock.now());
    const built = build(isAnew);
    isAnew = true;
    return built;
  };
}
