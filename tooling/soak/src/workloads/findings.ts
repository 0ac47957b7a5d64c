import type { Verdict } from './workload.js';

/** Counts what was looked at and keeps what did not hold. */
export class Findings {
  #checks = 0;
  readonly #violations: string[] = [];

  /** Looks at one invariant; `evidence` is asked for when it does not hold. */
  expect(holds: boolean, evidence: () => string): void {
    this.#checks++;
    if (!holds) this.#violations.push(evidence());
  }

  verdict(): Verdict {
    return { checks: this.#checks, violations: this.#violations };
  }
}
