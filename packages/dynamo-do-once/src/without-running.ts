// What a manager says of an action and changes about it without running it.
import {
  jsonCodec,
  numberOf,
  type AttributeValue,
  type EpochMS,
  type ReadOptions,
} from '@x/dynamo-core';
import { checkAlone, checkItemSize, writeConditionally } from '@x/dynamo-core/mechanism';

import { DoOnceInProgressError } from './errors.js';
import { doneOf, markAlone } from './mark.js';
import { clearRow, markable } from './rare-requests.js';
import { checkNotFailed } from './refuse.js';
import { attributes, recordOf, type DoOnceRecord } from './record.js';
import {
  type Call,
  cutOf,
  doneRow,
  type DoneWrite,
  readRow,
  type WriteCondition,
} from './requests.js';
import type { DoOnceDone, DoOnceResult } from './responses.js';
import { isExpired, standingOf } from './standing.js';

/** Since when an action is done. */
export async function haveDone(
  call: Call,
  options: ReadOptions,
): Promise<DoOnceResult | undefined> {
  const record = await readDone(call, options);
  return record && { done: true, at: record.at };
}

/** How an action was done. */
export async function getDone<T>(
  call: Call,
  options: ReadOptions,
): Promise<DoOnceDone<T> | undefined> {
  const record = await readDone(call, options);
  if (record === undefined) return undefined;
  const { at, result, storedError } = record;
  const { codec = jsonCodec } = call.settings;
  const decoded = result && ((await codec.decode(result, call.row.displayKey)) as T);
  return { at, result: decoded, ...(storedError && { storedError }) };
}

/** What is stored of an action that is done. */
async function readDone(
  call: Call,
  { consistent = false, signal }: ReadOptions,
): Promise<DoOnceRecord | undefined> {
  const item = await readRow(call.rows, call.row, { consistent, signal });
  const record = item && recordOf(item, call.row.dataName);
  return record?.done === true && !isExpired(record, cutOf(call)) ? record : undefined;
}

/** Forgets what the rows of the call say. Throws where one holds another thing, which stays. */
export async function forget(call: Call): Promise<void> {
  const { rows, signal } = call;
  for (const row of new Set([call.row, call.claims])) {
    const options = { mustExist: row.key, signal };
    const answer = await writeConditionally(rows.transport, 'DeleteItem', clearRow(row), options);
    if (answer.outcome === 'refused' && (await standingOf(call, answer.item)).outcome === 'done')
      checkAlone(row.displayKey, answer.item, 'claim', row.dataName);
  }
}

/** Marks an action as done without running it; answers since when it is. */
export async function markDone(
  call: Call,
  result: AttributeValue | undefined,
  seenMs = 0,
): Promise<EpochMS | undefined> {
  const { row } = call;
  const markOf = (): DoneWrite => ({ ...doneOf(call), result });
  checkItemSize(row.displayKey, doneRow(row, markOf()).Item);
  const conditionOf = ({ atMs, hash }: DoneWrite): WriteCondition => {
    seenMs = Math.max(atMs, seenMs);
    return markable(row, cutOf(call), hash, seenMs);
  };
  const marked = await markAlone(call, markOf, conditionOf, row.key);
  if (marked.outcome === 'taken') return marked.value.atMs;
  const { item } = marked;
  const standing = await standingOf(call, item);
  if (standing.outcome === 'done') {
    checkNotFailed(row.displayKey, standing.record);
    return standing.record.at;
  }
  // What was in the way was removed, or a claim was made since, which is overtaken now.
  const startedMs = numberOf(item, attributes.started) ?? 0;
  if (item && startedMs <= seenMs) throw new DoOnceInProgressError(row.displayKey, 0);
  return markDone(call, result, startedMs);
}
