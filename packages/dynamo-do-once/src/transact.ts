import { cancellationReasons, checkInteger, stringOf, transactWrite } from '@x/dynamo-core';

import { attemptUntilDone, type Attempt } from './attempts.js';
import { cutOf, doneOf, readRow, type Call } from './call.js';
import { toWire, type NativeTransactItem } from './native-items.js';
import type { Marshall } from './options.js';
import { attributes } from './record.js';
import { markFreeRow } from './requests.js';
import type { DoOnceTransaction } from './responses.js';

/** DynamoDB takes a hundred writes, and the mark is one. */
const itemsMax = 99;

/** Applies the writes and the mark together, or finds that it is done. */
export async function transactOnce(
  call: Call,
  items: readonly NativeTransactItem[],
  marshall: Marshall | undefined,
): Promise<DoOnceTransaction> {
  checkInteger('the number of items', items.length, 1, itemsMax);
  const writes = await toWire(items, marshall);
  const attempted = await attemptUntilDone(call, () => attempt(call, writes));
  return attempted.outcome === 'taken'
    ? { didAction: true, at: attempted.value }
    : { didAction: false, at: attempted.record.at };
}

async function attempt(
  call: Call,
  writes: Awaited<ReturnType<typeof toWire>>,
): Promise<Attempt<number>> {
  const { rows, row, owner } = call;
  const nowMs = rows.clock.now();
  const mark = markFreeRow(row, doneOf(call, nowMs, nowMs), cutOf(call));
  // The mark comes last, so that the reasons of a cancelled transaction stand where the items do.
  const last = { Put: { ...mark, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const } };
  try {
    await transactWrite([...writes, last], rows);
    return { outcome: 'taken', value: nowMs };
  } catch (error) {
    const reason = cancellationReasons(error)?.at(-1);
    if (reason?.code !== 'ConditionalCheckFailed') throw error;
    const item = reason.item ?? (await readRow(rows.transport, row, { consistent: true }));
    const isMine = stringOf(item, attributes.owner) === owner;
    return isMine ? { outcome: 'taken', value: nowMs } : { outcome: 'refused', item };
  }
}
