import { createHash } from 'node:crypto';

import {
  batchGet,
  cancellationReasons,
  checkItemSize,
  expirySeconds,
  fromVersionToken,
  InvalidInputError,
  nextVersion,
  transactWrite,
  valueRow,
  wroteRow,
  type BatchKey,
  type CallOptions,
  type PartitionedRows,
  type TransactItem,
} from '@x/dynamo-core';

import type { TableParts } from './parts.js';
import { valueAttributes } from './requests.js';
import { transactCheck, transactPut, transactRemove } from './transact-requests.js';
import type { TransactionWrite, TransactOptions } from './transaction.js';

/** A write as it is sent, and how its row shows that it was applied. */
interface PreparedWrite extends BatchKey {
  readonly item: TransactItem;
  /** The id in the version of the row that a put writes. */
  readonly id?: string;
}

/**
 * Sends the writes as one transaction.
 *
 * DynamoDB itself recognises a repeat of the SDK by the token. A repeat of the caller's own may
 * differ in its times (the expiry, the moment of the conditions), or come after the ten minutes for
 * which DynamoDB remembers: such a one is recognised by the rows, whose version its puts have made.
 */
export async function transact(
  table: TableParts,
  writes: readonly TransactionWrite[],
  { token, signal }: TransactOptions = {},
): Promise<void> {
  const { rows } = table;
  const actualToken = token ?? rows.random.id();
  const prepared = await Promise.all(
    writes.map((write, index) => prepare(table, write, `${actualToken}/${index}`)),
  );
  checkDistinct(prepared);
  try {
    const items = prepared.map(({ item }) => item);
    await transactWrite(items, { ...rows, token: actualToken, signal });
  } catch (error) {
    if (token === undefined || !isRefused(error)) throw error;
    if (!(await wasApplied(rows, prepared, { signal }))) throw error;
  }
}

async function prepare(
  { rows, codec }: TableParts,
  write: TransactionWrite,
  place: string,
): Promise<PreparedWrite> {
  const { tableName, clock, mappings } = rows;
  const { key, label } = rows.address(write.key);
  const row = { tableName, key, names: valueAttributes(mappings) };
  const nowMs = clock.now();
  if (write.action === 'remove') {
    return { key, label, item: transactRemove(row, write.only, nowMs) };
  }
  if (write.action === 'check') {
    return { key, label, item: transactCheck(row, write.only, nowMs) };
  }
  const data = await codec.encode(write.data, label);
  const id = idOf(place, data);
  const { only } = write;
  const previous =
    only?.is === 'version' ? fromVersionToken('version', only.version).version : undefined;
  const value = {
    data,
    version: nextVersion(id, previous),
    expiresAt: expirySeconds(write, clock),
  };
  checkItemSize(label, valueRow(row, value));
  return { key, label, item: transactPut(row, value, only, nowMs), id };
}

/** The same for the same value at the same place of a transaction with the same token. */
function idOf(place: string, data: object): string {
  const text = JSON.stringify([place, data]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

function checkDistinct(prepared: readonly PreparedWrite[]): void {
  const labels = new Set<string>();
  for (const { key, label } of prepared) {
    const identity = JSON.stringify(key);
    if (labels.has(identity)) {
      throw new InvalidInputError('the writes', label, 'for a different key each');
    }
    labels.add(identity);
  }
}

/** A condition failed, or the token was used before, with other times perhaps. */
function isRefused(error: unknown): boolean {
  return (
    cancellationReasons(error) !== undefined ||
    (error instanceof Error && error.name === 'IdempotentParameterMismatchException')
  );
}

/** As all of a transaction is applied or nothing, one row that it wrote speaks for all of them. */
async function wasApplied(
  rows: PartitionedRows,
  prepared: readonly PreparedWrite[],
  { signal }: CallOptions,
): Promise<boolean> {
  const puts = prepared.filter(({ id }) => id !== undefined);
  const items = await batchGet(puts, { ...rows, consistent: true, signal });
  const names = valueAttributes(rows.mappings);
  return items.some(
    (item, index) => item !== undefined && wroteRow(item, puts[index]?.id ?? '', names),
  );
}
