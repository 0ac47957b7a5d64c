import {
  InvalidInputError,
  type CallOptions,
  type Clock,
  type EpochMS,
  type ReadOptions,
} from '@x/dynamo-core';
import { checkInteger, checkedOptions } from '@x/dynamo-core/mechanism';

import type { CountMode, CountOf } from './requests.js';
import {
  changeOptionNames,
  type ChangeCountOptions,
  type CountAfter,
  type IncrOptions,
} from './counter-options.js';
import type { CounterStore } from './counter-store.js';
import type { CountWindow, WindowOf } from './apply-change.js';
import type { KeyCount } from './key-count.js';

/** How counters are windowed. */
export interface WindowedOptions {
  /** How long a window lasts, in milliseconds: a whole number from 1 on. */
  readonly windowMs: number;
  /**
   * How many windows before the present one are kept: a whole number from 1 on. Changes of them, by
   * `at`, count too.
   *
   * @default 1
   */
  readonly windowsKept?: number | undefined;
}

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

/** How counts of a window are read. */
export interface WindowReadOptions extends ReadOptions, WindowAt {}

/**
 * Counters that start over with each window of time. Made by `KeyValueCounter.windowed`.
 *
 * Each window of each id is a row of its own, with the key `<id>@<length>/<start>` in milliseconds.
 * Without `at`, a change belongs to the window of the time at which it is made by the caller's clock.
 * Rows expire `windowsKept` windows after their own, the largest that any writer has; a change of one that has expired is refused. A row
 * of a window says that it is one, so that a counter whose id looks like its key gets a
 * `KeyCollisionError`, and so does the window.
 */
