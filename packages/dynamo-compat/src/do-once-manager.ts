import type { Monitoring, PartitionedTable } from '@x/dynamo-core';
import { DoOnceManager as Manager } from '@x/dynamo-do-once';

import type { TimeProvider } from './settings.js';
import { timedBy } from './timed-table.js';
import type { EpochMS } from './types.js';

/** What became of a `doOnce`. */
export type DoOnceResponse<T> =
  | { didAction: false }
  | { didAction: true; actionResponse: T; at: EpochMS };

/** What is known of an action that is done. */
export interface DoOnceResult {
  done: true;
  /** When it was done; absent on old rows that do not say it. */
  at?: EpochMS;
}

/**
 * Actions that are done once for each user, by the original's interface over `@x/dynamo-do-once`. Its
 * claims are rows of their own (`separateClaims`), so that clients of the original can record what
 * they did while a claim of ours stands.
 */
export class DoOnceManager<Key extends string = string> {
  readonly #manager: Manager<Key>;
  readonly #now: () => number;

  /** Sends nothing. */
  constructor(table: PartitionedTable, timeProvider?: TimeProvider, monitoring?: Monitoring) {
    const timed = timedBy(table, timeProvider);
    this.#now = () => timed.rows.clock.now();
    this.#manager = new Manager<Key>(timed, { monitoring, separateClaims: true });
  }

  /** Runs the action unless it is done. */
  async doOnce<T>(
    userId: Key,
    key: string,
    action: () => T | Promise<T>,
  ): Promise<DoOnceResponse<T>> {
    const done = await this.#manager.doOnce<T>(userId, key, async () => action());
    if (!done.didAction) return { didAction: false };
    return { didAction: true, actionResponse: done.actionResponse, at: done.at as EpochMS };
  }

  /** Whether an action is done, and since when. */
  async haveAlreadyDone(userId: Key, key: string): Promise<DoOnceResult | undefined> {
    const found = await this.#manager.haveAlreadyDone(userId, key);
    if (found?.at === undefined) return found && { done: true };
    return { done: true, at: found.at as EpochMS };
  }

  /** Marks an action as done, and answers with the time of that: now, where an old row does not say it. */
  async markDone(userId: Key, key: string): Promise<EpochMS> {
    return ((await this.#manager.markDone(userId, key)) ?? this.#now()) as EpochMS;
  }

  /** Lets an action be done again. */
  async clearKey(userId: Key, key: string): Promise<void> {
    await this.#manager.clearKey(userId, key);
  }
}
