import type { SoakTables } from '../run/tables.js';
import { nowUs } from '../journal.js';

/** What a client process gets when it starts. */
export interface ClientJob {
  /** Its name, unique in the run. */
  readonly name: string;
  readonly endpoint: string;
  readonly journalPath: string;
  readonly tables: SoakTables;
  /** Which workloads it runs, each in a loop of its own, all at once. */
  readonly workloads: readonly string[];
  /** Those of them that do it wrong on purpose. */
  readonly broken: readonly string[];
  /** When the run began, in microseconds of the machine's clock. */
  readonly startedAtUs: number;
  readonly roundMs: number;
  /** Where its faults and choices start. */
  readonly seed: number;
  /** How much its wall clock is ahead: it is set from one to the next, and around. */
  readonly clockOffsetsMs: readonly number[];
}

/** Which round of the run it is by now. */
export function currentRound({
  startedAtUs,
  roundMs,
}: Pick<ClientJob, 'startedAtUs' | 'roundMs'>): number {
  return Math.floor((nowUs() - startedAtUs) / 1_000 / roundMs);
}
