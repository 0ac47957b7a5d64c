/** A sleep that has not ended. */
export interface Sleeper {
  readonly dueMs: number;
  /** Not in the background: something waits for it. */
  readonly keepAlive: boolean;
  readonly wake: () => void;
}

/** The one of `sleepers` that comes due first; of two at the same instant, the older one. */
export function firstSleeper(sleepers: Iterable<Sleeper>): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers) {
    if (first === undefined || sleeper.dueMs < first.dueMs) first = sleeper;
  }
  return first;
}
