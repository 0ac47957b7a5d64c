import { existsSync, readFileSync } from 'node:fs';

/**
 * What a part counted: its tests, by vitest's JSON report, or itself.
 *
 * A part that exits with a failure has failed, with any count: a test file that does not load
 * holds no failed test. And a report that is missing or holds no test is a failure: it would hide
 * that nothing ran.
 */
export function countOf({ tests }, report, exitCode) {
  const own = tests ? readReport(report) : { numPassedTests: exitCode === 0 ? 1 : 0 };
  const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = own;
  return { passed, failed: exitCode !== 0 || passed === 0 ? Math.max(failed, 1) : failed };
}

/**
 * What a report says failed, for the end of the output: the line above it may be far away, or cut
 * off. A test file that does not load is named by its path.
 */
export function failuresOf(report) {
  const { testResults = [] } = readReport(report);
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [{ name, text: beginning(message) }];
    return failed.map(({ fullName, failureMessages }) => ({
      name: fullName,
      text: beginning(failureMessages.join('\n')),
    }));
  });
}

function readReport(report) {
  return existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
}

function beginning(text = '') {
  return text.split('\n').slice(0, 12).join('\n').slice(0, 2_000);
}
