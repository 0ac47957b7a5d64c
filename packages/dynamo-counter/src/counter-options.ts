import type { CallOptions, ExpiryOptions } from '@x/dynamo-core';
import type { OptionNames } from '@x/dynamo-core/mechanism';

import type { CountMode, CountOf } from './count-mode.js';

/** How a counter counts. The same for both tables. */
export interface CounterOptions<M extends CountMode = 'number'> {
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
}

/** The names of `CounterOptions`. */
export const counterOptionNames: OptionNames<CounterOptions> = {
  mode: true,
  exactlyOnce: true,
  ttlSeconds: true,
  ttlFrom: true,
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

/** How one increment is made. */
export interface IncrOptions<M extends CountMode = 'number'> extends ChangeCountOptions {
  /**
   * Remembers the token for so many seconds, whatever else is counted: in a row of its own, through
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

/** How a count is set. At most one of `ttlSeconds` and `expiresAtMs`. */
export interface SetCountOptions extends ChangeCountOptions, ExpiryOptions {}
