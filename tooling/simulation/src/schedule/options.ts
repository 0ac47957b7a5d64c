import type { TableDefinition } from '@x/dynamo-core';

import type { FaultKind } from './fault-kind.js';
import type { World } from './world.js';

/** Starts actors in a fresh world, and says through `fail` or the world's checks what is wrong. */
export type Scenario = (world: World, fail: (message: string) => void) => void | Promise<void>;

/** What both ways of exploring take. */
interface SimulationOptions {
  /**
   * Tells this scenario apart from others in the same test when a schedule is repeated: only the
   * one whose name stands before the choices repeats them.
   */
  readonly name?: string | undefined;
  /**
   * Steps of the world's clock, in milliseconds. Each may happen once, in this order, anywhere.
   *
   * @default []
   */
  readonly ticks?: readonly number[] | undefined;
  /**
   * How many faults one schedule may have.
   *
   * @default 0
   */
  readonly faultsMax?: number | undefined;
  /**
   * Which faults may happen.
   *
   * @default networkFaults
   */
  readonly faults?: readonly FaultKind[] | undefined;
  /**
   * How often the SDK repeats a request whose reply was lost.
   *
   * @default 3
   */
  readonly repeatsMax?: number | undefined;
  /**
   * How many events one schedule may have. It is a violation not to end within them.
   *
   * @default 1000
   */
  readonly stepsMax?: number | undefined;
  /**
   * Epoch milliseconds at which every run starts.
   *
   * @default 1_700_000_000_000
   */
  readonly startMs?: number | undefined;
  /**
   * The tables, empty at the start of every run.
   *
   * @default []
   */
  readonly tables?: readonly TableDefinition[] | undefined;
}

/** Options of `explore`. */
export interface ExploreOptions extends SimulationOptions {
  /**
   * How often one schedule may switch away from a client that could go on.
   *
   * @default 2
   */
  readonly preemptionsMax?: number | undefined;
  /**
   * How many schedules to run at most.
   *
   * @default 100_000
   */
  readonly runsMax?: number | undefined;
}

/** Options of `sample`. */
export interface SampleOptions extends SimulationOptions {
  /** Where the random choices start. `SIM_SEED` in the environment overrides it. */
  readonly seed: number;
  /** How many schedules to run. */
  readonly runs: number;
  /**
   * How long each request, each answer and each step takes, in milliseconds: what is due first happens
   * first, without faults. `unit` is the randomness of the run.
   *
   * @default any order is tried, at any time
   */
  readonly latencyMs?: ((unit: () => number) => number) | undefined;
}

/** What bounds one run, and where its own randomness starts. */
export interface BoundedOptions extends SimulationOptions, Pick<SampleOptions, 'latencyMs'> {
  readonly preemptionsMax: number;
  readonly start?: readonly [seed: number, index: number];
}
