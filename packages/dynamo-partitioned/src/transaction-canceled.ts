import type { CompoundKey, Item } from '@x/dynamo-core';
import { cancellationReasons } from '@x/dynamo-core/mechanism';

import type { TransactionWrite, WriteCondition } from './transaction.js';

/** Why DynamoDB cancelled a transaction. Nothing of it was written. */
export interface TransactionCanceled {
  /** The writes that stopped it, in their order. */
  readonly refusals: readonly TransactionRefusal[];
}

/** A write that stopped its transaction. */
export interface TransactionRefusal {
  /** Its place in the list that `transact` got, from 0. */
  readonly index: number;
  readonly key: CompoundKey;
  /**
   * - `exists`: there is a value, and `ifAbsent` was asked for.
   * - `absent`: there is none, and `ifExists` was asked for.
   * - `changed`: the value is not of the version of `ifVersion`, or there is none any more.
   * - `conflict`: another transaction on the row was under way, in every attempt.
   * - `other`: what `code` says.
   */
  readonly why: 'exists' | 'absent' | 'changed' | 'conflict' | 'other';
  /** DynamoDB's own word for it. */
  readonly code: string;
  /** The existing row, as it is stored. Not enumerable, so that no log shows it. */
  readonly row: Item | undefined;
}

/**
 * Reads the error of `transact`: which of its writes stopped the transaction, and why. `undefined`
 * for any error but the SDK's `TransactionCanceledException`.
 *
 * @example
 * ```ts
 * const writes = [put(userPreference, { theme: 'dark' }, { only: ifAbsent })];
 * try {
 *   await table.transact(writes);
 * } catch (error) {
 *   const canceled = transactionCanceled(error, writes);
 *   if (canceled === undefined) throw error;
 *   for (const { key, why } of canceled.refusals) console.log(`${key.sort}: ${why}`);
 * }
 * ```
 */
export function transactionCanceled(
  error: unknown,
  writes: readonly TransactionWrite[],
): TransactionCanceled | undefined {
  const reasons = cancellationReasons(error);
  if (reasons === undefined) return undefined;
  const refusals = reasons.flatMap(({ code, item }, index) => {
    const write = writes[index];
    if (code === 'None' || write === undefined) return [];
    const refusal = { index, key: write.key, why: whyOf(code, write.only), code };
    return [Object.defineProperty(refusal, 'row', { value: item }) as TransactionRefusal];
  });
  return { refusals };
}

const whyByCondition = { absent: 'exists', present: 'absent', version: 'changed' } as const;

function whyOf(code: string, condition: WriteCondition | undefined): TransactionRefusal['why'] {
  if (code === 'TransactionConflict') return 'conflict';
  if (code !== 'ConditionalCheckFailed' || condition === undefined) return 'other';
  return whyByCondition[condition.is];
}
