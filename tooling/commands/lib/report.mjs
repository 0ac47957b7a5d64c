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

function once(ok) {
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}
