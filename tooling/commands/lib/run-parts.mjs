import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bin, run, seconds, wasInterrupted } from './process.mjs';

/** Runs parts one after the other; one that fails does not stop the others. Sums them up at the end. */
export async function runParts(parts) {
  const folder = mkdtempSync(join(tmpdir(), 'dynamo-primitives-test-'));
  const results = [];
  const ran = new Set();
  for (const part of parts) {
    console.log(`\n── ${part.name}: ${part.about} ${'─'.repeat(40)}\n`);
    const startedAt = performance.now();
    const report = join(folder, `${part.name}.json`);
    const code = await (part.tests ? vitest(part, report) : part.run(ran));
    if (wasInterrupted(code)) process.exit(code);
    const result = {
      name: part.name,
      ...countOf(part, report, code),
      failures: failuresOf(report),
    };
    results.push({ ...result, ms: performance.now() - startedAt });
    if (result.failed === 0) ran.add(part.name);
    console.log(`\n${lineOf(results.at(-1))}`);
  }
  rmSync(folder, { recursive: true });

  console.log(`\n── summary ${'─'.repeat(50)}\n`);
  for (const result of results) console.log(lineOf(result));
  for (const { name: part, failures } of results) {
    for (const { name, text } of failures) {
      console.log(`\n✗ ${part}: ${name}\n    ${text.replaceAll('\n', '\n    ')}`);
    }
  }
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
}

function vitest({ name, project = name, tests, env }, report) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return run(bin('vitest'), ['run', '--project', project, ...tests, ...reporters], { env });
}

function lineOf({ name, passed, failed, ms }) {
  const mark = failed > 0 ? '✗' : '✓';
  const counts = `${passed} passed${failed > 0 ? `, ${failed} FAILED` : ''}`;
  return `${mark} ${name.padEnd(10)} ${seconds(ms).padStart(8)}   ${counts}`;
}

/**
 * What a part counted: its tests, by vitest's JSON report, or itself.
 *
 * A part that exits with a failure has failed, whatever it counted: a test file that does not load
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
