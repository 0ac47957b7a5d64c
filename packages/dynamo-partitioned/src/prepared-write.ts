import type { CallOptions, Codec, Item, TransactItem } from '@x/dynamo-core';
import {
  checkedOptions,
  checkOneOf,
  expectedValue,
  checkRowSize,
  isAbsent,
  isPresent,
  isShort,
  isUnchanged,
  writeNow,
  type Demand,
  type PartitionedHandle,
  type ValueChange,
  type ValueTarget,
  type ValueWrite,
} from '@x/dynamo-core/mechanism';

import { valueAttributes } from './requests.js';
import { transactCheck, transactPut, transactRemove } from './transact-requests.js';
import type { TransactionWrite, WriteCondition } from './transaction.js';

/** A write that is ready to be sent. */
export interface PreparedWrite extends ValueTarget, Pick<ValueChange, 'expiry'> {
  readonly label: string;
  readonly action: TransactionWrite['action'];
  readonly demand: Demand | undefined;
  /** As it is sent now; `expired` is the row of which a put takes the place. */
  readonly item: (version: string, expired: Item | undefined) => TransactItem;
}

/** Checks and encodes a write. A consistent GetItem where its version is a digest. */
export async function prepareWrite(
  rows: PartitionedHandle,
  codec: Codec,
  write: TransactionWrite,
  options: CallOptions,
): Promise<PreparedWrite> {
  checkOneOf('action', (Object(write) as TransactionWrite).action, ['put', 'remove', 'check']);
  checkedOptions(write, write.action === 'put' ? putNames : otherNames, 'a write');
  const { action } = write;
  // A copy: it is read after an await.
  const only = write.only === undefined ? undefined : { ...write.only };
  if (only !== undefined || action === 'check') {
    const is = Object(only).is as WriteCondition['is'];
    checkOneOf('only.is', is, ['absent', 'present', 'version']);
  }
  const { transport, clock, tableName, mappings } = rows;
  const names = valueAttributes(mappings);
  const target = { transport, clock, tableName, names, ...rows.address(write.key) };
  const { callerKey } = target;
  if (action !== 'put') {
    const demand = await demandOf(target, only, options);
    const toItem = action === 'remove' ? transactRemove : transactCheck;
    const item = (): TransactItem => toItem(target, demand?.(clock.now()));
    return { ...target, action, expiry: {}, demand, item };
  }
  const expiry = { ttlSeconds: write.ttlSeconds, expiresAtMs: write.expiresAtMs };
  const data = await codec.encode(write.data, callerKey);
  const change = { data, expiry, keepsExpiry: only?.is === 'version' };
  const writeOf = (version: string): ValueWrite => writeNow(target, { ...change, version });
  if (!isShort(data)) checkRowSize(target, writeOf(''));
  const demand = await demandOf(target, only, options);
  const item = (version: string, expired: Item | undefined): TransactItem =>
    transactPut(target, writeOf(version), demand?.(clock.now()), expired);
  return { ...target, action, expiry, demand, item };
}

const otherNames = { action: true, key: true, only: true } as const;

const putNames = { ...otherNames, data: true, ttlSeconds: true, expiresAtMs: true } as const;

async function demandOf(
  target: ValueTarget,
  only: WriteCondition | undefined,
  options: CallOptions,
): Promise<Demand | undefined> {
  if (only?.is === 'absent') return isAbsent;
  if (only?.is !== 'version') return only && isPresent;
  const expected = await expectedValue(target, only.version, options);
  return (nowMs) => isUnchanged(expected, nowMs);
}
