import { pause } from './backoff.js';
import type { Clock, Random } from './clock.js';
import { errorName } from './errors.js';
import type { CallOptions, Item } from './transport.js';

/** Why DynamoDB cancelled a transaction, for one of its items. */
export interface CancellationReason {
  /** `None` for an item that alone would not have failed. */
  readonly code: string;
  /** The existing row of the item, where the item asked for ALL_OLD. */
  readonly item: Item | undefined;
}

/** The reasons of a `TransactionCanceledException`, one per item; `undefined` for other errors. See `errorName`. */
export function cancellationReasons(
  error: unknown,
  signal?: AbortSignal,
): readonly CancellationReason[] | undefined {
  if (errorName(error, signal) !== 'TransactionCanceledException') return undefined;
  const { CancellationReasons = [] } = error as {
    CancellationReasons?: { Code?: string; Item?: Item }[];
  };
  return CancellationReasons.map(({ Code = 'None', Item }) => ({ code: Code, item: Item }));
}

const repeatsMax = 8;

const backoff = { firstMs: 50, maxMs: 1_000 };

/**
 * Pauses, with full jitter, before the repeat of what failed with an error that passes: a single write
 * that DynamoDB refused for a transaction under way, a transaction that it cancelled for another one or
 * for a busy table, or one whose first delivery is still under way. Throws any other error, and this one
 * after eight repeats.
 *
 * Source: "Amazon DynamoDB Transactions: How it works", on transaction conflicts, in the Amazon
 * DynamoDB Developer Guide.
 */
export async function awaitPassing(
  error: unknown,
  repeats: number,
  pausing: { readonly clock: Clock; readonly random: Random } & CallOptions,
): Promise<void> {
  if (repeats >= repeatsMax || !isPassing(error)) throw error;
  await pause(repeats, backoff, pausing);
}

/** What passes by itself: another transaction under way, or a table that is too busy. */
const passing =
  /^(Transaction(Conflict|InProgress)(Exception)?|ThrottlingError|ProvisionedThroughputExceeded)$/;

function isPassing(error: unknown): boolean {
  if (passing.test(errorName(error) ?? '')) return true;
  const reasons = cancellationReasons(error)?.filter(({ code }) => code !== 'None') ?? [];
  return reasons.length > 0 && reasons.every(({ code }) => passing.test(code));
}
