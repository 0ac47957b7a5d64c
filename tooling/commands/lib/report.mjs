import { existsSync, readFileSync } from 'node:fs';

/**
 * What a part counted. `report` is a file in the shape of vitest's JSON reporter (our own checks
 * write the two fields that are read here); a part that does not write one is a single check.
 *
 * A part that exits with a failure has failed, whatever it counted: a test file that does not load
 * holds no failed test. And a report that is missing or holds no test is a failure: it would hide
 * that nothing ran.
 */
export function countOf({ counts }, report, exitCode) {
  if (!counts) return once(exitCode === 0);
  if (!existsSync(report)) return once(false);
  const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const hidden = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: hidden ? 1 : failed };
}

/**
 * What a report says failed, for the end of the output: the line above it may be far away, or cut
 * off. A test file that does not load is named by its path.
 */
export function failuresOf({ counts }, report) {
  if (!counts || !existsSync(report)) return [];
  const { testResults = [] } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [{ name, text: beginning(message) }];
    return failed.map(({ fullName, failureMessages }) => ({
      name: fullName,
      text: beginning(failureMessages.join('\n')),
    }));
  });
}

function beginning(text = '') {
  return text.split('\n').slice(0, 12).join('\n').slice(0, 2_000);
}

function once(ok) {
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}
