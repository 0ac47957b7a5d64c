import { numberOf, stringOf, type Item } from '@x/dynamo-core';
import type { ClockDeviation, World } from '@x/simulation';

import {
  DoOnceAbandonedError,
  DoOnceInProgressError,
  DoOnceManager,
  DoOnceMismatchError,
  partitionedKeysTable,
  type DoOnceContext,
  type DoOnceManagerOptions,
  type DoOnceResponse,
} from '../src/index.js';

const tableName = partitionedKeysTable.name;
export const leaseMs = 1_000;

/** A run of the action, as long as it may believe to be the only one. */
interface Run {
  readonly name: string;
  readonly isLive: () => boolean;
  ended: boolean;
}

/** With what a call may end. */
const expected = [RangeError, DoOnceInProgressError, DoOnceAbandonedError, DoOnceMismatchError];

/** How one process differs from others. */
interface Caller extends ClockDeviation {
  readonly fails?: boolean;
  readonly stallsMs?: number;
  readonly payload?: number;
}

/** What the callers of one key in one world did and were told. */
export class Witness {
  readonly runs: Run[] = [];
  readonly told: DoOnceResponse<string>[] = [];
  readonly world: World;
  #markedFirst: string | undefined;
  /** The row before the last event. */
  #before: Item | undefined;
  #isCleared = false;

  constructor(world: World) {
    this.world = world;
    world.always(() => this.#marksOwnClaim());
    world.always(() =>
      this.#isCleared ? undefined : (this.#atMostOneLive() ?? this.#markStands()),
    );
    world.atEnd(() => (this.#isCleared ? undefined : this.#agreed()));
  }

  row(): Item | undefined {
    return this.world.rows(tableName)[0];
  }

  get isDone(): boolean {
    return this.row()?.['data'] !== undefined;
  }

  /** A call of one process, whose action takes a step and may fail. */
  caller(name: string, options: DoOnceManagerOptions = {}, caller: Caller = {}): void {
    const { fails = false, stallsMs = 0, payload, ...machine } = caller;
    const client = this.world.client(name, machine);
    const { dynamo, clock, random } = client;
    const settings = { leaseMs, storeResult: true, skewToleranceMs: 0, ...options };
    const manager = new DoOnceManager({ dynamo, tableName, clock, random }, settings);
    client.run(async () => {
      try {
        const act = async (context: DoOnceContext): Promise<string> => {
          const run = { name, isLive: () => context.remainingMs > 0, ended: false };
          this.runs.push(run);
          try {
            if (stallsMs > 0) await client.pauseFor(stallsMs);
            else await client.step('acts');
            if (fails) throw new RangeError('the action failed');
            return `by ${name}${payload === undefined ? '' : ` for ${payload}`}`;
          } finally {
            run.ended = true;
          }
        };
        const answer = await manager.doOnce('ann', 'mail', act, { payload });
        client.log(`is told ${JSON.stringify(answer)}`);
        this.told.push(answer);
        if (payload !== undefined && answer.actionResponse?.endsWith(`for ${payload}`) === false) {
          this.world.fail(`${name} is told the result of another payload`);
        }
        if (!this.isDone && !this.#isCleared)
          this.world.fail(`${name} is told that it is done, and it is not`);
      } catch (error) {
        if (!expected.some((kind) => error instanceof kind)) throw error;
      }
    });
  }

  /** Another process clears the key, somewhere in between: from then on two may act, and be told so. */
  clearing(): void {
    this.#isCleared = true;
    const client = this.world.client('clearer');
    const { dynamo, clock, random } = client;
    const manager = new DoOnceManager({ dynamo, tableName, clock, random });
    client.run(() => manager.clearKey('ann', 'mail'));
  }

  #atMostOneLive(): string | undefined {
    const live = this.runs.filter(({ ended, isLive }) => !ended && isLive());
    return live.length > 1 ? `live at once: ${live.map(({ name }) => name).join()}` : undefined;
  }

  /** A claim that runs is marked by its owner or those from whom it was taken over, for its payload. */
  #marksOwnClaim(): string | undefined {
    const [before, now] = [this.#before, this.row()];
    this.#before = now;
    const isMark = now?.['data'] !== undefined && before?.['data'] === undefined;
    if (!isMark || (numberOf(before, 'lease') ?? 0) <= this.world.nowMs) return undefined;
    const owner = stringOf(now, 'owner');
    const line = ['owner', 'o1', 'o2', 'o3'].map((name) => stringOf(before, name));
    if (!line.includes(owner)) return `${owner} marked the claim of ${line.join()}`;
    const [hash, claimed] = [stringOf(now, 'hash'), stringOf(before, 'hash')];
    return hash === claimed ? undefined : `${owner} marked another payload`;
  }

  /** The first mark stays: nobody replaces or removes it. */
  #markStands(): string | undefined {
    const owner = this.isDone ? stringOf(this.row(), 'owner') : undefined;
    this.#markedFirst ??= owner;
    return owner === this.#markedFirst ? undefined : `${owner} replaced ${this.#markedFirst}`;
  }

  /** Everybody is told one result, and one at most that it was theirs. */
  #agreed(): string | undefined {
    // A result that could not be stored is its caller's alone, who is told so.
    const isLost = this.told.some((answer) => answer.didAction && answer.resultNotStored);
    const results = new Set(
      this.told.map(({ at, actionResponse }) => `${at} ${isLost ? '' : actionResponse}`),
    );
    if (results.size > 1) return `told ${[...results].join(' and ')}`;
    const winners = this.told.filter(({ didAction }) => didAction).length;
    return winners > 1 ? `${winners} did it` : undefined;
  }
}
