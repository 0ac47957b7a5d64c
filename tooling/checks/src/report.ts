import { writeFileSync } from 'node:fs';

/** What one check found. Without problems it has passed. */
export interface CheckResult {
  readonly name: string;
  readonly problems: readonly string[];
}

/** Prints one line for a check as soon as it is known, its problems below. */
export function printCheck({ name, problems }: CheckResult): void {
  console.log(`${problems.length > 0 ? '✗' : '✓'} ${name}`);
  for (const problem of problems) console.log(`    ${problem.replaceAll('\n', '\n    ')}`);
}

/**
 * Ends a command of checks: writes the counts to the file of `--report=…` (with the names of
 * vitest's JSON reporter, so that `npm test` reads one shape) and sets the exit code. That no check
 * was made is a failure.
 */
export function finish(results: readonly CheckResult[]): void {
  const failures = results.filter(({ problems }) => problems.length > 0);
  const failed = failures.length;
  const passed = results.length - failed;
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
