import type { TransactItem } from '@x/dynamo-core';
import { cancellationReasons, transactWrite } from '@x/dynamo-core/mechanism';

import type { Tried, Marked } from './mark.js';
import { markable } from './rare-requests.js';
import {
  type Call,
  type WriteCondition,
  cutOf,
  doneRow,
  isMarkOf,
  type DoneWrite,
  readRow,
} from './requests.js';

/**
 * Marks it in one transaction with the writes, under a condition on the claim. A claim that has a row of
 * its own ends in the same transaction.
 */
export async function markTogether(
  call: Call,
  writes: readonly TransactItem[],
  markOf: () => DoneWrite,
  conditionOf: () => WriteCondition,
): Promise<Tried<Marked>> {
  const { rows, row, claims, settings, signal } = call;
  let mark: DoneWrite;
  // The mark comes last, so that the reasons of a cancelled transaction stand where the writes do.
  const build = (): readonly TransactItem[] => {
    mark = markOf();
    const returned = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
    const done = { ...doneRow(row, mark), ...returned };
    const claim = { ...conditionOf(), ...returned };
    if (!settings.separateClaims) return [...writes, { Put: { ...done, ...claim } }];
    const Put = { ...done, ...markable(row, cutOf(call), mark.hash, mark.atMs) };
    const Delete = { TableName: claims.tableName, Key: claims.key, ...claim };
    return [...writes, { Put }, { Delete }];
  };
  const taken = (): Tried<Marked> => {
    return { outcome: 'taken', value: { atMs: mark.atMs, result: mark.result } };
  };
  try {
    await transactWrite(build, { ...rows, signal });
    return taken();
  } catch (error) {
    const reasons = cancellationReasons(error, signal)?.slice(writes.length) ?? [];
    const failed = reasons.findIndex(({ code }) => code === 'ConditionalCheckFailed');
    if (failed === -1) throw error;
    const found = reasons[failed]?.item;
    const item = found ?? (await readRow(rows, failed === 0 ? row : claims, { signal }));
    return isMarkOf(call, item) ? taken() : { outcome: 'refused', item };
  }
}
