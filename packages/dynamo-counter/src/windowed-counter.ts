import { InvalidInputError, type Clock, type EpochMS } from '@x/dynamo-core';
import { checkInteger, checkedOptions, within } from '@x/dynamo-core/mechanism';

import { Counter, type Windows } from './counter.js';
import type { ChangeCountOptions, CounterOptions, WindowAt } from './counter-options.js';
import type { CounterTable, CountWindow } from './counter-row.js';
import type { CountMode } from './requests.js';

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

/**
 * Counters that start over with each window of time. Made by `KeyValueCounter.windowed`. Each method
 * takes, with `at`, a moment of the window that is meant: what is given back belongs into the window that
 * it was taken from, and a `token` is known within its window only.
 *
 * Each window of each id is a row of its own, with the key `<id>@<length>/<start>` in milliseconds.
 * Without `at`, a change belongs to the window of the time at which it is made by the caller's clock.
 * Rows expire `windowsKept` windows after their own, the largest that any writer has; a change of one that has expired is refused. A row
 * of a window says that it is one, so that a counter whose id looks like its key gets a
 * `KeyCollisionError`, and so does the window.
 *
 * @example
 * ```ts
 * import { KeyValueCounter } from '@x/dynamo-counter';
 *
 * const perHour = new KeyValueCounter({ namespace: 'mails' }).windowed({ windowMs: 3_600_000 });
 * const at = Date.now();
 * await perHour.incr('user-123', 1, { at, token: 'message-17' }); // 1
 * await perHour.incr('user-123', 1, { at, token: 'message-17' }); // still 1, also an hour later
 * await perHour.get('user-123', { at: at - 3_600_000 }); // that of the hour before
 * ```
 */
export class WindowedCounter<
  M extends CountMode = 'number',
  N extends number | undefined = undefined,
> extends Counter<string, M, N, WindowAt, ChangeCountOptions> {
  /** Checks the options. Sends nothing. */
  constructor(
    table: CounterTable<string>,
    counters: CounterOptions<M, N>,
    options: WindowedOptions,
  ) {
    super(table, counters, alignedWindows(table.clock, options));
  }
}

/** The windows of counters. That of a change must still be kept. */
function alignedWindows(clock: Clock, options: WindowedOptions): Windows {
  const names = { windowMs: true, windowsKept: within(1) } as const;
  const { windowMs, windowsKept = 1 } = checkedOptions(options, names);
  checkInteger('windowMs', windowMs, 1);
  const windowAt = (at: EpochMS | undefined): CountWindow => {
    const startMs = Math.floor((at ?? clock.now()) / windowMs) * windowMs;
    return {
      isGiven: at !== undefined,
      // Windows of another length may begin at the same moment.
      suffix: `@${windowMs}/${startMs}`,
      resetAtMs: startMs + windowMs,
      endsAtSeconds: Math.ceil((startMs + (1 + windowsKept) * windowMs) / 1000),
    };
  };
  return (at, isChange = false) => {
    if (at !== undefined) {
      checkInteger('at', at, 0);
      if (isChange && windowAt(at).endsAtSeconds * 1000 <= clock.now()) {
        const allowed = `in a window that is kept (${windowsKept} before the present one: windowsKept)`;
        throw new InvalidInputError('at', at, allowed);
      }
    }
    return () => windowAt(at);
  };
}
