import type { Clock, DynamoTransport, Item, Random } from '@x/dynamo-core';

import type { CounterAddress } from './requests.js';

/** The row of a counter with what it takes to change it. */
export interface CounterTarget extends CounterAddress {
  readonly transport: DynamoTransport;
  readonly clock: Clock;
  readonly random: Random;
  /** The key as the caller knows it, for errors. */
  readonly label: string;
  /** After how many ids the sets are turned. */
  readonly setSize: number;
}

/** What one attempt at a change goes by. */
export interface Attempt {
  readonly nowMs: number;
  /** Whether an expired row was met. */
  readonly startsOver: boolean;
}

/** What one attempt at a change met. */
export type Met =
  /** The change is in the count, by this attempt or an earlier one of the same call or token. */
  | { readonly refused: false; readonly count: bigint }
  /** The condition failed on this row, and nothing was changed. */
  | { readonly refused: true; readonly item: Item | undefined };
