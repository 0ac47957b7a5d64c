import type { CallOptions, Item, TransactItem } from '@x/dynamo-core';
import {
  expectedValue,
  checkRowSize,
  isAbsent,
  isPresent,
  isShort,
  isUnchanged,
  replaceExpired,
  rowRequest,
  setValue,
  writeNow,
  type Demand,
} from '@x/dynamo-core/mechanism';

import type { CopiedWrite } from './copied-writes.js';

/** A write that is ready to be sent. */
export interface PreparedWrite extends CopiedWrite {
  readonly demand: Demand | undefined;
  /** As it is sent now; `expired` is the row of which a put takes the place. */
  readonly item: (version: string, expired?: Item) => TransactItem;
}

const allOld = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

/** Makes a write ready. A consistent GetItem where its version is a digest. */
export async function prepareWrite(
  write: CopiedWrite,
  options: CallOptions,
): Promise<PreparedWrite> {
  const { action, only, data, expiry, clock } = write;
  const change = data && { data, expiry, keepsExpiry: only?.is === 'version' };
  if (change && !isShort(change.data)) {
    checkRowSize(write, writeNow(write, { ...change, version: '' }));
  }
  const demand = await demandOf(write, options);
  const item = (version: string, expired?: Item): TransactItem => {
    const condition = demand?.(clock.now());
    if (change === undefined) {
      // A delete may have no condition; every check has one.
      const request = { ConditionExpression: condition?.expression, ...(condition && allOld) };
      const input = rowRequest(write, request, condition?.values);
      return action === 'remove' ? { Delete: input } : { ConditionCheck: input };
    }
    const stored = writeNow(write, { ...change, version });
    // An update, so that what shares the row stays; in the place of what has expired, where it has.
    const { UpdateExpression, ...input } = expired
      ? replaceExpired(write, stored, expired)
      : setValue(write, stored, condition);
    return { Update: { ...input, UpdateExpression, ...allOld } };
  };
  return { ...write, demand, item };
}

async function demandOf(write: CopiedWrite, options: CallOptions): Promise<Demand | undefined> {
  const { only } = write;
  if (only?.is === 'absent') return isAbsent;
  if (only?.is !== 'version') return only && isPresent;
  const expected = await expectedValue(write, only.version, options);
  return (nowMs) => isUnchanged(expected, nowMs);
}
