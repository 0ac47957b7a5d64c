import type { Item } from './transport.js';
import { errorName } from './errors.js';

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
