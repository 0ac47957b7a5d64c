import { type Item, errorName } from './transport.js';

/** Why DynamoDB cancelled a transaction, for one of its items. */
export interface CancellationReason {
  /** `None` for an item that would have gone through. */
  readonly code: string;
  /** The row that the item's condition met, where the item asked for ALL_OLD. */
  readonly item: Item | undefined;
}

/** The reasons of a `TransactionCanceledException`, one per item; `undefined` for other errors. */
export function cancellationReasons(error: unknown): readonly CancellationReason[] | undefined {
  if (errorName(error) !== 'TransactionCanceledException') return undefined;
  const { CancellationReasons = [] } = error as {
    CancellationReasons?: { Code?: string; Item?: Item }[];
  };
  return CancellationReasons.map(({ Code = 'None', Item }) => ({ code: Code, item: Item }));
}