export class WindowedCounter<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
> {
  readonly #store: CounterStore<string, M>;
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #windowsKept: number;

  /** Checks the options. Sends nothing. */
  constructor(store: CounterStore<string, M>, clock: Clock, options: WindowedOptions) {
    const names = { windowMs: true, windowsKept: true } as const;
    const { windowMs, windowsKept = 1 } = checkedOptions(options, names);
    checkInteger('windowMs', windowMs, 1);
    checkInteger('windowsKept', windowsKept, 1);
    this.#store = store;
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#windowsKept = windowsKept;
  }

  /**
   * Adds to the count of a window: `KeyValueCounter.incr`, with its promises, requests and errors. A
   * `token` is known within its window only: pass `at` with it.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * const at = Date.now();
   * await perHour.incr('user-123', 1, { at, token: 'message-17' }); // 1
   * await perHour.incr('user-123', 1, { at, token: 'message-17' }); // still 1, also an hour later
   * ```
   */
  async incr(
    id: string,
    by?: CountOf<M>,
    options?: IncrOptions<M> & WindowAt,
  ): Promise<CountAfter<M, N>> {
    const { rest, window } = this.#changed(options);
    return (await this.#store.incr(id, by, rest, window)) as CountAfter<M, N>;
  }

  /**
   * Takes away from the count of a window: `KeyValueCounter.decr`. What is given back belongs into the
   * window that it was taken from: pass its `at`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * const at = Date.now();
   * await perHour.incr('user-123', 1, { at }); // 1
   * await perHour.decr('user-123', 1, { at }); // 0
   * ```
   */
  async decr(
    id: string,
    by?: CountOf<M>,
    options?: IncrOptions<M> & WindowAt,
  ): Promise<CountAfter<M, N>> {
    const { rest, window } = this.#changed(options);
    return (await this.#store.incr(id, by, rest, window, true)) as CountAfter<M, N>;
  }

  /**
   * Adds to the count of a window if that keeps it in its bounds, else answers `undefined`:
   * `KeyValueCounter.tryIncr`.
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
    options?: IncrOptions<M> & WindowAt,
  ): Promise<CountOf<M> | undefined> {
    const { rest, window } = this.#changed(options);
    return this.#store.incr(id, by, rest, window, false, true);
  }

  /**
   * Sets the count of a window: `KeyValueCounter.set`. The window's row expires with the window.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * await perHour.set('user-123', 0);
   * ```
   */
  async set(id: string, value: CountOf<M>, options?: ChangeCountOptions & WindowAt): Promise<void> {
    const { rest, window } = this.#changed(options);
    // A window has an end of its own.
    checkedOptions<ChangeCountOptions>(rest, changeOptionNames);
    await this.#store.set(id, value, rest, window);
  }

  /** Makes the count of a window at least `n`, and answers what it is then: `KeyValueCounter.max`. */
  async max(
    id: string,
    n: CountOf<M>,
    options?: ChangeCountOptions & WindowAt,
  ): Promise<CountOf<M>> {
    const { rest, window } = this.#changed(options);
    return this.#store.bound(id, 'max', n, rest, window);
  }

  /** Makes the count of a window at most `n`, and answers what it is then: `KeyValueCounter.min`. */
  async min(
    id: string,
    n: CountOf<M>,
    options?: ChangeCountOptions & WindowAt,
  ): Promise<CountOf<M>> {
    const { rest, window } = this.#changed(options);
    return this.#store.bound(id, 'min', n, rest, window);
  }

  /** Sets the count of a window if it is what is expected: `KeyValueCounter.compareAndSet`. */
  async compareAndSet(
    id: string,
    expected: CountOf<M> | undefined,
    value: CountOf<M>,
    options?: ChangeCountOptions & WindowAt,
  ): Promise<boolean> {
    const { rest, window } = this.#changed(options);
    return this.#store.compareAndSet(id, expected, value, rest, window);
  }

  /**
   * The count of the current window, or of the one that `at` lies in; of one id or a list of them:
   * `KeyValueCounter.get`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * await perHour.get('user-123'); // undefined
   * await perHour.get(['user-123'], { at: Date.now() - 3_600_000 }); // the hour before this one
   * ```
   */
  async get(id: string, options?: WindowReadOptions): Promise<CountOf<M> | undefined>;
  async get<K extends string>(
    ids: readonly K[],
    options?: WindowReadOptions,
  ): Promise<KeyCount<K, CountOf<M>>[]>;
  async get(
    asked: string | readonly string[],
    options?: WindowReadOptions,
  ): Promise<CountOf<M> | undefined | KeyCount<string, CountOf<M>>[]> {
    const { rest, at } = this.#split(options);
    return this.#store.reads.of(asked, rest, () => this.#window(at));
  }

  /**
   * Removes the count of a window, with all that it remembers: `KeyValueCounter.delete`.
   *
   * @example
   * ```ts
   * import { KeyValueCounter } from '@x/dynamo-counter';
   *
   * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
   * await perHour.delete('user-123');
   * ```
   */
  async delete(id: string, options?: CallOptions & WindowAt): Promise<void> {
    const { rest, at } = this.#split(options);
    await this.#store.delete(id, rest, () => this.#window(at));
  }

  /** The window of a change: a given one must still be kept. */
  #changed<O extends WindowAt>(options: O | undefined): OfWindow<O> & { window: WindowOf } {
    const { rest, at } = this.#split(options);
    if (at !== undefined && this.#window(at).endsAt * 1000 <= this.#clock.now()) {
      const allowed = `in a window that is kept (${this.#windowsKept} before the present one: windowsKept)`;
      throw new InvalidInputError('at', at, allowed);
    }
    return { rest, window: () => this.#window(at) };
  }

  #split<O extends WindowAt>(options: O | undefined): OfWindow<O> {
    // What is no object is refused where the rest is checked.
    if (typeof options !== 'object' || options === null) return { rest: options };
    const { at, ...rest } = options;
    if (at === undefined) return { rest };
    checkInteger('at', at, 0);
    return { rest, at };
  }

  #window(at?: number): CountWindow {
    const startMs = Math.floor((at ?? this.#clock.now()) / this.#windowMs) * this.#windowMs;
    return {
      isGiven: at !== undefined,
      // Windows of another length may begin at the same moment.
      suffix: `@${this.#windowMs}/${startMs}`,
      resetAtMs: startMs + this.#windowMs,
      endsAt: Math.ceil((startMs + (1 + this.#windowsKept) * this.#windowMs) / 1000),
    };
  }
}

/** The options of a call without the window that they choose. */
interface OfWindow<O extends WindowAt> {
  readonly rest: Omit<O, 'at'> | undefined;
  readonly at?: EpochMS;
}
