import type { CallOptions, Item, TransactItem } from '@x/dynamo-core';
import {
  expectedValue,
  checkRowSize,
  isAbsent,
  isPresent,
  isShort,
  isUnchanged,
  writeNow,
  type Demand,
  type ValueWrite,
} from '@x/dynamo-core/mechanism';

import type { CopiedWrite } from './copied-writes.js';
import { transactCheck, transactPut, transactRemove } from './transact-requests.js';

/** A write that is ready to be sent. */
export interface PreparedWrite extends CopiedWrite {
  readonly demand: Demand | undefined;
  /** As it is sent now; `expired` is the row of which a put takes the place. */
  readonly item: (version: string, expired: Item | undefined) => TransactItem;
}

/** Makes a write ready. A consistent GetItem where its version is a digest. */
export async function prepareWrite(
  write: CopiedWrite,
  options: CallOptions,
): Promise<PreparedWrite> {
  const { action, only, data, expiry, clock } = write;
  if (data === undefined) {
    const demand = await demandOf(write, options);
    const toItem = action === 'remove' ? transactRemove : transactCheck;
    const item = (): TransactItem => toItem(write, demand?.(clock.now()));
    return { ...write, demand, item };
  }
  const change = { data, expiry, keepsExpiry: only?.is === 'version' };
  const writeOf = (version: string): ValueWrite => writeNow(write, { ...change, version });
  if (!isShort(data)) checkRowSize(write, writeOf(''));
  const demand = await demandOf(write, options);
  const item = (version: string, expired: Item | undefined): TransactItem =>
    transactPut(write, writeOf(version), demand?.(clock.now()), expired);
  return { ...write, demand, item };
}

async function demandOf(write: CopiedWrite, options: CallOptions): Promise<Demand | undefined> {
  const { only } = write;
  if (only?.is === 'absent') return isAbsent;
  if (only?.is !== 'version') return only && isPresent;
  const expected = await expectedValue(write, only.version, options);
  return (nowMs) => isUnchanged(expected, nowMs);
}
