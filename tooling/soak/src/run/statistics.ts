/** What was counted of one workload. */
export interface WorkloadCounts {
  operations: number;
  failed: number;
  unknown: number;
  checks: number;
  violations: number;
}

/** A call that came back. */
export interface EndedCall {
  /** How many requests it took. */
  readonly sent: number;
  readonly isFailed: boolean;
}

/** Counts while a soak runs. */
export class Statistics {
  readonly faults = new Map<string, number>();
  readonly workloads = new Map<string, WorkloadCounts>();
  /** How often a client was killed or stopped. */
  kills = 0;
  pauses = 0;
  rounds = 0;
  /** Requests of calls that came back: those that the SDK repeated included. */
  requests = 0;
  readonly #startedAtUs: number;

  constructor(startedAtUs: number) {
    this.#startedAtUs = startedAtUs;
  }

  /** The counts of a workload. */
  of(workload: string): WorkloadCounts {
    const counts = this.workloads.get(workload);
    if (counts !== undefined) return counts;
    const fresh = { operations: 0, failed: 0, unknown: 0, checks: 0, violations: 0 };
    this.workloads.set(workload, fresh);
    return fresh;
  }

  /** A call came back. */
  over(workload: string, call: EndedCall): void {
    const counts = this.of(workload);
    counts.operations++;
    if (call.isFailed) counts.failed++;
    this.requests += call.sent;
  }

  /** A call of which nobody will ever know how it ended. */
  unknown(workload: string): void {
    const counts = this.of(workload);
    counts.operations++;
    counts.unknown++;
  }

  fault(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }

  /** Seconds since the beginning. */
  secondsOf(atUs: number): number {
    return Math.max(0, atUs - this.#startedAtUs) / 1_000_000;
  }
}
