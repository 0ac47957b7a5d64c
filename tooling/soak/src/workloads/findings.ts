/** Counts what was looked at and keeps what did not hold. */
export class Findings {
  checks = 0;
  /** What did not hold, with the evidence. */
  readonly violations: string[] = [];

  /** Looks at one invariant; `evidence` is asked for when it does not hold. */
  expect(holds: boolean, evidence: () => string): void {
    this.checks++;
    if (!holds) this.violations.push(evidence());
  }
}
