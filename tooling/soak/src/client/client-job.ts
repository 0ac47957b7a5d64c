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

/** The tables of a run. */
export interface SoakTables {
  readonly locks: string;
  readonly keys: string;
  readonly partitioned: string;
}
