import type { Clock, EpochMS, ReadOptions } from '@x/dynamo-core';
import { checkInteger } from '@x/dynamo-core/mechanism';

import type { CountMode, CountOf } from './count-mode.js';
import type { IncrOptions } from './counter-options.js';
import type { CounterRows, CountWindow } from './counter-rows.js';
import { keyCounts, type KeyCount } from './key-count.js';

/** How counters are windowed. */
export interface WindowedOptions {
  /** How long a window lasts, in milliseconds: a whole number from 1 on. */
  readonly windowMs: number;
}

/** How counts of a window are read. */
export interface WindowReadOptions extends ReadOptions {
  /**
   * A moment of the window, in milliseconds since 1970. Counts are kept at least until the window
   * after theirs has ended.
   *
   * @default now
   */
  readonly at?: EpochMS | undefined;
}

/**
 * Counters that start over with each window of time. Made by `KeyValueCounter.windowed`.
 *
 * Each window of each id is a row of its own, with the key `<id>@<length>/<start>` in milliseconds:
 * a change belongs to the window in which the call was made by the caller's clock, also when it is
 * repeated later. Rows expire one window after their own. A row of a window says that it is one, so
 * that a counter whose id looks like its key gets a `KeyCollisionError`, and so does the window.
 */
export class WindowedCounter<M extends CountMode = 'number'> {
  readonly #rows: CounterRows<string, M>;
  readonly #clock: Clock;
  readonly #windowMs: number;

  /** Checks the options. Sends nothing. */
  constructor(rows: CounterRows<string, M>, clock: Clock, { windowMs }: WindowedOptions) {
    checkInteger('windowMs', windowMs, 1);
    this.#rows = rows;
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /**
   * Adds to the count of the current window: `KeyValueCounter.incr`, with its promises, requests
   * and errors. A `token` is known within the window only.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * await perHour.incr('user-123'); // 1
   * ```
   */
  async incr(id: string, by?: CountOf<M>, options: IncrOptions<M> = {}): Promise<CountOf<M>> {
    return this.#rows.incr(id, { ...options, by, window: () => this.#window() });
  }

  /**
   * Takes away from the count of the current window: `KeyValueCounter.decr`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * await perHour.decr('user-123'); // -1
   * ```
   */
  async decr(id: string, by?: CountOf<M>, options: IncrOptions<M> = {}): Promise<CountOf<M>> {
    return this.#rows.incr(id, { ...options, by, window: () => this.#window(), down: true });
  }

  /**
   * Adds to the count of the current window if that keeps it in its bounds, else answers
   * `undefined`: `KeyValueCounter.tryIncr`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * const sent = await perHour.tryIncr('user-123', 1, { max: 20 });
   * if (sent === undefined) console.log('enough for this hour');
   * ```
   */
  async tryIncr(
    id: string,
    by: CountOf<M>,
    options: IncrOptions<M>,
  ): Promise<CountOf<M> | undefined> {
    return this.#rows.tryIncr(id, { ...options, by, window: () => this.#window() });
  }

  /**
   * The counts of the current window, or of the one that `at` lies in: `KeyValueCounter.get`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * await perHour.get(['user-123'], { at: Date.now() - 3_600_000 }); // the hour before this one
   * ```
   */
  async get<K extends string>(
    ids: readonly K[],
    { at, ...options }: WindowReadOptions = {},
  ): Promise<KeyCount<K, CountOf<M>>[]> {
    if (at !== undefined) checkInteger('at', at, 0);
    const asked = [...ids];
    const window = this.#window(at);
    return keyCounts(asked, await this.#rows.getMany(asked, options, () => window));
  }

  #window(at: number = this.#clock.now()): CountWindow {
    const startMs = Math.floor(at / this.#windowMs) * this.#windowMs;
    return {
      // Windows of another length may begin at the same moment.
      suffix: `@${this.#windowMs}/${startMs}`,
      endsAt: Math.ceil((startMs + 2 * this.#windowMs) / 1000),
    };
  }
}
