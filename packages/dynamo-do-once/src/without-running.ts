// What a manager says of an action and changes about it without running it.
import type { AttributeValue, DynamoInput, EpochMS, ReadOptions } from '@x/dynamo-core';
import { checkAlone, checkItemSize, writeConditionally } from '@x/dynamo-core/mechanism';

import { doneOf } from './mark.js';
import { recordOf, type DoOnceRecord } from './record.js';
import { type Call, clearRow, cutOf, doneRow, isMarkOf, markable, readRow } from './requests.js';
import { checkNotFailed } from './responses.js';
import { checkPayload, isExpired, standingOf } from './standing.js';

/** What is stored of an action that is done. */
export async function readDone(
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
    if (answer.outcome === 'refused' && standingOf(call, answer.item).outcome === 'done')
      checkAlone(row.displayKey, answer.item, 'claim', row.dataName);
  }
}

/** Marks an action as done without running it; answers since when it is. */
export async function markDone(
  call: Call,
  result: AttributeValue | undefined,
  seenMs = 0,
): Promise<EpochMS | undefined> {
  const { row, rows, signal } = call;
  let write = doneOf(call);
  const build = (): DynamoInput<'PutItem'> => {
    write = { ...doneOf(call), result };
    const put = doneRow(row, write);
    checkItemSize(row.displayKey, put.Item);
    return { ...put, ...markable(row, cutOf(call), write.hash, Math.max(write.atMs, seenMs)) };
  };
  const marked = await writeConditionally(rows.transport, 'PutItem', build, {
    isMine: (item) => isMarkOf(call, item),
    mustExist: row.key,
    signal,
  });
  if (marked.outcome !== 'refused') return write.atMs;
  const record = marked.item && recordOf(marked.item, row.dataName);
  if (record !== undefined) checkPayload(call, record);
  if (record?.done === true) {
    checkNotFailed(row.displayKey, record);
    return record.at;
  }
  checkAlone(row.displayKey, marked.item, 'claim', row.dataName);
  // What was in the way has been removed since, or a claim was made: at this call's time it is overtaken.
  return markDone(call, result, record?.startedAtMs);
}
