import type { EpochMS, Monitoring, PartitionedTable } from '@x/dynamo-core';
import {
  DoOnceManager as Manager,
  type DoOnceActionKey,
  type DoOnceResult,
} from '@x/dynamo-do-once';

import type { TimeProvider } from './settings.js';
import { timedBy } from './timed-table.js';

/** What became of a `doOnce`. */
export type DoOnceResponse<T> =
  | { readonly didAction: false }
  | { readonly didAction: true; readonly actionResponse: T; readonly at: EpochMS };

/**
 * Actions that are done once for each user, by the original's interface over `@x/dynamo-do-once`. Its
 * claims are rows of their own (`separateClaims`), so that clients of the original can record what
 * they did while a claim of ours stands.
 */
export class DoOnceManager<Key extends string = string> {
  readonly #manager: Manager<Key>;
  readonly #now: () => EpochMS;

  /** Sends nothing. */
  constructor(table: PartitionedTable, timeProvider?: TimeProvider, monitoring?: Monitoring) {
    const timed = timedBy(table, timeProvider);
    this.#now = () => timed.rows.clock.now();
    this.#manager = new Manager<Key>(timed, { monitoring, separateClaims: true });
  }

  /** Runs the action unless it is done. */
  async doOnce<T>(
    userId: Key,
    key: DoOnceActionKey,
    action: () => T | Promise<T>,
  ): Promise<DoOnceResponse<T>> {
    const done = await this.#manager.doOnce<T>(userId, key, async () => action());
    if (!done.didAction) return { didAction: false };
    return { didAction: true, actionResponse: done.actionResponse, at: done.at };
  }

  /** Whether an action is done, and since when. */
  async haveAlreadyDone(userId: Key, key: DoOnceActionKey): Promise<DoOnceResult | undefined> {
    return this.#manager.haveAlreadyDone(userId, key);
  }

  /** Marks an action as done, and answers with the time of that: now, where an old row does not say it. */
  async markDone(userId: Key, key: DoOnceActionKey): Promise<EpochMS> {
    return (await this.#manager.markDone(userId, key)) ?? this.#now();
  }

  /** Lets an action be done again. */
  async clearKey(userId: Key, key: DoOnceActionKey): Promise<void> {
    await this.#manager.clearKey(userId, key);
  }
}
