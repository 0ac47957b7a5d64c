import { ConflictError, type CallOptions, type Item } from '@x/dynamo-core';
import {
  pause,
  remembers,
  writeConditionally,
  type PartitionedHandle,
} from '@x/dynamo-core/mechanism';

import { attemptRegisters, seenRow, type RowReading, type SeenRow } from './attempt-row.js';
import type { ResolvedLimit } from './limits.js';
import type { BuildUpdate, Part } from './update-builder.js';

/** One call about a key, with all that it takes. */
export interface KeyCall extends RowReading {
  readonly rows: PartitionedHandle;
  readonly build: BuildUpdate;
  readonly key: Item;
  readonly label: string;
  /** Of the change: the row remembers it. */
  readonly id: string;
  /**
   * Whole milliseconds since 1970: a change counts at this moment, however long it takes. It becomes
   * another one only where DynamoDB refused a request because the machine's clock is wrong.
   */
  nowMs: number;
  readonly cost: number;
  readonly limits: readonly ResolvedLimit[];
  readonly context: string | undefined;
}

/** What became of a change. */
export type RowChange =
  /** It was made. `isLatest`: nothing else has changed the row since. */
  | { readonly outcome: 'changed'; readonly item: Item; readonly isLatest: boolean }
  /** The row was as it is right already, or the change is refused. */
  | { readonly outcome: 'left'; readonly row: SeenRow | undefined };

export interface ChangeOptions extends CallOptions {
  /** Whether a request has just found the row that is known. */
  readonly isSeen?: boolean;
  /** Whether the plan goes on where there is no row: nobody has to read whether that is so. */
  readonly startsOver?: boolean;
}

/** Two or three suffice unless the row changes its window in between. */
export const roundsMax = 50;
const backoff = { firstMs: 20, maxMs: 1_000 };

/** Pauses before a round after the third: others change the row all the time. */
export async function pauseBefore(
  round: number,
  rows: PartitionedHandle,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (round > 3) await pause(round - 4, backoff, { ...rows, signal });
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

/**
 * Changes a row by what `plan` makes of it: one request where the row is as expected, and one more
 * for each change that comes in between. `plan` gets what is known of the row, `isSeen` where a
 * request has just met it; it answers `undefined` to leave the row as it is.
 */
export async function changeRow(
  call: KeyCall,
  known: SeenRow | undefined,
  plan: (row: SeenRow | undefined, isSeen: boolean) => readonly Part[] | undefined,
  { signal, isSeen = false, startsOver = false }: ChangeOptions,
): Promise<RowChange> {
  const { rows, build, key, label, id } = call;
  let row = known;
  for (let round = 1; round <= roundsMax; round++) {
    const parts = plan(row, isSeen || round > 1);
    if (parts === undefined) return { outcome: 'left', row };
    await pauseBefore(round, rows, signal);
    const input = timed([call], (isAnew) =>
      build(key, (isAnew ? plan(row, false) : undefined) ?? parts),
    );
    const result = await writeConditionally(rows.transport, 'UpdateItem', input, {
      isMine: (item) => remembers(item, attemptRegisters, id),
      mustExist: startsOver && parts.some(({ needsRow }) => needsRow) ? undefined : key,
      signal,
    });
    if (result.outcome === 'applied') {
      return { outcome: 'changed', item: result.attributes ?? {}, isLatest: true };
    }
    if (result.outcome === 'recognised') {
      const isLatest = result.item['r0']?.S === id;
      return { outcome: 'changed', item: result.item, isLatest };
    }
    row = seenRow(result.item, call);
  }
  throw new ConflictError(label, roundsMax);
}
