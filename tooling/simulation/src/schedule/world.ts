import type { Item } from '@x/dynamo-core';
import type { MemoryDynamo } from '@x/dynamo-testing';

import type { ClockDeviation } from './client-clock.js';
import type { FaultKind } from './fault-kind.js';
import type { Kernel } from './kernel.js';
import type { ServerTimeOptions } from './server-time.js';
import { SimulatedClient } from './simulated-client.js';
import { isSimulatedNetworkError } from './simulated-network-error.js';
import { summarizeError } from './summary.js';

/** What makes a world. */
export interface WorldOptions {
  readonly kernel: Kernel;
  readonly store: MemoryDynamo;
  readonly faults: ReadonlySet<FaultKind>;
  readonly repeatsMax: number;
  readonly unit: () => number;
}

/** Says what is wrong, or nothing. */
export type Check = () => string | undefined;

interface Actor {
  readonly client: string;
  done: boolean;
}

/** One table store, and clients whose requests, timers and faults a scheduler orders. */
export class World {
  /** The store itself: calls reach it at once, without a scheduling point and without faults. */
  readonly store: MemoryDynamo;
  /** A number from 0 to below 1, another one in each run of `sample`. */
  readonly unit: () => number;
  readonly #options: WorldOptions;
  readonly #actors: Actor[] = [];
  readonly #invariants: Check[] = [];
  readonly #endChecks: (() => string | undefined | Promise<string | undefined>)[] = [];
  #problem: string | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.store = options.store;
    this.unit = options.unit;
  }

  rows(tableName: string): Item[] {
    return this.store.rows(tableName);
  }

  /** The true time, which no client knows. */
  get nowMs(): number {
    return this.#options.kernel.nowMs;
  }

  /** The first thing that went wrong. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Which clients have actors that are not done. */
  get unfinished(): string[] {
    return this.#actors.filter(({ done }) => !done).map(({ client }) => client);
  }

  /** A process with its own clock and network. */
  client(name: string, deviation: ClockDeviation & ServerTimeOptions = {}): SimulatedClient {
    return new SimulatedClient({
      ...this.#options,
      actor: name,
      deviation,
      serverTime: deviation,
      start: (actor, body) => this.start(actor, body),
      onCrash: (actor) => this.#abandon(actor),
    });
  }

  /** Registers a check that must hold after every single event. */
  always(check: Check): void {
    this.#invariants.push(check);
  }

  /**
   * Registers a check for when every actor is done and nothing is in flight any more. It may read
   * `world.store`.
   */
  atEnd(check: () => string | undefined | Promise<string | undefined>): void {
    this.#endChecks.push(check);
  }

  /** Reports a violation, if there is one. The first one counts. */
  fail(message: string | undefined): void {
    this.#problem ??= message;
  }

  /** Runs an actor, whose errors are violations. */
  start(client: string, body: () => Promise<unknown>): void {
    const actor: Actor = { client, done: false };
    this.#actors.push(actor);
    body().then(
      () => (actor.done = true),
      (error: unknown) => {
        actor.done = true;
        this.#options.kernel.log(client, () => `ends with ${summarizeError(error)}`);
        if (!isSimulatedNetworkError(error)) this.fail(`${client} failed: ${String(error)}`);
      },
    );
  }

  /** Runs the checks that must hold after every event. */
  checkInvariants(): void {
    for (const check of this.#invariants) this.fail(check());
  }

  /** Runs the checks of the end. */
  async checkEnd(): Promise<void> {
    for (const check of this.#endChecks) this.fail(await check());
  }

  #abandon(client: string): void {
    for (const actor of this.#actors) if (actor.client === client) actor.done = true;
  }
}
