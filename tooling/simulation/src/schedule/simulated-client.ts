import type { Clock, DynamoTransport, Random } from '@x/dynamo-core';

import { ClientClock, type ClockDeviation } from './client-clock.js';
import { clientRandom } from './client-random.js';
import { ClientTransport, type ClientTransportOptions } from './client-transport.js';
import type { Outcome, PendingEvent } from './pending-event.js';

/** What a client needs of its world. */
export interface SimulatedClientOptions extends Omit<ClientTransportOptions, 'crash' | 'clock'> {
  readonly deviation: ClockDeviation;
  readonly start: (actor: string, body: () => Promise<unknown>) => void;
  readonly onCrash: (actor: string) => void;
}

/** One process of the simulated system, with its own network, clocks and randomness. */
export class SimulatedClient {
  /** The name that traces show. */
  readonly name: string;
  /** Pass it as `dynamo`: each call has two scheduling points, and faults may happen to it. */
  readonly dynamo: DynamoTransport;
  /** Pass it as `random`: the same in every run, with readable ids. */
  readonly random: Random;
  readonly #clock: ClientClock;
  readonly #options: SimulatedClientOptions;

  constructor(options: SimulatedClientOptions) {
    const { actor, deviation, kernel } = options;
    this.name = actor;
    this.#options = options;
    this.random = clientRandom(actor);
    this.#clock = new ClientClock(kernel, deviation, (text, wake) => this.#event(text, wake));
    this.dynamo = new ClientTransport({
      ...options,
      clock: this.#clock,
      crash: () => this.#crash(),
    });
  }

  /** Pass it as `clock`: it moves only when the scheduler moves time. */
  get clock(): Clock {
    return this.#clock;
  }

  /**
   * Starts an actor of this client. The run ends with its last actor. It is a violation when one
   * throws, except that an injected network error which nobody caught just ends it.
   */
  run(body: () => Promise<unknown>): void {
    this.#options.start(this.name, async () => {
      await this.step('starts');
      await body();
    });
  }

  /** A scheduling point of the scenario's own: between any two, the others may act. */
  step(text: string): Promise<void> {
    return new Promise((resolve) => this.#options.kernel.add(this.#event(text, resolve)));
  }

  /** Stops the whole process, its timers too, until the world is `ms` further. */
  pauseFor(ms: number): Promise<void> {
    this.log(`is paused for ${ms}ms`);
    return this.#pauseFor(ms);
  }

  /**
   * Stops the whole machine, its clocks too, until the world is `ms` further: it wakes with the time
   * of before.
   */
  suspendFor(ms: number): Promise<void> {
    this.log(`is suspended for ${ms}ms`);
    this.#options.kernel.delaySleepers(this.name, ms);
    const awake = this.#pauseFor(ms);
    this.#clock.suspend(ms);
    return awake;
  }

  #pauseFor(ms: number): Promise<void> {
    const { kernel } = this.#options;
    kernel.pause(this.name, ms);
    return new Promise((resolve) => {
      const event = this.#event('goes on', resolve);
      kernel.addSleeper({ dueMs: kernel.nowMs + ms, keepAlive: true, event });
    });
  }

  /** Sets the wall clock forward or, below zero, back. The monotonic clock does not notice. */
  jumpClock(byMs: number): void {
    this.log(`has its wall clock set by ${byMs}ms`);
    this.#clock.jump(byMs);
  }

  /** Writes a line into the trace. */
  log(text: string): void {
    this.#options.kernel.log(this.name, () => text);
  }

  #event(text: string, resolve: () => void): PendingEvent {
    const happen = (): void => {
      this.log(text);
      resolve();
    };
    const outcomes: Outcome[] = [{ fault: undefined, happen }];
    if (this.#options.faults.has('crash')) {
      outcomes.push({ fault: 'crash', happen: () => (this.log('CRASHES'), this.#crash()) });
    }
    return { actor: this.name, network: false, outcomes };
  }

  #crash(): void {
    this.#options.kernel.crash(this.name);
    this.#options.onCrash(this.name);
  }
}
