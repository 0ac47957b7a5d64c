import type { CallOptions, CompoundKey, ExpiryOptions, Item } from '@x/dynamo-core';
import { checkedOptions, cancellationReasons } from '@x/dynamo-core/mechanism';
/** What a write of a transaction demands of its row. */
export type WriteCondition =
  | { readonly is: 'absent' }
  | { readonly is: 'present' }
  | { readonly is: 'version'; readonly version: string };

/** The key has no value, or only an expired one. */
export const ifAbsent: WriteCondition = { is: 'absent' };

/** The key has a value that has not expired. */
export const ifExists: WriteCondition = { is: 'present' };

/** The key still has the version that `getEntry` returned. */
export function ifVersion(version: string): WriteCondition {
  return { is: 'version', version };
}

/** What a removal demands. */
export interface RemoveOptions {
  /** When the row is not so, nothing of the transaction is written. @default no condition */
  readonly only?: WriteCondition | undefined;
}

/** What a put demands, and when its value expires. */
export interface PutOptions extends RemoveOptions, ExpiryOptions {}

/** How a transaction is recognised and stopped. */
export interface TransactOptions extends CallOptions {
  /**
   * What tells this transaction from others: a repeat with the same token and the same writes is
   * applied once, other writes under it are a `TokenReusedError`. 1 byte to 64 KB. A list without puts takes a
   * row that remembers it, and may have 99 writes. Only needed for repeats of the caller's own, for example when a
   * message is delivered twice; those of the SDK are recognised without it.
   *
   * @default a fresh one for each call
   */
  readonly token?: string | undefined;
}

/** One write of a transaction; made by `put`, `remove` or `check`. */
export type TransactionWrite = PutWrite | RemoveWrite | CheckWrite;

interface PutWrite extends PutOptions {
  readonly action: 'put';
  readonly key: CompoundKey;
  readonly data: unknown;
}

interface RemoveWrite extends RemoveOptions {
  readonly action: 'remove';
  readonly key: CompoundKey;
}

interface CheckWrite {
  readonly action: 'check';
  readonly key: CompoundKey;
  readonly only: WriteCondition;
}

/**
 * Stores a value as a part of a transaction, as `set` does: a counter of the same key stays.
 *
 * @example
 * ```ts
 * const write = put(userPreference, { theme: 'dark' }, { only: ifAbsent, ttlSeconds: 60 });
 * await table.transact([write]);
 * ```
 */
export function put<V>(
  key: CompoundKey<string, V>,
  data: NoInfer<V>,
  options?: PutOptions,
): TransactionWrite {
  const names = { only: true, ttlSeconds: true, expiresAtMs: true } as const;
  return { action: 'put', key, data, ...checkedOptions(options, names) };
}

/**
 * Deletes a row whole as a part of a transaction, as `deleteBatch` does: a counter of the same key
 * goes with it.
 *
 * @example
 * ```ts
 * await table.set(key1, { theme: 'dark' });
 * await table.transact([remove(userPreference), remove(key1, { only: ifExists })]);
 * ```
 */
export function remove(key: CompoundKey, options?: RemoveOptions): TransactionWrite {
  return { action: 'remove', key, ...checkedOptions(options, { only: true }) };
}

/**
 * Writes nothing itself, but lets the other writes of a transaction happen only under a condition.
 *
 * @example
 * ```ts
 * await table.transact([check(userPreference, ifAbsent), put(key, { theme: 'dark' })]);
 * ```
 */
export function check(key: CompoundKey, only: WriteCondition): TransactionWrite {
  return { action: 'check', key, only };
}

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
