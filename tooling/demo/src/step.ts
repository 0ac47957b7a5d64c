import type { Show } from './show.js';

/** One stop of the tour: one primitive. */
export interface Step {
  readonly title: string;
  /** What it is good for, in a sentence. */
  readonly why: string;
  readonly run: (show: Show) => Promise<void>;
}

/**
 * Declares a stop of the tour. `run` makes its primitive with `show.dynamo`, so that the requests
 * are seen, and does everything through `show`, so that the code is printed as it runs.
 *
 * @example
 * ```ts
 * export const keyValue = step('Values by key', 'Keeps small things by name.', async (show) => {
 *   const kv = new KeyValueTable({ namespace: 'events', dynamo: show.dynamo });
 *   await show(() => kv.set('user-1', { action: 'login' }));
 *   await show.row('paradox.dev.keys', { key: { S: 'events.user-1' } });
 * });
 * ```
 */
export function step(title: string, why: string, run: (show: Show) => Promise<void>): Step {
  return { title, why, run };
}
