import type { CallOptions, EpochMS, ExpiryOptions } from '@x/dynamo-core';
import {
  callOptionNames,
  checkPositive,
  oneOf,
  within,
  type OptionNames,
} from '@x/dynamo-core/mechanism';

import type { CountMode, CountOf } from './requests.js';

/** How a counter counts. The same for both tables. */
export interface CounterOptions<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
> {
  /**
   * What counts are in JavaScript. `'number'` refuses to go past 2^53 - 1, `'bigint'` is exact to
   * 38 digits. Both read and write the same rows.
   *
   * @default 'number'
   */
  readonly mode?: M | undefined;
  /**
   * Whether a change counts once although the SDK repeats its request. `false` sends a bare ADD,
   * which counts twice when a response is lost; it then takes no `token`.
   *
   * @default true
   */
  readonly exactlyOnce?: boolean | undefined;
  /**
   * How long a counter lives, in seconds. Above 0; rounded up to a whole second. Afterwards it
   * counts as absent and starts over.
   *
   * @default for ever
   */
  readonly ttlSeconds?: number | undefined;
  /**
   * What the life of a counter counts from: the change that begins it, or the latest one.
   *
   * @default 'first'
   */
  readonly ttlFrom?: 'first' | 'latest' | undefined;
  /**
   * Spreads each counter over so many rows, from 1 to 1,000, because one takes about 1,000 changes a
   * second. Changes then answer no count, and `get` sums the rows, which is no snapshot. Bounds, `set`,
   * `max`, `min`, `compareAndSet` and `ttlSeconds` are refused. Let readers know a larger number first.
   * A token picks its row by their number: while that changes, only `tokenTtlSeconds` knows it again.
   *
   * @default one row
   */
  readonly shards?: N;
  /**
   * Makes one request of the changes that callers of this object make while another is under way. Each
   * caller gets its own count, and a failure reaches each of them. A change with a token or bounds, or
   * of 2^31 and more, goes alone.
   *
   * @default false
   */
  readonly coalesce?: boolean | undefined;
}

/** What a change answers: the count, and nothing where a counter has shards. */
export type CountAfter<M extends CountMode, N extends number | undefined> = N extends undefined
  ? CountOf<M>
  : undefined;

/** The names of `CounterOptions`. */
export const counterOptionNames: OptionNames<CounterOptions> = {
  mode: oneOf('number', 'bigint'),
  exactlyOnce: 'boolean',
  ttlSeconds: true,
  ttlFrom: oneOf('first', 'latest'),
  // More rows than partitions of a table that is worth counting in: reading sums all of them.
  shards: within(1, 1_000),
  coalesce: 'boolean',
};

/** How one change is made. */
export interface ChangeCountOptions extends CallOptions {
  /**
   * What the change is known by, such as the id of the message that asks for it: a change with a
   * token that the counter remembers is not made again. Any string that is not empty.
   *
   * @default a fresh one for each call
   */
  readonly token?: string | undefined;
}

/** The names of `ChangeCountOptions`. */
export const changeOptionNames: OptionNames<ChangeCountOptions> = {
  ...callOptionNames,
  token: true,
};

/** How one increment is made. */
export interface IncrOptions<M extends CountMode = 'number'> extends ChangeCountOptions {
  /**
   * Remembers the token for so many seconds, however much else is counted: in a row of its own, through
   * a transaction. Above 0. Needs a `token`.
   *
   * @default the token is remembered in the counter's row, until 16 further changes
   */
  readonly tokenTtlSeconds?: number | undefined;
  /** The smallest count that the increment may lead to. @default none */
  readonly min?: CountOf<M> | undefined;
  /** The largest count that the increment may lead to. @default none */
  readonly max?: CountOf<M> | undefined;
}

/** The names of `IncrOptions`. */
export const incrOptionNames: OptionNames<IncrOptions> = {
  ...changeOptionNames,
  tokenTtlSeconds: checkPositive,
  min: true,
  max: true,
};

/** How a count is set. At most one of `ttlSeconds` and `expiresAtMs`. */
export interface SetCountOptions extends ChangeCountOptions, ExpiryOptions {}

/** The names of `SetCountOptions`. */
export const setOptionNames: OptionNames<SetCountOptions> = {
  ...changeOptionNames,
  ttlSeconds: true,
  expiresAtMs: true,
};

/** Which window is meant. */
export interface WindowAt {
  /**
   * A moment of the window, in milliseconds since 1970: when the message was made that is counted, for
   * example, so that it counts in the same window when it is delivered again.
   *
   * @default now
   */
  readonly at?: EpochMS | undefined;
}

/** The count of one id. */
export interface KeyCount<K = string, C extends number | bigint = number> {
  readonly id: K;
  /** Left out where there is no counter, or an expired one. */
  readonly count?: C;
}

/** Puts ids and their counts together. */
export function keyCounts<K, C extends number | bigint>(
  ids: readonly K[],
  counts: readonly (C | undefined)[],
): KeyCount<K, C>[] {
  return ids.map((id, index) => {
    const count = counts[index];
    return count === undefined ? { id } : { id, count };
  });
}
