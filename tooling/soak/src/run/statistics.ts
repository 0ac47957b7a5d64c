/** What was counted of one workload. */
interface WorkloadCounts {
  operations: number;
  failed: number;
  unknown: number;
  checks: number;
  violations: number;
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

  /** The counts of a workload. */
  of(workload: string): WorkloadCounts {
    const counts = this.workloads.get(workload);
    if (counts !== undefined) return counts;
    const fresh = { operations: 0, failed: 0, unknown: 0, checks: 0, violations: 0 };
    this.workloads.set(workload, fresh);
    return fresh;
  }

  /** The sum of a count over all workloads. */
  sum(name: keyof WorkloadCounts): number {
    return [...this.workloads.values()].reduce((sum, counts) => sum + counts[name], 0);
  }

  fault(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }
}
