import type { CallOptions, DynamoTransport, Item } from './transport.js';
import { type Built, onFirstUse } from './send.js';
import type { Clock, Random } from './clock.js';
import type { BatchKey } from './input-checks.js';
const sending = /* @__PURE__ */ onFirstUse(() => import('./send-batches.js'));

/** A row that a batch writes: put when there is an item, deleted otherwise. */
export interface BatchChange extends BatchKey {
  /**
   * The whole row, key attributes included. One that holds times of the clock is given as a function
   * that builds it: see `send`.
   */
  readonly put?: Built<Item>;
}

/** What a batch is sent with. */
export interface BatchOptions extends CallOptions {
  readonly transport: DynamoTransport;
  readonly tableName: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a batch is read with. */
export interface BatchGetOptions extends BatchOptions {
  /** Reads consistently, at twice the price. @default false */
  readonly consistent?: boolean | undefined;
  /** What is read of each row beside its key. @default all of it */
  readonly attributes?: readonly string[] | undefined;
}

/**
 * Reads rows by key. Answers align with the input, duplicates included; `undefined` is a row that
 * does not exist. Sends one BatchGetItem for each 100 distinct keys, four at a time, and repeats
 * what comes back unprocessed; nothing for no keys. Each row costs what reading it alone would.
 * Throws a `BatchIncompleteError` when eight rounds in a row
 * bring nothing.
 *
 * @example
 * ```ts
 * import { S } from '@x/dynamo-core';
 * import { batchGet, connect } from '@x/dynamo-core/mechanism';
 *
 * const keys = ['a', 'b'].map((id) => ({ key: { key: S(id) }, displayKey: id }));
 * const [a, b] = await batchGet(keys, connect({}, 'keys'));
 * ```
 */
export async function batchGet(
  keys: readonly BatchKey[],
  options: BatchGetOptions,
): Promise<(Item | undefined)[]> {
  const { getInBatches } = await sending();
  return getInBatches(keys, options);
}

/**
 * Writes rows; of several changes to one key the last one wins. Sends one BatchWriteItem for each
 * 25 rows, four at a time, and repeats what comes back unprocessed; nothing for no changes. A put
 * replaces the whole row. A batch is not a transaction: after an error some rows may be written.
 * Each row costs what writing it alone would. Throws a `BatchIncompleteError` when eight rounds in a
 * row write nothing.
 *
 * @example
 * ```ts
 * import { S } from '@x/dynamo-core';
 * import { batchWrite, connect } from '@x/dynamo-core/mechanism';
 *
 * const [key, old] = [{ key: S('a') }, { key: S('b') }];
 * const changes = [
 *   { key, displayKey: 'a', put: { ...key, data: S('1') } },
 *   { key: old, displayKey: 'b' },
 * ];
 * await batchWrite(changes, connect({}, 'keys'));
 * ```
 */
export async function batchWrite(
  changes: readonly BatchChange[],
  options: BatchOptions,
): Promise<void> {
  const { writeInBatches } = await sending();
  return writeInBatches(changes, options);
}
