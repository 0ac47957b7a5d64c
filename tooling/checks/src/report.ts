import { writeFileSync } from 'node:fs';

/** What one check found. Without problems it has passed. */
export interface CheckResult {
  readonly name: string;
  readonly problems: readonly string[];
  /** Why the check could not be made. It then counts neither as passed nor as failed. */
  readonly skipped?: string | undefined;
}

/** Prints one line for a check as soon as it is known, its problems below. */
export function printCheck({ name, problems, skipped }: CheckResult): void {
  if (skipped !== undefined) return console.log(`- ${name}: skipped, ${skipped}`);
  console.log(`${problems.length > 0 ? '✗' : '✓'} ${name}`);
  for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n    ')}`);
}

/**
 * Ends a command of checks: writes the counts to the file of `--report=…` (with the names of
 * vitest's JSON reporter, so that `npm test` reads one shape) and sets the exit code. That no check
 * was made is a failure.
 */
export function finish(results: readonly CheckResult[]): void {
  const made = results.filter(({ skipped }) => skipped === undefined);
  const failures = made.filter(({ problems }) => problems.length > 0);
  const failed = failures.length;
  const passed = made.length - failed;
  const report = process.argv.find((argument) => argument.startsWith('--report='));
  if (report !== undefined) {
    const assertionResults = failures.map(({ name, problems }) => ({
      fullName: name,
      status: 'failed',
      failureMessages: problems,
    }));
    const counts = { numPassedTests: passed, numFailedTests: failed };
    const text = JSON.stringify({ ...counts, testResults: [{ assertionResults }] });
    writeFileSync(report.slice('--report='.length), text);
  }
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
