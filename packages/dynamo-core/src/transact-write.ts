import type { Item } from './attribute-value.js';
import { pause } from './backoff.js';
import type { Clock } from './clock.js';
import { checkInteger, checkKeyText } from './input-checks.js';
import type { Random } from './random.js';
import type { CallOptions, DynamoInput, DynamoTransport } from './transport.js';

/** One write of a transaction, in wire shape: `Put`, `Update`, `Delete` or `ConditionCheck`. */
export type TransactItem = NonNullable<DynamoInput<'TransactWriteItems'>['TransactItems']>[number];

/** Why DynamoDB cancelled a transaction, for one of its items. */
export interface CancellationReason {
  /** `None` for an item that would have gone through. */
  readonly code: string;
  /** The row that the item's condition met, where the item asked for ALL_OLD. */
  readonly item: Item | undefined;
}

/** What a transaction is sent with. */
export interface TransactWriteOptions extends CallOptions {
  readonly transport: DynamoTransport;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * The idempotency token: within ten minutes, a repeat with the same token and the same items is
   * applied once. At most 36 characters.
   *
   * @default a fresh one for the call, so that the SDK's repeats are applied once
   */
  readonly token?: string | undefined;
}

const itemsMax = 100;
const tokenBytesMax = 36;
const conflictsMax = 8;
const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * Sends up to 100 writes that are applied together or not at all: one TransactWriteItems at twice
 * the write units. A transaction that only met another one under way, or a throttled table, is
 * repeated with full jitter, which the SDK does not do. The SDK's `TransactionCanceledException` passes through as it is; read
 * it with `cancellationReasons`.
 *
 * Nothing is applied after an error that DynamoDB answered with; after a lost response it is not
 * known. Throws an `InvalidInputError` for no items, more than 100, or a token that is too long.
 *
 * @example
 * ```ts
 * import { connect, S, transactWrite } from '@x/dynamo-core';
 *
 * const connection = connect({}, 'keys');
 * const { tableName } = connection;
 * await transactWrite(
 *   [
 *     { Put: { TableName: tableName, Item: { key: S('a'), data: S('1') } } },
 *     { Delete: { TableName: tableName, Key: { key: S('b') } } },
 *   ],
 *   connection,
 * );
 * ```
 */
export async function transactWrite(
  items: readonly TransactItem[],
  { transport, clock, random, token = random.id(), signal }: TransactWriteOptions,
): Promise<void> {
  checkInteger('the number of items', items.length, 1, itemsMax);
  checkKeyText('token', token, tokenBytesMax);
  const input = { TransactItems: [...items], ClientRequestToken: token };
  for (let conflicts = 0; ; conflicts++) {
    try {
      await transport.call('TransactWriteItems', input, { signal });
      return;
    } catch (error) {
      if (conflicts >= conflictsMax || !isPassing(error)) throw error;
    }
    await pause(conflicts, backoff, { clock, random, signal });
  }
}

/** The reasons of a `TransactionCanceledException`, one per item; `undefined` for other errors. */
export function cancellationReasons(error: unknown): readonly CancellationReason[] | undefined {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return undefined;
  const { CancellationReasons = [] } = error as {
    CancellationReasons?: { Code?: string; Item?: Item }[];
  };
  return CancellationReasons.map(({ Code = 'None', Item }) => ({ code: Code, item: Item }));
}

/** What passes by itself: another transaction under way, or a table that is too busy. */
const passing = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

function isPassing(error: unknown): boolean {
  const reasons = cancellationReasons(error)?.filter(({ code }) => code !== 'None') ?? [];
  return reasons.length > 0 && reasons.every(({ code }) => passing.includes(code));
}
