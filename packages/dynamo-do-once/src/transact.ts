import { InvalidInputError, stringOf, type Item, type TransactItem } from '@x/dynamo-core';
import { cancellationReasons, checkInteger, transactWrite } from '@x/dynamo-core/mechanism';

import { type Call, readRow, cutOf } from './call.js';
import { attributes } from './record.js';
import { claimable, doneRow, markable } from './requests.js';
import { type DoOnceTransaction, checkNotFailed } from './responses.js';
import { beginRun } from './run.js';
import { boundHash, untilDone, type Attempt, doneOf } from './mark.js';

/** DynamoDB takes a hundred writes, and the mark is one, or two where the claim has a row. */
const itemsMax = 100;

/** Applies the writes and the mark together, or finds that it is done. */
export async function transactOnce(
  call: Call,
  writes: readonly TransactItem[],
): Promise<DoOnceTransaction> {
  const max = itemsMax - (call.settings.separateClaims ? 2 : 1);
  checkInteger('the number of items', writes.length, 1, max);
  checkNames(call, writes);
  const report = beginRun(call);
  const attempted = await untilDone(call, async (from) => {
    const answer = await attempt(call, writes, from);
    if (answer.outcome === 'taken' && from !== undefined) report?.tookOver();
    return answer;
  });
  if (attempted.outcome === 'done') {
    report?.repeated('done');
    checkNotFailed(call.row.label, attempted.record);
    return { didAction: false, at: attempted.record.at };
  }
  report?.claimed('done');
  return { didAction: true, at: attempted.value };
}

/** Where the table maps `expiresAt`, that name is ours in every write of the request. */
function checkNames(
  { rows: { tableName, mappings } }: Call,
  writes: readonly TransactItem[],
): void {
  if (mappings.ttlFieldName === 'expiresAt') return;
  for (const write of writes.flatMap((item) => Object.values(item))) {
    const { TableName } = write as { TableName?: string };
    if (TableName !== tableName || !JSON.stringify(write).includes('expiresAt')) continue;
    const allowed = `no writes of "expiresAt" in "${tableName}", which calls it "${mappings.ttlFieldName}"`;
    throw new InvalidInputError('items', 'expiresAt', allowed);
  }
}

async function attempt(
  call: Call,
  writes: readonly TransactItem[],
  from: Item | undefined,
): Promise<Attempt<number>> {
  const { rows, row, claims, owner, signal } = call;
  signal?.throwIfAborted();
  let atMs = 0;
  const build = (): readonly TransactItem[] => {
    const mark = { ...doneOf(call), hash: boundHash(call, from) };
    atMs = mark.atMs;
    // The mark comes last, so that the reasons of a cancelled transaction stand where the items do.
    return [...writes, ...ownItems(call, mark, from)];
  };
  try {
    await transactWrite(build, { ...rows, signal });
    return { outcome: 'taken', value: atMs };
  } catch (error) {
    const reasons = cancellationReasons(error)?.slice(writes.length) ?? [];
    const failed = reasons.findIndex(({ code }) => code === 'ConditionalCheckFailed');
    if (failed === -1) throw error;
    const found = reasons[failed]?.item;
    const item = found ?? (await readRow(rows, failed === 0 ? row : claims, { signal }));
    const isMine = item?.[row.dataName] !== undefined && stringOf(item, attributes.owner) === owner;
    return isMine ? { outcome: 'taken', value: atMs } : { outcome: 'refused', item };
  }
}

/** The mark, and where the claim has a row of its own, the look at it. */
function ownItems(
  call: Call,
  mark: ReturnType<typeof doneOf>,
  from: Item | undefined,
): TransactItem[] {
  const { row, claims, settings } = call;
  const cutMs = cutOf(call);
  const returned = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  const done = { ...doneRow(row, mark), ...returned };
  const free = { ...claimable(claims, cutMs, from), ...returned };
  if (!settings.separateClaims) return [{ Put: { ...done, ...free } }];
  const check = { TableName: claims.tableName, Key: claims.key, ...free };
  return [{ Put: { ...done, ...markable(row, cutMs, mark.hash) } }, { ConditionCheck: check }];
}
