import type { Statistics } from './statistics.js';

/** How a soak runs. */
export interface SoakOptions {
  /** Where the engine listens, and what it is. */
  readonly endpoint: string;
  readonly engine: string;
  readonly durationMs: number;
  readonly seed: number;
  /** How many client processes run at a time. */
  readonly clients: number;
  /** Which workloads, by name. */
  readonly workloads: readonly string[];
  /** Those of them that the clients do wrong on purpose. */
  readonly broken?: readonly string[];
  /** Every so often keys are left behind and what was done to them is judged. */
  readonly roundMs: number;
  /** How long a client lives on average before it is killed; it is replaced at once. */
  readonly killEveryMs: number;
  /** Ends the load early, as if the time had passed. */
  readonly isEnough?: (statistics: Statistics) => boolean;
  /** Ends the run early; no process is left behind. */
  readonly signal?: AbortSignal;
  /** Hears now and then how far it has come. */
  readonly onProgress?: (line: string) => void;
}
