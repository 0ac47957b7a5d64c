import {
  TokenReusedError,
  type CallOptions,
  type DynamoInput,
  type ExpiryOptions,
  type Item,
} from '@x/dynamo-core';
import { remembered, type BatchKey, type Connection } from '@x/dynamo-core/mechanism';

import { idRegisters, type CounterAddress } from './counter-row.js';
import type { Marker } from './marker-requests.js';
import type { CounterChange, TimedChange, Count } from './requests.js';

/** The row of a counter with what it takes to change it. */
export interface CounterTarget
  extends CounterAddress, Pick<Connection, 'transport' | 'clock' | 'random'> {
  /** When the window that the row is for is kept until, in whole seconds since 1970. */
  readonly endsAt?: number | undefined;
  /** Where the row of a token is kept: under the counter's key, for any number of shards. */
  readonly markerAt: (token: string) => BatchKey;
}

/** A change of a counter as it is asked for. */
export interface ChangeCall extends CallOptions {
  /** Says where the counter is: a window is one of the time that the clock shows. */
  readonly locate: () => CounterTarget;
  readonly change: CounterChange;
  /** When the counter expires if this change begins it, or renews it. */
  readonly expiry: ExpiryOptions;
  /** The caller's token, and for how long it has a row of its own, if it has one. */
  readonly token?: string | undefined;
  readonly tokenTtlSeconds?: number | undefined;
}

/** One request, and what it was built of: anew for each try, and where the clock was corrected. */
export interface Try {
  readonly timed: TimedChange;
  readonly target: CounterTarget;
  readonly input: DynamoInput<'UpdateItem'>;
  readonly marker: Marker | false;
}

/** What one try came to. */
export type Answer =
  /** The change is in the count, by this try or an earlier one of the same call or token. */
  | { readonly outcome: 'changed'; readonly count: Count }
  /** The condition failed on this row, and nothing was changed. */
  | { readonly outcome: 'refused'; readonly item: Item | undefined; readonly tried: Try };

/** Whether the row remembers the change. Throws where its token was used for another one. */
export function knows(item: Item | undefined, { id }: CounterChange, label: string): boolean {
  const entry = id && remembered(item, idRegisters, id.id);
  if (entry !== undefined && entry !== id?.entry) throw new TokenReusedError(label);
  return entry !== undefined;
}
