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

/** Prints one line for checks of one kind, and one for each of them that failed. */
export function printChecks(kind: string, results: readonly CheckResult[]): void {
  const failures = results.filter(({ problems }) => problems.length > 0);
  const mark = failures.length > 0 ? '✗' : '✓';
  console.log(`${mark} ${kind}: ${results.length - failures.length} of ${results.length}`);
  failures.forEach(printCheck);
}

/** Ends a command of checks, with those that failed once more. That no check was made is a failure. */
export function finish(results: readonly CheckResult[]): void {
  const failures = results.filter(({ problems }) => problems.length > 0);
  console.log(`\n${results.length - failures.length} of ${results.length} checks passed`);
  failures.forEach(printCheck);
  process.exitCode = failures.length > 0 || results.length === 0 ? 1 : 0;
}
